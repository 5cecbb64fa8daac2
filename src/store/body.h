// SPDX-License-Identifier: MIT
// store/body.h - how texts lie in the store: sealed, and as a zstd frame where that is smaller.
//
// Used inside store/. A body is a byte that says what it is, a checksum, and the text or a frame of it. The checksum is
// over what follows and over the columns that stand beside it, so a bit that flips in a row, or a row that gets to
// another place, is found when the row is read. It is no proof against people: that are the signatures, and `verify`.
// One thread an object.
#pragma once

#include "feed/bytes.h"
#include "feed/id.h"
#include "feed/record.h"
#include "feed/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace ssblog {

/// What stands beside the body of a message.
struct BesideBody {
  const FeedId* feed;
  std::uint64_t sequence;
  std::optional<Millis> first;  ///< t' of its first line
  std::optional<std::int64_t> instance;
  std::string_view shape;
};

/// Of what stands beside a body.
std::uint64_t mark_of(const BesideBody& beside);
/// The same for a spooled content.
std::uint64_t mark_of(double timestamp);

class BodyPacker {
 public:
  BodyPacker();
  /// The sealed body of a text; valid until the next call.
  ByteView pack(std::string_view text, std::uint64_t mark);
  /// Seals a body of schema 4 or older; valid until the next call.
  ByteView seal(ByteView unsealed, std::uint64_t mark);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  ByteView finish(std::uint64_t mark);

  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  ByteBuf buffer_;
};

/// False: the body is not the one that was written there.
bool is_whole(ByteView body, std::uint64_t mark);

class BodyReader {
 public:
  BodyReader();
  /// The text of a body into `text`. Code::data when it is damaged or larger than a message can be.
  Result<void> unpack(ByteView body, std::uint64_t mark, std::string& text);
  /// The same for a body of schema 4 or older.
  Result<void> unpack_unsealed(ByteView body, std::string& text);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
};

}  // namespace ssblog
