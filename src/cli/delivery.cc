// SPDX-License-Identifier: MIT
#include "cli/delivery.h"

#include "feed/json.h"
#include "store/daemon_door.h"

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::chrono::seconds answer_patience{30};

}  // namespace

std::string source_name(const std::optional<std::string>& path) {
  auto home = path ? Result<Home>(home_at(*path)) : find_home();
  if (!home || is_anothers(*home)) return host_name();
  auto settings = load_settings(path);
  return settings ? settings->name : host_name();
}

Result<void> StoreDelivery::open() {
  if (own_ || daemon_) return {};
  auto home = path_ ? Result<Home>(home_at(*path_)) : find_home();
  if (!home) return home.error();
  if (is_anothers(*home)) {
    auto daemon = DaemonPublisher::connect(*home);
    if (!daemon) return daemon.error();
    daemon_ = std::move(*daemon);
    return {};
  }
  auto settings = load_settings(path_);
  if (!settings) return settings.error();
  auto own = OwnFeed::open(std::move(*settings));
  if (!own) return own.error();
  own_ = std::move(*own);
  return {};
}

Result<void> StoreDelivery::deliver(std::span<const std::string> contents, std::size_t& delivered) {
  if (auto opened = open(); !opened) return opened;
  if (daemon_) return by_daemon(contents, delivered);
  auto published = own_->publisher().publish(contents, clock_now());
  if (!published) {
    const Error error = own_->explain_busy(published.error());
    own_.reset();
    return error;
  }
  delivered = contents.size();
  tell_daemon(own_->settings().home);
  tell(*published);
  return {};
}

/// Chunks may be sent twice, since they count once; the other records go one by one, so that hardly one comes twice.
Result<void> StoreDelivery::by_daemon(std::span<const std::string> contents, std::size_t& delivered) {
  const auto is_chunk = [](const std::string& content) { return !member(content, "chunk").empty(); };
  while (delivered < contents.size()) {
    const auto rest = contents.subspan(delivered);
    const auto chunks =
        static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_chunk) - rest.begin());
    const auto some = rest.first(std::max<std::size_t>(chunks, 1));
    auto published = daemon_->publish(some);
    if (!published) {
      daemon_.reset();
      return published.error();
    }
    delivered += some.size();
    tell(*published);
  }
  return {};
}

/// Once, however long the run lasts.
void StoreDelivery::tell(const Published& published) {
  if (published.held != Hold::none && !std::exchange(told_held_, true))
    say_trouble({published.held, published.last, std::nullopt});
  if (published.guard_trouble && !std::exchange(told_guard_, true))
    say_trouble({Hold::none, published.last, published.guard_trouble});
}

Result<void> SocketDelivery::connect() {
  if (client_) return {};
  auto home = path_ ? Result<Home>(home_at(*path_)) : find_home();
  if (!home) return home.error();
  auto client = LocalClient::connect(is_anothers(*home) ? publish_socket_of(*home) : home->socket_path());
  if (!client) return client.error();
  client_ = std::move(*client);
  client_->wait_at_most(answer_patience, [this] { return Clock::now().time_since_epoch().count() >= last_; });
  return {};
}

/// A daemon that was started anew since the last time is known only by the failure of the old connection.
Result<void> SocketDelivery::deliver(std::span<const std::string> contents, std::size_t& delivered) {
  std::vector<std::string> calls;
  for (const std::string& content : contents) calls.push_back("[" + content + "]");
  for (;;) {
    const bool fresh = !client_;
    if (auto connected = connect(); !connected) return connected;
    std::size_t answered = 0;
    auto answers = client_->ask_all("publish", std::span(calls).subspan(delivered), answered);
    delivered += answered;
    if (answers) return {};
    client_.reset();
    if (fresh || answers.error().code != Code::unavailable) return answers.error();
  }
}

}  // namespace ssblog
