// SPDX-License-Identifier: MIT
// view/api.h - the answers of the REST API: an address in, JSON out.
//
// Used by the server. Reads one state of the store for each answer; one thread. The shapes are in docs/api.md.
#pragma once

#include "feed/record.h"
#include "store/store.h"
#include "view/http_target.h"
#include "view/view_options.h"
#include "view/view_right.h"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace ssblog {

struct HttpReply {
  int status = 200;
  std::string type = "application/json; charset=utf-8";
  std::string body;
};

/// `{"error":"..."}`
HttpReply error_reply(int status, std::string_view why);

/// What is known of the server at one moment.
struct ApiContext {
  std::string base;                    ///< of links: "http://127.0.0.1:3032"
  Millis now = 0;                      ///< ms since 1970
  std::chrono::milliseconds uptime{};  ///< since this server runs, by a clock that nobody sets
  std::size_t connections = 0;         ///< that are open
  std::size_t most_connections = 0;
  ViewRight right = ViewRight::all;  ///< of who asks: with less no line of a log is shown
  std::function<bool()> is_gone{};   ///< who asked has; asked often; empty: it stays
};

class ViewApi {
 public:
  static constexpr std::size_t usual_count = 100;

  /// Borrows both.
  ViewApi(Store& store, const ViewOptions& options) : store_(store), options_(options) {}

  /// 404 for an address that there is not, 400 for a parameter that is wrong or that the address does not know.
  HttpReply answer(const HttpTarget& target, const ApiContext& context);

 private:
  Store& store_;
  const ViewOptions& options_;
};

}  // namespace ssblog
