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
using Clock = std::chrono::steady_clock;

constexpr auto patience = 30s;                   // as long as one waits for the store
constexpr std::size_t longest_content = 60'000;  // what the socket carries; no message is as long
constexpr auto patience_at_first = 5s;
constexpr auto retry_pause = 50ms;
constexpr auto patience_for_answers = 100s;  // the daemon itself waits for the store for 30

Result<LocalClient> open_socket(const Home& home) {
  auto client = LocalClient::connect(publish_socket_of(home));
  if (client) client->wait_at_most(patience_for_answers, is_stream_to_end);
  return client;
}

/// A daemon that is not there is tried again until `until`.
Result<LocalClient> open_patiently(const Home& home, Clock::time_point until) {
  for (;;) {
    auto client = open_socket(home);
    const bool absent = !client && client.error().code == Code::unavailable;
    if (!absent || is_stream_to_end() || Clock::now() >= until) return client;
    std::this_thread::sleep_for(retry_pause);
  }
}

/// The daemon explains a hold; which one it is follows from that.
Hold hold_of(std::string_view why) {
  for (int i = 1; i <= static_cast<int>(last_hold); ++i) {
    if (explain(static_cast<Hold>(i)) == why) return static_cast<Hold>(i);
  }
  return Hold::shown_more;
}

}  // namespace

std::string publish_socket_of(const Home& home) {
  const char* named = std::getenv("SSBLOG_PUBLISH_SOCKET");
  return named != nullptr && *named != '\0' ? named : home.publish_socket_path();
}

Result<DaemonPublisher> DaemonPublisher::connect(const Home& home) {
  // Lines that cannot be handed over are lost: a daemon that is being started anew is worth a moment.
  auto client = open_patiently(home, Clock::now() + patience_at_first);
  if (client) return DaemonPublisher(home, std::move(*client));
  const Code code = client.error().code == Code::unavailable ? Code::unavailable : Code::permission;
  return Error{
      code, fmt::format("the home {} is another user's, and its daemon takes no lines from here: {}. Its "
                        "owner can let others publish with [publish] in config.toml; your own home is made "
                        "by: ssblog init",
                        home.directory, client.error().text)};
}

/// The daemon may be started anew, by an upgrade for example; or it has no place for us at the moment.
Result<void> DaemonPublisher::reconnect(Clock::time_point until, const Error& why) {
  if (is_stream_to_end() || Clock::now() >= until) return why;
  std::this_thread::sleep_for(retry_pause);
  auto client = open_patiently(home_, until);
  if (!client) return client.error().code == Code::unavailable ? why : client.error();
  client_ = std::move(*client);
  return {};
}

Result<Published> DaemonPublisher::publish(std::span<const std::string> contents) {
  std::vector<std::string> calls;
  bool repeatable = true;
  for (const std::string& content : contents) {
    if (content.size() > longest_content)
      return Error{Code::data,
                   fmt::format("a message may have about 8 KiB; this content has {} bytes", content.size())};
    calls.push_back("[" + content + "]");
    repeatable = repeatable && !member(content, "chunk").empty();
  }
  std::size_t answered = 0;
  auto answers = client_.ask_all("publish", calls, answered);
  const auto until = Clock::now() + patience;
  while (!answers && answers.error().code == Code::unavailable && repeatable) {
    if (auto again = reconnect(until, answers.error()); !again) return again.error();
    answers = client_.ask_all("publish", calls, answered);
  }
  if (!answers) {
    const Error& error = answers.error();
    return Error{error.code, answered == 0 ? error.text
                                           : fmt::format("{}; {} messages before it are published",
                                                         error.text, answered)};
  }
  Published published;
  if (answers->empty()) return published;
  const std::string& last = answers->back();
  if (member(last, "held") == "true") {
    published.held = hold_of(text_of(member(last, "why")).value_or(""));
    return published;
  }
  const auto key = parse_message_key(text_of(member(last, "key")).value_or(""));
  const auto sequence = integer_of(member(member(last, "value"), "sequence"));
  if (!key || !sequence) return Error{Code::unavailable, "the daemon's answer is not understood"};
  published.last = FeedState{static_cast<Seq>(*sequence), *key};
  return published;
}

}  // namespace ssblog
