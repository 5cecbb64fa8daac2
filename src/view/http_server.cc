// SPDX-License-Identifier: MIT
#include "view/http_server.h"

#include "assemble/query.h"
#include "store/socket_place.h"
#include "view/api.h"
#include "view/gate.h"
#include "view/http_threads.h"
#include "view/live.h"
#include "view/page.h"
#include "view/socket_stream.h"
#include "view/store_pool.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <mutex>
#include <system_error>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto idle_time = 5s;       // until another request has begun
constexpr auto request_time = 10s;   // for all of it
constexpr auto viewer_pause = 15s;   // of silence, then a viewer is told that we live
constexpr auto token_pause = 5s;     // of silence, then it is looked whether its token still stands
constexpr auto begin_patience = 5s;  // until the store was looked at for who looks on
constexpr int most_requests = 1000;  // of a connection
// Connections that wait to be accepted. A browser opens several at once, and many may look on: with the library's 5 the kernel
// drops some, and they come again a second later.
constexpr int most_waiting = 256;
constexpr auto gone_pause = 100ms;  // between two looks whether who waits for an answer is still there

// The connection that this thread answers: the library does not tell its handlers.
thread_local const SocketStream* answered = nullptr;

/// Says true once who asked has closed the connection; may be asked often. For the thread that answers, while it does.
std::function<bool()> has_gone() {
  return [stream = answered, next = Clock::now() + gone_pause, gone = false]() mutable {
    if (gone || Clock::now() < next) return gone;
    gone = stream != nullptr && !stream->is_there();
    next = Clock::now() + gone_pause;
    return gone;
  };
}

Millis clock_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void put(httplib::Response& response, const HttpReply& reply) {
  response.status = reply.status;
  response.set_content(reply.body, reply.type.c_str());
}

/// Nothing of what is shown can load, send or run anything, whatever a log line says. Of all answers, the library's own too.
httplib::Headers guards() {
  return {{"Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
           "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cache-Control", "no-store"},
          // The library would say that it gives parts of an answer.
          {"Accept-Ranges", "none"}};
}

/// An answer to what the library is not asked about, since it could not be read in one way only. The connection ends with it.
std::string refusal_text(std::string_view why) {
  const HttpReply reply = error_reply(400, why);
  std::string text = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n";
  for (const auto& [name, value] : guards()) text += fmt::format("{}: {}\r\n", name, value);
  text += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n\r\n", reply.type, reply.body.size());
  return text + reply.body;
}

/// Of what the library refuses by itself, before anybody here is asked.
std::string_view why_refused(int status) {
  switch (status) {
    case 400:
      return "this is no HTTP request that is understood here";
    case 414:
      return "the address is too long: 8192 bytes at most";
    case 416:
      return "no parts of an answer are given";
    case 417:
      return "nothing is expected here but a request";
    case 500:
      return "something went wrong here that should not: please tell whoever runs this host";
  }
  return "this request is not answered here";
}

/// Nobody else may have the address at the same time: with the library's own options several programs of one user share a port,
/// and each gets some of the connections.
void own_the_address(int socket) {
  // An address whose last connections are hardly over may be had again.
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

void write_all(SocketStream& stream, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = stream.write(text.data(), text.size());
    if (written < 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Of a list that proxies made, each putting its word behind: what the first one says.
std::string first_of(const std::string& list) {
  const auto begin = list.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  const auto end = list.find(',', begin);
  std::string first = list.substr(begin, end == std::string::npos ? end : end - begin);
  while (first.ends_with(' ')) first.pop_back();
  return first;
}

}  // namespace

class HttpServer::Door final : public httplib::Server {
 public:
  explicit Door(ViewOptions options)
      : options_(std::move(options)),
        gate_(names_of(options_)),
        stores_(options_.store_path),
        live_(options_.store_path, options_.own) {
    new_task_queue = [] { return new HttpThreads(most_connections); };
    set_socket_options([](auto socket) { own_the_address(static_cast<int>(socket)); });
    set_default_headers(guards());
    // Head and body of an answer are written apart: the second would wait for the peer's word that it has the first.
    set_tcp_nodelay(true);
    set_keep_alive_max_count(most_requests);
    set_keep_alive_timeout(std::chrono::seconds(idle_time).count());
    // Types and forms that the versions of the library have in common.
    set_error_handler(HandlerWithResponse([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) put(response, error_reply(response.status, why_refused(response.status)));
      return HandlerResponse::Handled;
    }));
    set_exception_handler(
        [](const auto&, auto& response, auto&&) { put(response, error_reply(500, why_refused(500))); });
    // Everything is answered here: the library's own routes are patterns of std::regex.
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
      return HandlerResponse::Handled;
    });
  }

  Result<void> bind() {
    const bool local = !options_.socket_path.empty();
    const std::string place =
        local ? options_.socket_path : fmt::format("{} port {}", options_.address, options_.port);
    auto tokens = TokenBook::open(options_.home);
    if (!tokens) return tokens.error();
    tokens_.emplace(std::move(*tokens));
    bool bound = false;
    if (local) {
      if (auto clear = clear_socket_place(options_.socket_path); !clear) return clear;
      // Until its mode says who may connect, this user alone may.
      const mode_t before = ::umask(0177);
      set_address_family(AF_UNIX);
      bound = bind_to_port(options_.socket_path, 1);
      ::umask(before);
      if (bound) {
        auto opened = open_socket_place(options_.socket_path, options_.socket_mode, options_.socket_group);
        if (!opened) return opened;
      }
    } else if (options_.port == 0) {
      port_ = bind_to_any_port(options_.address);
      bound = port_ > 0;
    } else {
      port_ = options_.port;
      bound = bind_to_port(options_.address, port_);
    }
    // The library's number is compiled into it. To listen once more only changes that.
    if (bound && ::listen(svr_sock_, most_waiting) == 0) return {};
    const int why = errno;  // the library leaves that of its bind
    if (why == EADDRINUSE)
      return Error{
          Code::unavailable,
          fmt::format("cannot listen at {}: another program does; choose another place, by --listen or by "
                      "`[view] listen` of config.toml",
                      place)};
    return Error{Code::unavailable,
                 fmt::format("cannot listen at {}: {}; choose another place, by --{} or by `[view]` of "
                             "config.toml",
                             place, std::strerror(why), local ? "socket" : "listen")};
  }

  int port() const { return port_; }

 private:
  /// An address is no name that somebody else could have point here.
  static std::vector<std::string> names_of(const ViewOptions& options) {
    std::vector<std::string> names = options.hosts;
    const bool is_v6 = options.address.find(':') != std::string::npos;
    if (options.address != "0.0.0.0" && options.address != "::")
      names.push_back(is_v6 ? fmt::format("[{}]", options.address) : options.address);
    return names;
  }

  bool process_and_close_socket(int socket) override {
    const auto crowded = [this] { return connections_ >= most_connections; };
    ++connections_;
    {
      SocketStream stream(socket, crowded);
      answered = &stream;
      for (int requests = 1; svr_sock_ != -1 && stream.wait_for_request(idle_time); ++requests) {
        stream.expect_request(request_time);
        const auto head = stream.read_head();
        if (!head) write_all(stream, refusal_text(head.error().text));
        if (!head || !*head || !serve(stream, requests == most_requests)) break;
      }
      answered = nullptr;
    }
    --connections_;
    return true;
  }

  /// False: it was the last request of the connection.
  bool serve(SocketStream& stream, bool is_last) {
    bool closed = false, is_understood = false, has_body = false;
    const auto set_up = [&](httplib::Request& request) {
      is_understood = true;
      // Nobody reads a body here, and it must not be taken for the next request.
      has_body = request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
      // Answers are made anew each time: a part of one means nothing.
      request.ranges.clear();
    };
    // Meson looks which of the two the library has.
#ifdef SSBLOG_HTTPLIB_ADDRESSES
    const bool served = process_request(stream, {}, 0, {}, 0, is_last, closed, set_up);
#else
    const bool served = process_request(stream, is_last, closed, set_up);
#endif
    // Behind what was not understood nobody knows where the next request begins.
    return served && is_understood && !closed && !has_body;
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    if (request.has_header("Content-Length") || request.has_header("Transfer-Encoding"))
      response.set_header("Connection", "close");
    const auto target = parse_target(request.target);
    if (!target) return put(response, error_reply(400, target.error().text));
    const PageFile* const file = target->parameters.empty() ? find_page_file(target->parts) : nullptr;
    const Admission admission = admit(request, file != nullptr ? ViewRight::none : right_needed(*target));
    if (const auto& refusal = admission.refusal) {
      if (refusal->status == 401) response.set_header("WWW-Authenticate", "Bearer");
      if (refusal->status == 405) response.set_header("Allow", "GET, HEAD");
      return put(response, error_reply(refusal->status, refusal->why));
    }
    if (file != nullptr) {
      response.set_content(std::string(file->body), file->type);
      return;
    }
    if (target->parts.size() == 1 && target->parts[0] == "stream")
      return stream(*target, request.get_header_value("Authorization"), response);
    put(response, stores_.with([&](Store& store) {
      return ViewApi(store, options_)
          .answer(*target, {base_of(request), clock_now(), uptime(), connections_, most_connections,
                            admission.right, has_gone()});
    }));
  }

  Admission admit(const httplib::Request& request, ViewRight needed) {
    for (const char* name : {"Authorization", "Origin", "Sec-Fetch-Site"}) {
      if (request.get_header_value_count(name) > 1)
        return {HttpRefusal{400, fmt::format("the header {} stands there twice", name)}, {}};
    }
    const std::string host = request.get_header_value("Host"),
                      authorization = request.get_header_value("Authorization"),
                      site = request.get_header_value("Sec-Fetch-Site"),
                      origin = request.get_header_value("Origin"), called = called_as(request);
    const std::lock_guard lock(tokens_mutex_);
    if (auto fresh = tokens_->refresh(); !fresh) return {HttpRefusal{503, fresh.error().text}, {}};
    return gate_.admit(
        {request.method, host, authorization, site, origin, called, !options_.socket_path.empty()}, *tokens_,
        needed);
  }

  /// The name of this server, with its port: as the request says it, or the proxy in front of the unix socket.
  std::string called_as(const httplib::Request& request) const {
    if (!options_.socket_path.empty()) {
      std::string said = first_of(request.get_header_value("X-Forwarded-Host"));
      if (is_authority(said)) return said;
    }
    const std::string host = request.get_header_value("Host");
    return is_authority(host) ? host : std::string();
  }

  /// What links begin with.
  std::string base_of(const httplib::Request& request) const {
    const std::string host = called_as(request);
    const bool is_https =
        !options_.socket_path.empty() && first_of(request.get_header_value("X-Forwarded-Proto")) == "https";
    return host.empty() ? std::string() : fmt::format("{}://{}", is_https ? "https" : "http", host);
  }

  /// An answer that goes on: its token may have been revoked since.
  bool is_still_known(const std::string& authorization) {
    if (!options_.socket_path.empty()) return true;
    const std::lock_guard lock(tokens_mutex_);
    return tokens_->refresh() && right_by(authorization, *tokens_) == ViewRight::all;
  }

  bool join(const std::shared_ptr<Viewer>& viewer) {
    try {
      return live_.join(viewer);
    } catch (const std::system_error&) {
      // The one thread that reads for all of them; the next who looks on has it started.
      return false;
    }
  }

  void stream(const HttpTarget& target, std::string authorization, httplib::Response& response) {
    Query query;
    query.selection.right_clocks = true;
    for (const auto& [name, value] : target.parameters) {
      if (name != "filter")
        return put(response, error_reply(400, "there is no such parameter here; there is filter"));
      if (auto added = add_query(value, clock_now(), query); !added)
        return put(response, error_reply(400, added.error().text));
    }
    if (!query.feeds.empty()) return put(response, error_reply(400, "say host: instead of feed: here"));
    auto viewer = Viewer::make(std::move(query.selection));
    if (!viewer) return put(response, error_reply(400, viewer.error().text));
    if (!join(*viewer)) return put(response, error_reply(503, "too many look on already"));
    // Who reads the greeting may ask for what is there: whatever is not there yet will be told.
    if (!(*viewer)->wait_for_begin(begin_patience))
      return put(response, error_reply(503, "the store cannot be read now"));
    response.set_header("X-Accel-Buffering", "no");
    response.set_chunked_content_provider(
        "text/event-stream", [this, viewer = *viewer, authorization = std::move(authorization), begun = false,
                              last = Clock::time_point()](std::size_t, httplib::DataSink& sink) mutable {
          const auto tell = [&](std::string_view text) {
            last = Clock::now();
            return sink.is_writable() && sink.write(text.data(), text.size());
          };
          if (!std::exchange(begun, true)) return tell(": ssblog\n\n");
          const auto events = viewer->take(token_pause);
          if (!events || !is_still_known(authorization)) return false;
          if (!events->empty()) return tell(*events);
          return Clock::now() - last < viewer_pause || tell(": still here\n\n");
        });
  }

  std::chrono::milliseconds uptime() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
  }

  const ViewOptions options_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  const Gate gate_;
  int port_ = 0;
  std::atomic<std::size_t> connections_{0};
  std::mutex tokens_mutex_;
  std::optional<TokenBook> tokens_;
  StorePool stores_;
  LiveFeed live_;
};

HttpServer::HttpServer(ViewOptions options) : door_(std::make_unique<Door>(std::move(options))) {}
HttpServer::~HttpServer() = default;

Result<void> HttpServer::bind() { return door_->bind(); }
int HttpServer::port() const { return door_->port(); }

Result<void> HttpServer::run() {
  try {
    if (door_->listen_after_bind()) return {};
    return Error{Code::unavailable, "the system gives no more connections to the view: start it again"};
  } catch (const std::system_error& error) {
    return Error{
        Code::unavailable,
        fmt::format("cannot start a thread for each of {} connections ({}): `TasksMax` of the unit, or "
                    "`ulimit`, is too low",
                    most_connections, error.what())};
  }
}
void HttpServer::stop() { door_->stop(); }

}  // namespace ssblog
