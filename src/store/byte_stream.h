// SPDX-License-Identifier: MIT
// store/byte_stream.h - where the bytes of a bundle come from and go to, plain or through zstd.
//
// Used by bundle_reader and export. Memory is bounded whatever the input says. One thread an object.
#pragma once

#include "feed/result.h"
#include "store/files.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace ssblog {

/// Fills the front of a buffer that is not empty, and says how far; 0: the end.
using ByteSource = std::function<Result<std::size_t>(std::span<char>)>;
/// Takes all of some bytes.
using ByteSink = std::function<Result<void>(std::string_view)>;

/// Reads `file`, which must live as long. `name` is what errors call it.
ByteSource source_of(const File& file, const std::string& name);

/// What begins a zstd frame.
inline constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd";

/// The text of zstd frames, one behind the other.
class ZstdSource {
 public:
  explicit ZstdSource(ByteSource packed);
  /// Code::data for what is no whole frame, or wants more memory than a bundle may.
  Result<std::size_t> operator()(std::span<char> out);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  ByteSource packed_;
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  std::string block_;
  std::size_t at_ = 0;  ///< of block_: taken so far
  std::size_t filled_ = 0;
  bool in_frame_ = false;
};

/// One zstd frame of all that is put into it.
class ZstdSink {
 public:
  explicit ZstdSink(ByteSink packed);
  Result<void> put(std::string_view text);
  /// To be called once, at the end.
  Result<void> finish();

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  Result<void> step(std::string_view text, bool last);
  ByteSink packed_;
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  std::string block_;
};

}  // namespace ssblog
