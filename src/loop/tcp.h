// SPDX-License-Identifier: MIT
// loop/tcp.h - TCP: addresses, connections, a listener, and dialling.
//
// TCP_NODELAY is always on: what is written together goes out together, at once.
#pragma once

#include "feed/bytes.h"
#include "loop/stream.h"
#include "loop/timer.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ssblog {

/// A numeric address and port, of IPv4 or IPv6.
struct SocketAddress {
  sockaddr_storage raw{};

  /// From a numeric host ("127.0.0.1", "::1", "fe80::1%eth0"); Code::usage when it is none.
  static Result<SocketAddress> from(const std::string& host, std::uint16_t port);

  /// Numeric; IPv4 in IPv6 clothes shown as IPv4; an IPv6 address of one link alone with its scope, `fe80::1%eth0`.
  std::string host() const;
  std::uint16_t port() const;
  std::string text() const;  ///< "host:port", an IPv6 host in brackets
  bool loopback() const;
  bool wildcard() const;  ///< any address of this machine
  bool one_link() const;  ///< IPv6 that means something on one link alone, and is dialled with a scope
};

/// A connection over TCP.
class TcpStream : public Stream {
 public:
  const SocketAddress& remote() const { return remote_; }

 private:
  friend class TcpListener;
  friend class TcpDial;
  TcpStream(Handle<uv_tcp_t> handle, const SocketAddress& remote);
  static std::unique_ptr<TcpStream> of(Handle<uv_tcp_t> handle);

  SocketAddress remote_;
};

/// Takes connections on one address. Where no descriptor is left for one, it does not listen for a while.
class TcpListener {
 public:
  using Accept = std::function<void(std::unique_ptr<TcpStream>)>;

  static constexpr int backlog = 128;

  /// Port 0: the system chooses. Code::unavailable when another program has the port.
  static Result<std::unique_ptr<TcpListener>> listen(Loop& loop, const SocketAddress& address, Accept accept);

  /// Where it listens in truth.
  const SocketAddress& local() const { return local_; }

 private:
  TcpListener(Loop& loop, const SocketAddress& address, Accept accept);
  Result<void> open();
  void hear(int status);
  void take(int descriptor);
  void rest();

  Loop& loop_;
  Handle<uv_tcp_t> handle_;      ///< none: it rests
  Handle<uv_poll_t> listening_;  ///< at the socket of the handle
  SocketAddress local_;
  Accept accept_;
  Timer again_;
};

/// A dial under way. When it goes before its answer came, the dial ends and nothing is called.
class TcpDial {
 public:
  using Done = std::function<void(Result<std::unique_ptr<TcpStream>>)>;

  /// `host` is a name or numeric; a name is looked up on a worker, and its addresses tried in turn.
  TcpDial(Loop& loop, std::string host, std::uint16_t port, Done done);

  /// Begins. `done` may be called before this returns, and may end the dial.
  void begin();
  TcpDial(const TcpDial&) = delete;
  TcpDial& operator=(const TcpDial&) = delete;
  ~TcpDial();

 private:
  struct Lookup;
  static constexpr std::size_t most_tries = 4;
  static constexpr std::chrono::seconds patience{5};  // for one address
  void dial_next();
  void failed(int code);
  void late();
  void finish(Result<std::unique_ptr<TcpStream>> answer);

  Loop& loop_;
  std::string host_;
  std::uint16_t port_;
  Done done_;
  Lookup* lookup_ = nullptr;  // frees itself when its answer comes
  Handle<uv_tcp_t> handle_;
  Timer late_;
  std::vector<SocketAddress> addresses_;
  std::size_t next_ = 0;                // of addresses_
  uv_connect_t* connecting_ = nullptr;  // frees itself likewise
};

}  // namespace ssblog
