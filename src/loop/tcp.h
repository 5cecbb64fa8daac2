// SPDX-License-Identifier: MIT
// loop/tcp.h - TCP: a stream of bytes both ways, a listener, and dialling.
//
// TCP_NODELAY is always on: what is written together goes out together, at once.
#pragma once

#include "feed/bytes.h"
#include "loop/loop.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace ssblog {

/// A numeric address and port, of IPv4 or IPv6.
struct SocketAddress {
  sockaddr_storage raw{};

  /// From a numeric host ("127.0.0.1", "::1", "fe80::1%eth0"); Code::usage when it is none.
  static Result<SocketAddress> from(const std::string& host, std::uint16_t port);

  std::string host() const;  ///< numeric; IPv4 in IPv6 clothes shown as IPv4
  std::uint16_t port() const;
  std::string text() const;  ///< "host:port", an IPv6 host in brackets
  bool loopback() const;
  bool wildcard() const;  ///< any address of this machine
};

/// One connection. Calls come from the loop only; after `ended` no bytes come. Its owner may end it in a
/// callback only as the very last thing that is done there.
class TcpStream {
 public:
  struct Events {
    std::function<void(ByteView)> bytes;      ///< came in; the view lives as long as the call
    std::function<void(const Error*)> ended;  ///< the other side is done (null), or the line is dead
    std::function<void()> drained;            ///< everything written is with the system
  };

  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  /// Begins to read.
  void start(Events events);

  /// Sends bytes behind all that was sent. No answer: what fails is told by `ended`.
  void write(ByteBuf bytes);

  /// Bytes that the system did not take yet.
  std::size_t waiting() const { return waiting_; }

  /// Reading stops, and the other side soon waits; and goes on.
  void pause();
  void resume();

  /// Sends what waits, then says that no more will come. Nothing may be written after it.
  void shut();

  const SocketAddress& remote() const { return remote_; }

 private:
  friend class TcpListener;
  friend class TcpDial;
  explicit TcpStream(Handle<uv_tcp_t> handle);
  void take(ssize_t count, const uv_buf_t* buffer);
  void written(std::size_t bytes, int status);
  void end(const Error* error);

  Handle<uv_tcp_t> handle_;
  SocketAddress remote_;
  Events events_;
  ByteBuf buffer_;
  std::size_t waiting_ = 0;
  bool reading_ = false;
  bool ended_ = false;  // was told
  bool dead_ = false;   // nothing can be sent any more
};

/// Takes connections on one address.
class TcpListener {
 public:
  using Accept = std::function<void(std::unique_ptr<TcpStream>)>;

  static constexpr int backlog = 128;

  /// Port 0: the system chooses. Code::unavailable when another program has the port.
  static Result<std::unique_ptr<TcpListener>> listen(Loop& loop, const SocketAddress& address, Accept accept);

  /// Where it listens in truth.
  const SocketAddress& local() const { return local_; }

 private:
  TcpListener(Handle<uv_tcp_t> handle, Accept accept);
  void take();

  Handle<uv_tcp_t> handle_;
  SocketAddress local_;
  Accept accept_;
};

/// A dial under way. When it goes before its answer came, the dial ends and nothing is called.
class TcpDial {
 public:
  using Done = std::function<void(Result<std::unique_ptr<TcpStream>>)>;

  /// `host` is a name or numeric; a name is looked up on a worker, and its first address dialled.
  TcpDial(Loop& loop, std::string host, std::uint16_t port, Done done);

  /// Begins. `done` may be called before this returns, and may end the dial.
  void begin();
  TcpDial(const TcpDial&) = delete;
  TcpDial& operator=(const TcpDial&) = delete;
  ~TcpDial();

 private:
  struct Lookup;
  void dial(const sockaddr* address);
  void finish(Result<std::unique_ptr<TcpStream>> answer);

  Loop& loop_;
  std::string host_;
  std::uint16_t port_;
  Done done_;
  Lookup* lookup_ = nullptr;  // frees itself when its answer comes
  Handle<uv_tcp_t> handle_;
  uv_connect_t* connecting_ = nullptr;  // frees itself likewise
};

}  // namespace ssblog
