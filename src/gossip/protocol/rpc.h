// SPDX-License-Identifier: MIT
// gossip/protocol/rpc.h - one side of a muxrpc session: calls out, calls in, their items and their ends.
//
// Used by gossip, once a connection. Pure: no I/O, any thread, one thread an object. Source: muxrpc.md.
//
// How it is driven. The owner has a buffer `out` of plain bytes to send (it boxes and empties it when it likes) and
// a static table of the methods that the peer may call:
//
//     constexpr RpcMethod methods[] = {{"createHistoryStream", RpcKind::source},
//                                      {"ebt.replicate", RpcKind::duplex, max_ebt_packet_bytes}};
//     Rpc rpc(methods, out);
//     const auto ebt = rpc.call(RpcKind::duplex, "ebt.replicate", R"([{"version":3}])", max_ebt_packet_bytes);
//
// Plain bytes that came in go through `next` until it has eaten them and gives nothing; each event is dealt with
// before the next is asked for, because its views live no longer:
//
//     for (;;) {
//       auto event = rpc.next(in);
//       if (!event) return close(event.error());  // bad bytes: the connection ends
//       if (!*event) return;                      // more bytes are needed
//       std::visit(handler, **event);
//     }
//
// An owner whose `out` is too long stops calling `next`; that is all the back pressure there is. What needs no owner
// is done here: calls of unknown methods are refused, an end is answered by an end, what belongs to no open stream is
// dropped, a goodbye is answered. To close: `goodbye()` when `is_idle()` or when waiting has no more sense, then wait
// for RpcGoodbye. A call that was ended or answered may be used on without harm: nothing is sent.
#pragma once

#include "gossip/protocol/limits.h"
#include "gossip/protocol/packet.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace ssblog {

enum class RpcKind : std::uint8_t { async, source, sink, duplex };

/// A method that the peer may call.
struct RpcMethod {
  std::string_view name;  ///< its parts joined by dots: `ebt.replicate`
  RpcKind kind = RpcKind::async;
  std::size_t max_item_bytes = max_packet_bytes;  ///< of each packet of such a call behind its first
};

/// A call under way: the request number as we send it. Positive: ours; negative: the peer's.
struct CallId {
  std::int32_t n = 0;
  auto operator<=>(const CallId&) const = default;
};

/// The peer calls a method of the table. An async call waits for `answer` or `fail`, a stream is open from now on.
struct RpcCall {
  CallId id;
  const RpcMethod* method;
  std::string args;  ///< a JSON array, canonical and compact
};

/// An item of an open stream.
struct RpcItem {
  CallId id;
  BodyType type;
  ByteView body;  ///< as it came; nobody has looked inside. Until the next call of `next`
};

/// The value of an async call of ours, which is over now.
struct RpcAnswer {
  CallId id;
  BodyType type;
  ByteView body;  ///< as in RpcItem
};

/// The peer has ended a stream, or an async call of ours by an error. It is over in both directions now. An owner that
/// ended the stream first is not told.
struct RpcEnd {
  CallId id;
  std::optional<std::string> error;  ///< its message; nothing for a clean end
  int code = 0;                      ///< that came beside the message; 0: none. Only our own daemon sends one
};

/// The peer has said goodbye: everything still open has failed, and nothing comes or goes any more.
struct RpcGoodbye {};

using RpcEvent = std::variant<RpcCall, RpcItem, RpcAnswer, RpcEnd, RpcGoodbye>;

class Rpc {
 public:
  /// The table and `out` must live as long. What is to be sent is appended to `out`.
  /// `max_keys` is for the requests of the peer.
  Rpc(std::span<const RpcMethod> methods, ByteBuf& out, std::size_t max_keys = max_json_keys)
      : methods_(methods), out_(out), max_keys_(max_keys) {}
  Rpc(const Rpc&) = delete;
  Rpc& operator=(const Rpc&) = delete;

  /// Calls a method of the peer. `args` is a JSON array. `max_item_bytes` is for each packet that comes back.
  CallId call(RpcKind kind, std::string_view name, std::string_view args,
              std::size_t max_item_bytes = max_packet_bytes);

  /// Sends an item of a stream. False when the stream is no longer open.
  bool item(CallId id, BodyType type, std::string_view body);
  bool item(CallId id, std::string_view json) { return item(id, BodyType::json, json); }

  /// Answers an async call of the peer.
  bool answer(CallId id, std::string_view json);

  /// Ends a stream on our side. Items that are still on their way to us are dropped.
  bool end(CallId id);
  /// The same by an error, or answers an async call of the peer by one.
  bool fail(CallId id, std::string_view message, int code = 0);

  /// Says goodbye, once. Nothing is sent behind it.
  void goodbye();

  /// Takes bytes off the front of `in` up to the next event.
  /// @return nothing when more bytes are needed; Code::data when the connection is to be closed.
  Result<std::optional<RpcEvent>> next(ByteView& in);

  /// True when no call is under way in either direction, those aside that we ended and the peer did not yet.
  bool is_idle() const { return open_ours_ == 0 && open_theirs_ == 0; }
  /// True once both sides have said goodbye.
  bool is_over() const { return said_goodbye_ && heard_goodbye_; }

 private:
  struct Call {
    RpcKind kind = RpcKind::async;
    std::size_t max_item_bytes = max_packet_bytes;
    bool ended = false;  ///< by us; the peer's end is awaited
  };
  using Calls = std::map<CallId, Call>;

  using Found = std::optional<RpcEvent>;  ///< nothing: the packet needed no owner

  std::size_t limit_of(const PacketHead& head) const;
  Result<Found> take(const Packet& packet);
  Found take_part(Calls::iterator call, const Packet& packet);
  Result<Found> take_call(CallId id, const Packet& packet);
  Found refuse(CallId id, bool stream, std::string_view message);
  bool end_with(CallId id, std::string_view json);
  void send(CallId id, bool stream, bool end, BodyType type, std::string_view body);
  void add(CallId id, Call call);
  void forget(Calls::iterator call);
  void forget_oldest_ended();

  std::span<const RpcMethod> methods_;
  ByteBuf& out_;
  const std::size_t max_keys_;
  PacketReader reader_;
  std::int32_t last_number_ = 0;  ///< of our calls
  Calls calls_;                   ///< a number is in here until both sides have ended it
  std::size_t open_ours_ = 0;     ///< of calls_, those not `ended`
  std::size_t open_theirs_ = 0;
  std::size_t ended_theirs_ = 0;  ///< calls of the peer that it did not end yet
  bool said_goodbye_ = false;
  bool heard_goodbye_ = false;
};

/// The body by which a call fails: {"message","name","stack"}, as JavaScript's errors are sent.
/// With a code, which JavaScript has not, if it is not 0.
std::string remote_error(std::string_view message, int code = 0);

/// Such a body, or anything else that a peer may send in its place.
struct RemoteError {
  std::string message;  ///< at most 1000 bytes of it
  int code = 0;         ///< 1 to 255; 0: there is none
};
RemoteError read_remote_error(BodyType type, ByteView body);

}  // namespace ssblog
