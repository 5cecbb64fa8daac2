// SPDX-License-Identifier: MIT
// gossip/protocol/packet.h - muxrpc packets: nine bytes of head, then the body.
//
// Used by rpc.cc. Pure: no I/O, any thread, one thread an object. Source: muxrpc.md, "Packet".
#pragma once

#include "feed/bytes.h"
#include "feed/result.h"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ssblog {

enum class BodyType : std::uint8_t { bytes = 0, text = 1, json = 2 };

/// What a packet says of itself before its body.
struct PacketHead {
  bool stream = false;
  bool end = false;  ///< of a stream; in an answer: an error
  BodyType type = BodyType::bytes;
  std::int32_t request = 0;  ///< positive: the sender's own call; negative: its answer to one of the reader
};

struct Packet {
  PacketHead head;
  ByteView body;  ///< until the next call of the reader, and no longer than the bytes it was given

  /// The other side has said its last word. A packet without a body is that, whatever its head.
  bool is_goodbye() const { return body.empty(); }
};

/// Appends a packet. A body is never empty on the wire, where that would be a goodbye: an empty text goes as JSON
/// `""`, empty bytes do not go at all. JSON is never empty, and no body is above 4 GiB.
void append_packet(ByteBuf& out, PacketHead head, ByteView body);

/// Appends the goodbye: nine zero bytes.
void append_goodbye(ByteBuf& out);

/// Makes packets of a stream of bytes that comes in any pieces.
class PacketReader {
 public:
  /// Takes what it needs off the front of `in`. `limit_of` is asked once for each packet, before anything is kept of
  /// its body: it gives the most bytes that a packet of this head may have.
  /// @return a packet, nothing until more bytes come, or an error that ends the connection. Behind a goodbye all
  ///         bytes are eaten and nothing comes any more.
  template <std::invocable<const PacketHead&> LimitOf>
  Result<std::optional<Packet>> next(ByteView& in, const LimitOf& limit_of) {
    if (state_ == State::head) {
      if (auto ready = take_head(in); !ready) return ready.error();
      if (state_ == State::judge) {
        if (auto allowed = allow(limit_of(head_)); !allowed) return allowed.error();
      }
    }
    return take_body(in);
  }

 private:
  enum class State { head, judge, body, over, broken };
  Result<void> take_head(ByteView& in);
  Result<void> allow(std::size_t limit);
  Result<std::optional<Packet>> take_body(ByteView& in);
  Error broken(std::string why);

  State state_ = State::head;
  PacketHead head_;
  std::size_t length_ = 0;   ///< of the body
  bool handed_out_ = false;  ///< held_ is the body of the packet that was returned last
  ByteBuf held_;             ///< of the head or the body under way, when it did not come whole
};

}  // namespace ssblog
