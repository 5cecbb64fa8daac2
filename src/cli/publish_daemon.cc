// SPDX-License-Identifier: MIT
#include "cli/publish_daemon.h"

#include "cli/command.h"
#include "feed/json.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;  // as long as one waits for the store
constexpr auto retry_pause = 50ms;

/// SSBLOG_PUBLISH_SOCKET, for a home whose configuration names another place: others cannot read that.
std::string socket_of(const Home& home) {
  const char* named = std::getenv("SSBLOG_PUBLISH_SOCKET");
  return named != nullptr && *named != '\0' ? named : home.publish_socket_path();
}

}  // namespace

Result<DaemonPublisher> DaemonPublisher::connect(const Home& home) {
  auto client = LocalClient::connect(socket_of(home));
  if (client) return DaemonPublisher(home, std::move(*client));
  const Code code = client.error().code == Code::unavailable ? Code::unavailable : Code::permission;
  return Error{
      code, fmt::format("the home {} is another user's, and its daemon takes no lines from here: {}. Its "
                        "owner can let others publish with [publish] in config.toml; your own home is made "
                        "by: ssblog init",
                        home.directory, client.error().text)};
}

/// The daemon may be started anew, by an upgrade for example.
Result<void> DaemonPublisher::reconnect() {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto client = LocalClient::connect(socket_of(home_));
    if (client) {
      client_ = std::move(*client);
      return {};
    }
    if (client.error().code != Code::unavailable || std::chrono::steady_clock::now() >= until)
      return client.error();
    std::this_thread::sleep_for(retry_pause);
  }
}

Result<Published> DaemonPublisher::publish(std::span<const std::string> contents) {
  std::vector<std::string> calls;
  bool repeatable = true;
  for (const std::string& content : contents) {
    calls.push_back("[" + content + "]");
    repeatable = repeatable && !member(content, "chunk").empty();
  }
  std::size_t answered = 0;
  auto answers = client_.ask_all("publish", calls, answered);
  while (!answers && answers.error().code == Code::unavailable && repeatable) {
    if (auto again = reconnect(); !again) return again.error();
    answers = client_.ask_all("publish", calls, answered);
  }
  if (!answers) {
    const Error& error = answers.error();
    return Error{error.code == Code::failed ? Code::data : error.code,
                 answered == 0
                     ? error.text
                     : fmt::format("{}; {} messages before it are published", error.text, answered)};
  }
  Published published;
  if (answers->empty()) return published;
  const std::string& last = answers->back();
  if (member(last, "held") == "true") {
    if (!std::exchange(told_held_, true))
      say(fmt::format("lines are kept by the daemon, to be signed later: {}",
                      text_of(member(last, "why")).value_or("publishing is held")));
    return published;
  }
  const auto key = parse_message_key(text_of(member(last, "key")).value_or(""));
  const auto sequence = integer_of(member(member(last, "value"), "sequence"));
  if (!key || !sequence) return Error{Code::unavailable, "the daemon's answer is not understood"};
  published.last = FeedState{static_cast<Seq>(*sequence), *key};
  return published;
}

}  // namespace ssblog
