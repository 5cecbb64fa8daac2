// SPDX-License-Identifier: MIT
#include "gossip/own_publisher.h"

#include "feed/json.h"

#include <span>
#include <utility>

namespace ssblog {
namespace {

/// The last `count` messages of our feed, of which the last is `last`.
Result<std::vector<OwnMessage>> read_last(Store& store, const FeedId& own, const FeedState& last,
                                          std::size_t count, Millis now) {
  auto row = store.feed(own);
  if (!row) return row.error();
  std::vector<OwnMessage> messages(count);
  MessageKey key = last.key;
  for (std::size_t i = count; i-- > 0;) {
    auto text = store.message(RowId::of((*row)->number, last.sequence - (count - 1 - i)));
    if (!text) return text.error();
    const auto previous = text_of(member(*text, "previous"));
    messages[i] = {Hold::none, key, std::move(*text), now};
    key = (previous ? parse_message_key(*previous) : std::nullopt).value_or(MessageKey{});
  }
  return messages;
}

/// What became of contents that were published together.
void tell(const Result<Published>& published, Store& store, const FeedId& own, std::size_t count, Millis now,
          std::vector<Result<OwnMessage>>& answers) {
  if (!published) {
    answers.insert(answers.end(), count, published.error());
  } else if (published->held != Hold::none || !published->last) {
    answers.insert(answers.end(), count, OwnMessage{published->held, {}, {}, now});
  } else if (auto messages = read_last(store, own, *published->last, count, now)) {
    for (OwnMessage& message : *messages) answers.emplace_back(std::move(message));
  } else {
    answers.insert(answers.end(), count, messages.error());
  }
}

/// All in one transaction, which is one wait for the disk; where one of them is refused, each in its own.
void publish_all(Publisher& publisher, Store& store, const FeedId& own, std::span<const std::string> contents,
                 Millis now, std::vector<Result<OwnMessage>>& answers) {
  if (contents.empty()) return;
  const auto published = publisher.publish(contents, now);
  if (published || published.error().code != Code::data || contents.size() == 1)
    return tell(published, store, own, contents.size(), now, answers);
  for (std::size_t i = 0; i < contents.size(); ++i)
    publish_all(publisher, store, own, contents.subspan(i, 1), now, answers);
}

}  // namespace

OwnPublisher::OwnPublisher(Scheduler& scheduler, Home home, const std::optional<SigningKey>& hmac,
                           std::function<Millis()> clock, std::function<void(Result<Hold>)> settled)
    : scheduler_(scheduler),
      home_(std::move(home)),
      hmac_(hmac),
      clock_(std::move(clock)),
      settled_(std::move(settled)) {}

void OwnPublisher::publish(std::string content, Done done, Publisher::Together together) {
  waiting_bytes_ += content.size();
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
  waiting_bytes_ = 0;
  std::vector<Task> tasks;
  for (Wish& wish : std::exchange(wishes_, {})) {
    tasks.push_back(std::move(wish.task));
    waiting_.push_back(std::move(wish.done));
  }
  ticket_ = run_on_worker(
      scheduler_,
      [home = home_, hmac = hmac_, tasks = std::move(tasks), now = clock_()]() mutable {
        return work(home, hmac, std::move(tasks), now);
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
                                        std::vector<Task> tasks, Millis now) {
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
  std::vector<std::string> plain;  // in a row
  const auto publish_plain = [&] {
    publish_all(publisher, *store, keys->id(), std::exchange(plain, {}), now, answer.messages);
  };
  for (Task& task : tasks) {
    if (!task.together) {
      plain.push_back(std::move(task.content));
      continue;
    }
    publish_plain();
    tell(publisher.publish_with(task.content, task.together, now), *store, keys->id(), 1, now,
         answer.messages);
  }
  publish_plain();
  auto waited = publisher.publish({}, now);
  answer.held = waited ? Result<Hold>(waited->held) : waited.error();
  return answer;
}

}  // namespace ssblog
