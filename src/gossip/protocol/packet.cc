// SPDX-License-Identifier: MIT
#include "gossip/protocol/packet.h"

#include "gossip/protocol/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>

namespace ssblog {
namespace {

constexpr std::size_t head_bytes = 9;
constexpr std::uint8_t stream_flag = 8;
constexpr std::uint8_t end_flag = 4;
constexpr std::uint8_t type_bits = 3;

void put_u32(std::uint8_t* to, std::uint32_t value) {
  for (int i = 3; i >= 0; --i, value >>= 8) to[i] = static_cast<std::uint8_t>(value);
}

std::uint32_t get_u32(const std::uint8_t* from) {
  return std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8 | from[3];
}

/// Moves bytes from `in` to `held` until that has `want`. True when it has.
bool fill(ByteBuf& held, std::size_t want, ByteView& in) {
  const auto piece = in.first(std::min(want - held.size(), in.size()));
  held.insert(held.end(), piece.begin(), piece.end());
  in = in.subspan(piece.size());
  return held.size() == want;
}

}  // namespace

void append_packet(ByteBuf& out, PacketHead head, ByteView body) {
  if (body.empty()) {
    assert(head.type != BodyType::json);
    if (head.type != BodyType::text) return;
    head.type = BodyType::json;
    body = as_bytes(R"("")");
  }
  assert(body.size() <= std::numeric_limits<std::uint32_t>::max());
  std::uint8_t wire[head_bytes];
  wire[0] = static_cast<std::uint8_t>((head.stream ? stream_flag : 0) | (head.end ? end_flag : 0) |
                                      static_cast<std::uint8_t>(head.type));
  put_u32(wire + 1, static_cast<std::uint32_t>(body.size()));
  put_u32(wire + 5, static_cast<std::uint32_t>(head.request));
  out.insert(out.end(), wire, wire + head_bytes);
  out.insert(out.end(), body.begin(), body.end());
}

void append_goodbye(ByteBuf& out) { out.insert(out.end(), head_bytes, 0); }

Error PacketReader::broken(std::string why) {
  state_ = State::broken;
  held_ = ByteBuf();
  return {Code::data, std::move(why)};
}

Result<void> PacketReader::take_head(ByteView& in) {
  if (handed_out_) {
    handed_out_ = false;
    held_.clear();
    if (held_.capacity() > max_packet_bytes) held_ = ByteBuf();  // a long one is rare, and others wait
  }
  ByteView head;
  if (held_.empty() && in.size() >= head_bytes) {
    head = in.first(head_bytes);
    in = in.subspan(head_bytes);
  } else if (fill(held_, head_bytes, in)) {
    head = held_;
  } else {
    return {};
  }
  head_.stream = (head[0] & stream_flag) != 0;
  head_.end = (head[0] & end_flag) != 0;
  const unsigned type = head[0] & type_bits;  // the upper four bits mean nothing
  head_.type = static_cast<BodyType>(type);
  length_ = get_u32(head.data() + 1);
  head_.request = static_cast<std::int32_t>(get_u32(head.data() + 5));
  held_.clear();
  if (length_ > 0 && type == type_bits) return broken("the peer sent a packet of a type that does not exist");
  state_ = length_ == 0 ? State::body : State::judge;
  return {};
}

Result<void> PacketReader::allow(std::size_t limit) {
  if (length_ > limit) {
    return broken(
        fmt::format("the peer announced a packet of {} bytes where {} are allowed", length_, limit));
  }
  state_ = State::body;
  return {};
}

Result<std::optional<Packet>> PacketReader::take_body(ByteView& in) {
  switch (state_) {
    case State::head:
    case State::judge:
      return std::optional<Packet>();
    case State::over:
      in = {};
      return std::optional<Packet>();
    case State::broken:
      return Error{Code::data, "the peer's packets ended in an error before"};
    case State::body:
      break;
  }
  if (length_ == 0) {
    state_ = State::over;
    held_ = ByteBuf();
    return std::optional(Packet{head_, {}});
  }
  if (held_.empty() && in.size() >= length_) {  // whole where it lies: no copy
    const auto body = in.first(length_);
    in = in.subspan(length_);
    state_ = State::head;
    return std::optional(Packet{head_, body});
  }
  // Grows with what has come, not with what was announced.
  if (!fill(held_, length_, in)) return std::optional<Packet>();
  state_ = State::head;
  handed_out_ = true;
  return std::optional(Packet{head_, held_});
}

}  // namespace ssblog
