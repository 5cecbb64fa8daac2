// SPDX-License-Identifier: MIT
// gossip/wire.h - one encrypted connection: TCP, then the handshake, then plain bytes both ways.
//
// Used by Peer. The parts that think are gossip/protocol's (handshake, box_stream); here they meet the socket,
// the random source and the clock. Tells its owner why it ended, once, as its last act. On the loop's thread.
#pragma once

#include "feed/keys.h"
#include "gossip/protocol/box_stream.h"
#include "gossip/protocol/handshake.h"
#include "loop/tcp.h"
#include "loop/timer.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace ssblog {

/// Who we are on the network. Must outlive every Wire.
struct NetworkSelf {
  NetworkKey network;
  KeyPair keys;
};

/// Why a connection ended, and what that says about dialling again.
struct WireEnd {
  enum class Kind {
    closed,     ///< as connections end
    mismatch,   ///< another network key, another server key, or we are not let in: dialling soon is no use
    misbehaved  ///< its bytes were bad
  };
  Kind kind = Kind::closed;
  std::string why;  ///< one sentence without a final stop
};

class Wire {
 public:
  struct Events {
    std::function<bool(const FeedId&)> admits;  ///< asked when we are dialled: may this host in?
    std::function<void(const FeedId&)> open;    ///< the handshake is done
    std::function<void(ByteView)> bytes;        ///< plain bytes; the view lives as long as the call
    std::function<void()> drained;              ///< everything sent is with the system
    std::function<void(const WireEnd&)> ended;  ///< nothing comes any more
  };

  /// `server`: whom we dialled; none: we were dialled.
  Wire(Loop& loop, const NetworkSelf& self, std::unique_ptr<TcpStream> stream,
       const std::optional<FeedId>& server, Events events);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Begins; events come from now on.
  void start();

  /// Only once it is open. Header and body of every box leave in one write.
  void send(ByteView plain);

  /// Bytes that the system did not take yet.
  std::size_t waiting() const { return stream_->waiting(); }
  void pause() { stream_->pause(); }
  void resume() { stream_->resume(); }

  /// Says the box stream's goodbye, when it is open, and ends what we send.
  void close();

  /// Ends it at once, without another word.
  void abandon(const std::string& why) { end(WireEnd::Kind::closed, why); }

  bool dialled() const { return server_.has_value(); }
  /// Names this connection, alike at both ends. Where we were dialled: known when `admits` is asked.
  const std::optional<CallKey>& call_key() const { return call_key_; }
  const SocketAddress& remote() const { return stream_->remote(); }
  /// The clock of the last byte that came.
  std::chrono::milliseconds last_heard() const { return last_heard_; }

 private:
  void take(ByteView in);
  Result<void> shake(ByteView& in);
  void opened(Session session);
  void hung_up(const Error* error);
  void end(WireEnd::Kind kind, std::string why);
  void flush(ByteBuf out);

  Loop& loop_;
  const NetworkSelf& self_;
  std::unique_ptr<TcpStream> stream_;
  const std::optional<FeedId> server_;
  Events events_;
  Timer deadline_;
  std::unique_ptr<ClientHandshake> client_;
  std::unique_ptr<ServerHandshake> shaking_server_;
  bool heard_challenge_ = false;
  std::optional<CallKey> call_key_;
  std::optional<BoxWriter> writer_;
  std::unique_ptr<BoxReader> reader_;
  std::chrono::milliseconds last_heard_{0};
  bool closing_ = false;
  bool over_ = false;
};

}  // namespace ssblog
