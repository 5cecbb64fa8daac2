// SPDX-License-Identifier: MIT
#include "sim/alerts_node.h"

#include <algorithm>
#include <cstdlib>
#include <variant>

namespace ssblog::sim {
namespace {

constexpr Millis minute = 60'000;
constexpr Millis longest_wait_for_look = 60 * minute;
constexpr Millis spread = 10 * minute;

/// A store in memory does not fail; where it does, the world is at an end.
template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().text.c_str());
    std::abort();
  }
  return std::move(*result);
}
void must(const Result<void>& result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().text.c_str());
    std::abort();
  }
}

}  // namespace

void AlertsNode::switch_on(Millis now) {
  since_ = now;
  turns_ = {};
  changed_ = true;
}

void AlertsNode::publish(const std::string& content, Millis time) {
  auto batch = must(Batch::begin(store_, Durability::normal));
  const FeedRow row = must(batch.feed(keys_.id()));
  auto message =
      must(sign(keys_, row.tip, std::max(static_cast<double>(time), row.timestamp + 1), content, nullptr));
  must(batch.append(message));
  must(batch.commit(time));
  changed_ = true;
}

bool AlertsNode::copy_from(AlertsNode& other, Millis now) {
  bool copied = false;
  for (const FeedRow& theirs : must(other.store_.feeds())) {
    const auto ours = must(store_.feed(theirs.id));
    const Seq have = ours && ours->tip ? ours->tip->sequence : 0;
    if (!theirs.tip || theirs.tip->sequence <= have) continue;
    auto batch = must(Batch::begin(store_, Durability::normal));
    for (Seq sequence = have + 1; sequence <= theirs.tip->sequence; ++sequence) {
      const std::string text = must(other.store_.message(RowId::of(theirs.number, sequence)));
      auto checked = verify(as_bytes(text), must(batch.feed(theirs.id)).tip, nullptr);
      if (!std::holds_alternative<Verified>(checked)) std::abort();
      must(batch.append(std::get<Verified>(checked)));
    }
    must(batch.commit(now));
    copied = true;
  }
  changed_ = changed_ || copied;
  return copied;
}

std::size_t AlertsNode::watch(const std::vector<FeedId>& connected, Millis now) {
  Watcher watcher;
  watcher.own = keys_.id();
  watcher.since = since_;
  watcher.connected.insert(connected.begin(), connected.end());
  watcher.patience.not_seen = 60 * minute;
  const WatchReport report = must(look_over(store_, watcher, now));
  std::vector<FeedId> watchers;
  for (const FeedRow& row : must(AlertBook(store_, keys_.id()).trusted())) watchers.push_back(row.id);
  const auto due = turns_.take(report.missing, keys_.id(), watchers, spread, now);
  changed_ = false;
  wake_ = now + longest_wait_for_look;
  if (report.wake) wake_ = std::min(wake_, *report.wake);
  if (const auto next = turns_.next()) wake_ = std::min(wake_, *next);
  for (const AlertRecord& alert : due) publish(alert_content(alert), now);
  return due.size();
}

}  // namespace ssblog::sim
