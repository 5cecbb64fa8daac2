// SPDX-License-Identifier: MIT
// view/http_server.h - the server of the view: HTTP on loopback, or at a unix socket.
//
// Used by the program ssblog-view. cpp-httplib has the sockets and a thread for each connection; who may ask, what is
// answered and how long anything may take is decided here. All that is answered is read from the store; nothing is
// ever written.
#pragma once

#include "feed/result.h"
#include "view/view_options.h"

#include <memory>

namespace ssblog {

class HttpServer {
 public:
  static constexpr std::size_t most_connections = 256;

  explicit HttpServer(ViewOptions options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Opens the door. Code::unavailable when the address is taken. Afterwards `port` is known.
  Result<void> bind();
  int port() const;
  /// Serves until `stop`, which any thread may call. Code::unavailable when it ends by itself, or cannot begin.
  Result<void> run();
  void stop();

 private:
  class Door;
  std::unique_ptr<Door> door_;
};

}  // namespace ssblog
