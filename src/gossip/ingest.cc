// SPDX-License-Identifier: MIT
#include "gossip/ingest.h"

#include "feed/contact.h"
#include "feed/successor.h"
#include "store/hold.h"

#include <algorithm>
#include <chrono>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t part_messages = 128;
constexpr std::size_t most_parts = 8;  // under way on the pool, or waiting for the store
constexpr auto longest_transaction = 5ms;
constexpr std::size_t messages_per_look = 16;  // at the clock
constexpr auto first_retry = 1ms;
constexpr auto longest_retry = 50ms;
constexpr auto trouble_retry = 2s;

}  // namespace

Ingest::Ingest(Scheduler& scheduler, Store& store, const FeedId& own, const std::optional<SigningKey>& hmac,
               Events events)
    : scheduler_(scheduler),
      store_(store),
      own_(own),
      hmac_(hmac),
      events_(std::move(events)),
      forks_(store),
      again_(scheduler, [this] { link(); }) {}

void Ingest::take(ReceivedMessage message) {
  waiting_bytes_ += message.text.size();
  was_full_ = was_full_ || is_full();
  fresh_.push_back(std::move(message));
  // One turn of the loop reads many: they are checked together.
  if (fresh_.size() >= part_messages || parts_.empty()) start_checks();
}

/// Hands what came to the worker pool, as long as it is not behind.
void Ingest::start_checks() {
  while (!fresh_.empty() && parts_.size() < most_parts) {
    auto part = std::make_unique<Part>();
    const std::size_t count = std::min(fresh_.size(), part_messages);
    std::vector<Checked> messages;
    messages.reserve(count);
    for (std::size_t i = 0; i < count; ++i) messages.push_back({std::move(fresh_[i]), {}});
    fresh_.erase(fresh_.begin(), fresh_.begin() + static_cast<std::ptrdiff_t>(count));
    Part* place = part.get();
    parts_.push_back(std::move(part));
    place->ticket = run_on_worker(
        scheduler_,
        [messages = std::move(messages), hmac = hmac_]() mutable {
          for (Checked& message : messages) {
            auto inspected = inspect(message.received.text, hmac ? &*hmac : nullptr);
            if (auto* good = std::get_if<Inspected>(&inspected))
              message.result = std::move(*good);
            else
              message.result = std::move(std::get<Rejection>(inspected));
          }
          return std::move(messages);
        },
        [this, place](std::vector<Checked> checked) {
          place->messages = std::move(checked);
          place->checked = true;
          link();
        });
  }
}

/// Stores what is checked, as far as one short transaction goes.
void Ingest::link() {
  if (linking_ || parts_.empty() || !parts_.front()->checked) return;
  linking_ = true;
  auto linked = link_some();
  linking_ = false;
  if (!linked) return retry(linked.error());
  busy_ = 0;
  if (std::exchange(troubled_, false)) events_.trouble_over();
  tell();
  start_checks();
  // The rest in the next turn: others are to be heard in between.
  if (!parts_.empty() && parts_.front()->checked) again_.start(0ms);
}

Result<void> Ingest::link_some() {
  auto batch = Batch::begin(store_, Durability::normal);
  if (!batch) return batch.error();
  const auto begun = scheduler_.stopwatch();
  std::vector<std::pair<Part*, std::size_t>> before;  // to be taken back when the commit fails
  std::size_t done_parts = 0, done = 0;
  bool late = false;
  for (auto& part : parts_) {
    if (!part->checked || late) break;
    before.emplace_back(part.get(), part->next);
    while (part->next < part->messages.size() && !late) {
      if (auto linked = link_one(*batch, part->messages[part->next]); !linked) {
        for (const auto& [changed, next] : before) changed->next = next;
        forget();
        return linked;
      }
      ++part->next;
      late = ++done % messages_per_look == 0 && scheduler_.stopwatch() - begun > longest_transaction;
    }
    if (part->next == part->messages.size()) ++done_parts;
  }
  if (auto committed = batch->commit(events_.clock()); !committed) {
    for (const auto& [changed, next] : before) changed->next = next;
    forget();
    return committed;
  }
  for (const auto& [changed, next] : before) {
    for (std::size_t i = next; i < changed->next; ++i)
      waiting_bytes_ -= changed->messages[i].received.text.size();
  }
  parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(done_parts));
  return {};
}

Result<void> Ingest::link_one(Batch& batch, Checked& checked) {
  const ReceivedMessage& received = checked.received;
  if (const auto* rejection = std::get_if<Rejection>(&checked.result)) {
    refusals_.push_back({received, rejection->fatal(), true, rejection->text});
    return {};
  }
  // Kept as it is: a transaction that fails is tried again.
  const Inspected& inspected = std::get<Inspected>(checked.result);
  // It was let in by what stands first in its text; what counts is what was signed.
  if (inspected.author() != received.author || inspected.sequence() != received.sequence) {
    refusals_.push_back({received, true, true, "its author or sequence stands in it twice"});
    return {};
  }
  auto feed = batch.feed(inspected.author());
  if (!feed) return feed.error();
  const Seq tip = feed->tip ? feed->tip->sequence : 0;
  if (inspected.sequence() <= tip) return take_second(batch, *feed, received, inspected.key());
  auto forked = forks_.is_forked(inspected.author());
  if (!forked) return forked.error();
  if (*forked) {
    refusals_.push_back({received, true, false, "its feed is forked"});
    return {};
  }
  if (inspected.sequence() > tip + 1) return {};  // a gap: what is missing will be asked for
  auto left = batch.is_left(inspected.author(), inspected.sequence(), inspected.key());
  if (!left) return left.error();
  if (*left) {
    refusals_.push_back({received, true, false, "its feed does not go on with it, says its owner"});
    return {};
  }
  auto verified = verify(Inspected(inspected), feed->tip);
  if (const auto* rejection = std::get_if<Rejection>(&verified)) {
    refusals_.push_back({received, rejection->fatal(), false, rejection->text});
    return {};
  }
  batch.came_from(received.host);
  const Verified& message = std::get<Verified>(verified);
  if (auto appended = batch.append(message); !appended) return appended;
  if (message->author == own_) {
    // It comes back to us: the store was set back, or is new.
    if (auto noted = batch.note_witness(message->content()); !noted) return noted;
    if (auto noted = note_shown(batch, message->sequence); !noted) return noted;
  }
  if (read_contact(message->content()) || read_successor(message->content()))
    contacts_.push_back(message->author);
  if (grown_.empty() || grown_.back().feed != message->author)
    grown_.push_back({message->author, message->sequence, received.from});
  else
    grown_.back() = {message->author, message->sequence, received.from};
  return {};
}

/// A message for a place that is held: it came from another peer first, or it proves a fork.
Result<void> Ingest::take_second(Batch& batch, const FeedRow& feed, const ReceivedMessage& received,
                                 const MessageKey& key) {
  auto noted = note_fork(batch, feed, received.sequence, key, as_text(received.text),
                         hmac_ ? &*hmac_ : nullptr, events_.clock());
  if (!noted) return noted.error();
  if (*noted) forked_.push_back(feed.id);
  return {};
}

/// The transaction did not happen.
void Ingest::forget() {
  grown_.clear();
  refusals_.clear();
  contacts_.clear();
  forked_.clear();
}

void Ingest::retry(const Error& error) {
  if (error.code == Code::busy) {
    again_.start(std::min<std::chrono::milliseconds>(first_retry * (1 << std::min(busy_, 6)), longest_retry));
    ++busy_;
    return;
  }
  if (!std::exchange(troubled_, true)) events_.trouble(error);
  again_.start(trouble_retry);
}

void Ingest::tell() {
  for (const Grown& grown : std::exchange(grown_, {})) events_.stored(grown.feed, grown.have, grown.from);
  for (const Refusal& refusal : std::exchange(refusals_, {}))
    events_.refused(refusal.message, refusal.fatal, refusal.forged, refusal.why);
  for (const FeedId& author : std::exchange(contacts_, {})) events_.contact(author);
  for (const FeedId& feed : std::exchange(forked_, {})) {
    if (events_.forked) events_.forked(feed);
  }
  events_.told();
  if (was_full_ && !is_full()) {
    was_full_ = false;
    events_.room();
  }
}

}  // namespace ssblog
