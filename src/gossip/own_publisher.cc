// SPDX-License-Identifier: MIT
#include "gossip/own_publisher.h"

#include "feed/json.h"
#include "gossip/message_stream.h"

#include <fmt/format.h>

#include <span>
#include <utility>

namespace ssblog {
namespace {

/// What a job found out.
struct Job {
  Publisher& publisher;
  Store& store;
  const FeedId own;
  const Millis now;
  std::vector<Result<OwnMessage>> answers;
  std::optional<Error> guard_trouble;
  std::optional<Error> trouble;  ///< of the store or the disk, not of the contents

  /// What became of contents that were published together.
  void tell(const Result<Published>& published, std::size_t count) {
    if (!published) {
      const Code code = published.error().code;
      if (code != Code::data && code != Code::usage && code != Code::permission && code != Code::failed)
        trouble = published.error();
      answers.insert(answers.end(), count, published.error());
      return;
    }
    if (published->guard_trouble) guard_trouble = published->guard_trouble;
    if (published->held != Hold::none || !published->last) {
      answers.insert(answers.end(), count, OwnMessage{published->held, {}, 0, {}, now});
      return;
    }
    for (OwnMessage& message : last_messages(store, own, *published->last, count, now))
      answers.emplace_back(std::move(message));
  }

  /// All in one transaction, which is one wait for the disk; where one of them is refused, each in its own.
  void publish(std::span<const std::string> contents) {
    if (contents.empty()) return;
    const auto published = publisher.publish(contents, now);
    if (published || published.error().code != Code::data || contents.size() == 1)
      return tell(published, contents.size());
    for (std::size_t i = 0; i < contents.size(); ++i) publish(contents.subspan(i, 1));
  }
};

}  // namespace

std::vector<OwnMessage> last_messages(Store& store, const FeedId& own, const FeedState& last,
                                      std::size_t count, Millis now) {
  std::vector<OwnMessage> messages(count);
  MessageKey key = last.key;
  const auto row = store.feed(own);
  for (std::size_t i = count; i-- > 0;) {
    messages[i] = {Hold::none, key, static_cast<Seq>(last.sequence - (count - 1 - i)), {}, now};
    key = {};  // of the one before: only this one's text says it
    if (!row || !*row) continue;
    auto text = store.message(RowId::of((*row)->number, messages[i].sequence));
    if (!text) continue;
    const auto previous = text_of(member(*text, "previous"));
    messages[i].text = std::move(*text);
    if (const auto parsed = previous ? parse_message_key(*previous) : std::nullopt) key = *parsed;
  }
  return messages;
}

std::string as_answer(const OwnMessage& message) {
  if (message.held != Hold::none)
    return fmt::format(R"({{"held":true,"why":{}}})", json_string(explain(message.held)));
  if (message.text.empty())
    return fmt::format(R"({{"key":"{}","value":{{"sequence":{}}}}})", to_text(message.key), message.sequence);
  return message_item(message.text, message.key, message.received);
}

OwnPublisher::OwnPublisher(Scheduler& scheduler, Home home, const std::optional<SigningKey>& hmac,
                           std::function<Millis()> clock, std::function<void(const Standing&)> settled)
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
        settled_(answer.standing);
        start();
      });
}

OwnPublisher::Answer OwnPublisher::work(const Home& home, const std::optional<SigningKey>& hmac,
                                        std::vector<Task> tasks, Millis now) {
  const auto fail = [&](const Error& error) {
    Answer answer;
    answer.messages.assign(tasks.size(), error);
    answer.standing.held = error;
    return answer;
  };
  auto keys = load_keys(home);
  if (!keys) return fail(keys.error());
  auto store = open_own_store(home);
  if (!store) return fail(store.error());
  auto guard = guard_of(*store, home, keys->id());
  if (!guard) return fail(guard.error());
  Publisher publisher(*store, *keys, hmac ? &*hmac : nullptr, std::move(*guard));
  Job job{publisher, *store, keys->id(), now, {}, {}, {}};
  std::vector<std::string> plain;  // in a row
  const auto publish_plain = [&] { job.publish(std::exchange(plain, {})); };
  for (Task& task : tasks) {
    if (!task.together) {
      plain.push_back(std::move(task.content));
      continue;
    }
    publish_plain();
    job.tell(publisher.publish_with(std::span(&task.content, 1), task.together, now), 1);
  }
  publish_plain();
  Answer answer;
  // Who waited in vain for the store's turn does not wait for it once more.
  const bool in_vain = job.trouble && job.trouble->code == Code::busy;
  auto waited = in_vain ? Result<Published>(*job.trouble) : publisher.publish({}, now);
  answer.messages = std::move(job.answers);
  answer.standing.held = job.trouble ? Result<Hold>(*job.trouble)
                         : waited    ? Result<Hold>(waited->held)
                                     : waited.error();
  answer.standing.guard_trouble = waited && waited->guard_trouble ? waited->guard_trouble : job.guard_trouble;
  return answer;
}

}  // namespace ssblog
