// SPDX-License-Identifier: MIT
#include "gossip/own_publisher.h"

#include <utility>

namespace ssblog {
namespace {

Result<OwnMessage> publish_one(Publisher& publisher, Store& store, const FeedId& own,
                               const std::string& content, Millis now) {
  auto published = publisher.publish(std::span(&content, 1), now);
  if (!published) return published.error();
  OwnMessage message;
  message.held = published->held;
  if (message.held != Hold::none || !published->last) return message;
  message.key = published->last->key;
  auto row = store.feed(own);
  if (!row) return row.error();
  auto text = store.message(RowId::of((*row)->number, published->last->sequence));
  if (!text) return text.error();
  message.text = std::move(*text);
  message.received = now;
  return message;
}

}  // namespace

OwnPublisher::OwnPublisher(Scheduler& scheduler, Home home, const std::optional<SigningKey>& hmac,
                           std::function<Millis()> clock, std::function<void(Result<Hold>)> settled)
    : scheduler_(scheduler),
      home_(std::move(home)),
      hmac_(hmac),
      clock_(std::move(clock)),
      settled_(std::move(settled)) {}

void OwnPublisher::publish(std::string content, Done done) {
  wishes_.push_back({std::move(content), std::move(done)});
  start();
}

void OwnPublisher::sign_waiting() {
  again_ = true;
  start();
}

void OwnPublisher::start() {
  if (busy_ || (wishes_.empty() && !again_)) return;
  busy_ = true;
  again_ = false;
  std::vector<std::string> contents;
  for (Wish& wish : std::exchange(wishes_, {})) {
    contents.push_back(std::move(wish.content));
    waiting_.push_back(std::move(wish.done));
  }
  ticket_ = run_on_worker(
      scheduler_,
      [home = home_, hmac = hmac_, contents = std::move(contents), now = clock_()] {
        return work(home, hmac, contents, now);
      },
      [this](Answer answer) {
        busy_ = false;
        auto waiting = std::exchange(waiting_, {});
        for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i](std::move(answer.messages[i]));
        settled_(std::move(answer.held));
        start();
      });
}

OwnPublisher::Answer OwnPublisher::work(const Home& home, const std::optional<SigningKey>& hmac,
                                        const std::vector<std::string>& contents, Millis now) {
  const auto fail = [&](const Error& error) {
    Answer answer;
    answer.messages.assign(contents.size(), error);
    answer.held = error;
    return answer;
  };
  auto keys = load_keys(home);
  if (!keys) return fail(keys.error());
  auto store = open_own_store(home);
  if (!store) return fail(store.error());
  auto guard = guard_of(*store, home, keys->id());
  if (!guard) return fail(guard.error());
  Publisher publisher(*store, *keys, hmac ? &*hmac : nullptr, std::move(*guard));
  Answer answer;
  for (const std::string& content : contents)
    answer.messages.push_back(publish_one(publisher, *store, keys->id(), content, now));
  auto waited = publisher.publish({}, now);
  answer.held = waited ? Result<Hold>(waited->held) : waited.error();
  return answer;
}

}  // namespace ssblog
