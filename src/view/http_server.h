// SPDX-License-Identifier: MIT
// view/http_server.h - the server of the view: HTTP on loopback, or at a unix socket.
//
// Used by the program ssblog-view. cpp-httplib has the sockets and a thread for each connection; who may ask, what is
// answered and how long anything may take is decided here. All that is answered is read from the store; nothing is
// ever written.
#pragma once

#include "feed/id.h"
#include "feed/result.h"
#include "view/token_book.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ssblog {

struct ViewOptions {
  std::string home;  ///< its directory
  std::string store_path;
  FeedId own;
  std::string address = "127.0.0.1";
  int port = 3032;                 ///< 0: any that is free
  std::string socket_path;         ///< not empty: there, and not at the address
  std::vector<std::string> hosts;  ///< names by which it may be called, beside loopback's
};

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
  /// Serves until `stop`, which any thread may call.
  void run();
  void stop();

 private:
  class Door;
  std::unique_ptr<Door> door_;
};

}  // namespace ssblog
