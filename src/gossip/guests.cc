// SPDX-License-Identifier: MIT
#include "gossip/guests.h"

#include "feed/json.h"
#include "gossip/protocol/invite.h"
#include "gossip/protocol/limits.h"

#include <fmt/format.h>

#include <memory>
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

/// Of the codes of use_invite: those for the guest. The others are the store's.
bool is_refusal(Code code) { return code == Code::usage || code == Code::permission || code == Code::failed; }

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
  // What refuses the guest, and what is amiss with us, can have one code: which it was, the worker notes.
  const auto refused = std::make_shared<bool>(false);
  publisher_.publish(
      content,
      [this, refused, answer = std::move(answer)](const Result<OwnMessage>& message) mutable {
        if (message) {
          answer.is_news = true;
          answer.result = as_answer(*message);
        } else if (!*refused) {
          answer.is_trouble = true;
          answer.trouble = message.error().text;
          answer.result =
              Error{Code::busy, fmt::format("this host cannot sign at the moment; {}", try_later)};
        } else {
          answer.result = message.error();
        }
        answered_(answer);
      },
      [refused, own = own_, guest, feed = *feed, now = clock_()](Batch& batch) {
        auto used = use_invite(batch, own, guest, feed, now);
        *refused = !used && is_refusal(used.error().code);
        return used;
      });
}

}  // namespace ssblog
