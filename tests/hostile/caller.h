// SPDX-License-Identifier: MIT
// hostile/caller.h - a connection to the daemon at the depth that a case wants: shaken hands, boxes, packets.
//
// Used by the cases and by the honest host. Over TCP its bytes go in boxes; at a unix socket as they are.
#pragma once

#include "feed/keys.h"
#include "gossip/protocol/box_stream.h"
#include "gossip/protocol/handshake.h"
#include "gossip/protocol/packet.h"
#include "hostile/socket.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog::hostile {

/// Random ephemeral keys.
EphemeralKeys fresh_ephemeral();

/// Flags of a packet: whatever a byte can hold.
inline constexpr std::uint8_t stream_flag = 8, end_flag = 4, json_type = 2, text_type = 1;

/// Nine bytes of head, as they are told, and the body.
ByteBuf raw_packet(std::uint8_t flags, std::uint32_t length, std::int32_t request, std::string_view body);

/// A packet that the daemon sent.
struct Received {
  PacketHead head;
  std::string body;
};

/// What seals the boxes of one direction, open to be misused.
struct BoxKeys {
  Secret<32> key;
  BoxNonce nonce{};

  BoxKeys copy() const { return {Secret<32>(std::span<const std::uint8_t, 32>(key.data(), 32)), nonce}; }
  /// A header that says what it is told.
  ByteBuf header(std::size_t length, ByteView mac) const;
};

class Caller {
 public:
  /// Shakes hands. Nothing when the daemon does not let it in.
  static std::optional<Caller> shake(Socket socket, const NetworkKey& network, const KeyPair& own,
                                     const FeedId& server);
  /// A unix socket has no handshake.
  static Caller plain(Socket socket) { return Caller(std::move(socket)); }

  /// False when the daemon ended the connection, or reads no more.
  bool send(ByteView bytes, milliseconds patience = milliseconds(2000));
  bool packet(std::uint8_t flags, std::int32_t request, std::string_view body) {
    return send(raw_packet(flags, static_cast<std::uint32_t>(body.size()), request, body));
  }
  /// Calls a method, `name` as a JSON array: ["ebt","replicate"].
  bool call(std::string_view kind, std::int32_t request, std::string_view name, std::string_view args);

  /// The next packet; nothing when none comes in time, or the connection ends.
  std::optional<Received> receive(Moment deadline);
  /// The next packet of a call, with the number as it was called; others are passed over.
  std::optional<Received> receive(std::int32_t request, Moment deadline);

  /// True when the daemon answers another call on this connection: it lives, and is not stuck.
  bool is_heard(Moment deadline);
  /// True when the daemon ends it, by a goodbye or without.
  bool ends(Moment deadline);
  void goodbye();

  Socket& socket() { return socket_; }
  /// Of what this side sends next.
  const BoxKeys& keys() const { return keys_; }

 private:
  explicit Caller(Socket socket) : socket_(std::move(socket)) {}
  bool open_boxes();

  Socket socket_;
  bool boxed_ = false;
  bool over_ = false;  ///< the daemon's boxes ended
  BoxKeys keys_;
  std::unique_ptr<BoxReader> reader_;
  PacketReader packets_;
  ByteBuf wire_;   ///< came, and is still to be opened
  ByteBuf plain_;  ///< opened, and is still to be read
  std::int32_t last_question_ = 2'000'000'000;
};

}  // namespace ssblog::hostile
