// SPDX-License-Identifier: MIT
#include "gossip/guests.h"

#include "feed/json.h"
#include "gossip/message_stream.h"
#include "gossip/protocol/invite.h"
#include "gossip/protocol/limits.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {
namespace {

/// The feed of `[{"feed":"@..."}]`, or ssb-server's words.
Result<FeedId> wanted_feed(std::string_view args) {
  Items items(args);
  if (!items.next() || !is_object(items.value())) return Error{Code::usage, "Param 0 must by of type object"};
  const auto value = member(items.value(), "feed");
  if (value.empty()) return Error{Code::usage, "feed to follow is missing"};
  const auto text = text_of(value);
  const auto feed = text ? parse_feed_id(*text) : std::nullopt;
  if (!feed) return Error{Code::usage, "feed to follow is no id of a feed"};
  return *feed;
}

/// By what a guest did, or by how we stand?
bool is_ours(Code code) { return code != Code::usage && code != Code::permission && code != Code::failed; }

}  // namespace

Guests::Guests(Store& store, OwnPublisher& publisher, const FeedId& own, std::function<Millis()> clock,
               std::function<void(const Answer&)> answered)
    : publisher_(publisher),
      own_(own),
      book_(store),
      clock_(std::move(clock)),
      answered_(std::move(answered)) {}

bool Guests::knows(const FeedId& key) {
  const auto known = book_.knows(key);
  return known && *known;
}

void Guests::use(PeerNumber peer, const FeedId& guest, CallId id, const std::string& args) {
  Answer answer{peer, id, guest, std::nullopt, std::string(), false, false, {}};
  auto feed = wanted_feed(args);
  // Each call costs a turn of the store.
  if (++calls_[peer] > max_guest_calls) feed = Error{Code::permission, "too many calls"};
  if (!feed) {
    answer.result = feed.error();
    return answered_(answer);
  }
  answer.feed = *feed;
  const std::string content =
      fmt::format(R"({{"type":"contact","contact":"{}","following":true,"pub":true}})", to_text(*feed));
  publisher_.publish(
      content,
      [this, answer = std::move(answer)](const Result<OwnMessage>& message) mutable {
        if (message) {
          answer.is_news = true;
          answer.result = message_item(message->text, message->key, message->received);
        } else if (is_ours(message.error().code)) {
          answer.is_trouble = true;
          answer.trouble = message.error().text;
          answer.result =
              Error{Code::busy, fmt::format("this host cannot sign at the moment; {}", try_later)};
        } else {
          answer.result = message.error();
        }
        answered_(answer);
      },
      [own = own_, guest, feed = *feed, now = clock_()](Batch& batch) {
        return use_invite(batch, own, guest, feed, now);
      });
}

}  // namespace ssblog
