// SPDX-License-Identifier: MIT
// store/body.h - how texts lie in the store: as they are, or as a zstd frame where that is smaller.
//
// Used inside store/. A frame begins with a byte that no JSON text begins with, so a body says itself
// which it is. One thread an object.
#pragma once

#include "feed/bytes.h"
#include "feed/result.h"

#include <memory>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace ssblog {

class BodyPacker {
 public:
  BodyPacker();
  /// The body of a text; valid until the next call, and `text` must live as long.
  ByteView pack(std::string_view text);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  ByteBuf buffer_;
};

class BodyReader {
 public:
  BodyReader();
  /// The text of a body into `text`. Code::data when it is damaged or larger than a message can be.
  Result<void> unpack(ByteView body, std::string& text);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
};

}  // namespace ssblog
