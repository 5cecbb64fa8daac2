// SPDX-License-Identifier: MIT
// gossip/protocol/box_stream.h - one direction of an encrypted connection: plain bytes to boxes, and back.
//
// Used by gossip, with the keys of a Session. Every byte of a connection goes through here, so nothing is copied that
// need not be. Pure, any thread, one thread an object. Source: boxstream.md.
//
// The boundaries of boxes mean nothing to the layer above. The counter of nonces wraps from all ones to zero, as the
// protocol has it: it begins anywhere, and comes back to its beginning only after 2^191 boxes.
#pragma once

#include "feed/bytes.h"
#include "feed/result.h"
#include "gossip/protocol/limits.h"
#include "gossip/protocol/secret.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ssblog {

using BoxNonce = std::array<std::uint8_t, 24>;

/// The next nonce: a big-endian number, plus one.
void increment(BoxNonce& nonce);

inline constexpr std::size_t box_header_bytes = 34;

class BoxWriter {
 public:
  BoxWriter(Secret<32> key, const BoxNonce& nonce) : key_(std::move(key)), nonce_(nonce) {}

  /// Appends the boxes of some bytes to `out`: bodies of max_box_body and a rest. Nothing for no bytes. `plain` is no
  /// part of `out`.
  void append(ByteView plain, ByteBuf& out);

  /// Appends the goodbye. Nothing may be appended behind it.
  void goodbye(ByteBuf& out);

 private:
  void seal(ByteView body, std::uint8_t* to);

  Secret<32> key_;
  BoxNonce nonce_;
  bool over_ = false;
};

class BoxReader {
 public:
  BoxReader(Secret<32> key, const BoxNonce& nonce) : key_(std::move(key)), nonce_(nonce) {}

  /// Takes what it needs off the front of `in`, up to the end of the next body.
  /// @return a body of 1 to max_box_body bytes, valid until the next call; nothing until more bytes come; or an error
  ///         that ends the connection. Behind a goodbye all bytes are eaten and nothing comes any more.
  Result<std::optional<ByteView>> next(ByteView& in);

  /// True when the other side has said goodbye. The end of a connection without it may have lost something.
  bool is_over() const { return state_ == State::over; }

 private:
  enum class State { header, body, over, broken };
  static constexpr std::size_t mac_bytes = 16;

  const std::uint8_t* whole(std::size_t bytes, ByteView& in);
  Result<void> open_header(const std::uint8_t* header);
  Error broken(std::string_view why);

  Secret<32> key_;
  BoxNonce nonce_;
  State state_ = State::header;
  std::size_t length_ = 0;  ///< of the body under way
  std::array<std::uint8_t, mac_bytes> mac_{};
  std::size_t held_ = 0;  ///< bytes in buffer_ of a header or body that did not come whole
  std::array<std::uint8_t, max_box_body> buffer_{};  ///< and the body that was returned last
};

}  // namespace ssblog
