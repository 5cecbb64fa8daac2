// SPDX-License-Identifier: MIT
#include "gossip/own_publisher.h"

#include <utility>

namespace ssblog {
OwnPublisher::OwnPublisher(Loop& loop, Home home, const std::optional<SigningKey>& hmac,
                           std::function<Millis()> clock, std::function<void(Result<Hold>)> settled)
    : loop_(loop),
      home_(std::move(home)),
      hmac_(hmac),
      clock_(std::move(clock)),
      settled_(std::move(settled)) {}

void OwnPublisher::publish(std::string content, Done done, Publisher::Together together) {
  wishes_.push_back({{std::move(content), std::move(together)}, std::move(done)});
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
  std::vector<Task> tasks;
  for (Wish& wish : std::exchange(wishes_, {})) {
    tasks.push_back(std::move(wish.task));
    waiting_.push_back(std::move(wish.done));
  }
  ticket_ = run_on_worker(
      loop_,
      [home = home_, hmac = hmac_, tasks = std::move(tasks), now = clock_()] {
        return work(home, hmac, tasks, now);
      },
      [this](Answer answer) {
        busy_ = false;
        auto waiting = std::exchange(waiting_, {});
        for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i](std::move(answer.messages[i]));
        settled_(std::move(answer.held));
        start();
      });
}

Result<OwnMessage> OwnPublisher::publish_one(Publisher& publisher, Store& store, const FeedId& own,
                                             const Task& task, Millis now) {
  auto published = task.together ? publisher.publish_with(task.content, task.together, now)
                                 : publisher.publish(std::span(&task.content, 1), now);
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

OwnPublisher::Answer OwnPublisher::work(const Home& home, const std::optional<SigningKey>& hmac,
                                        const std::vector<Task>& tasks, Millis now) {
  const auto fail = [&](const Error& error) {
    Answer answer;
    answer.messages.assign(tasks.size(), error);
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
  for (const Task& task : tasks)
    answer.messages.push_back(publish_one(publisher, *store, keys->id(), task, now));
  auto waited = publisher.publish({}, now);
  answer.held = waited ? Result<Hold>(waited->held) : waited.error();
  return answer;
}

}  // namespace ssblog
