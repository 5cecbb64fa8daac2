// SPDX-License-Identifier: MIT
// assemble/sweep_admission.cc - which messages a sweep looks at, and when: none before it may have the next line.
#include "assemble/sweep.h"

#include <algorithm>

namespace ssblog {
namespace {

// So many picked messages are sooner read than all those that spread widely are asked how far.
constexpr std::size_t most_read_in_vain = 1000;

}  // namespace

/// There is nothing to walk over then: all that may have a line is in the heap.
Result<void> Sweep::admit_spans(const std::map<FeedId, MessageSpan>& spans) {
  walked_ = true;
  for (Feed& feed : feeds_) {
    const auto span = spans.find(feed.row.id);
    feed.wanted = feed.wanted && span != spans.end();
    if (!feed.wanted) continue;
    feed.last = span->second.last;
    auto rows =
        timeline_.span(RowId::of(feed.row.number, feed.behind + 1), RowId::of(feed.row.number, feed.last));
    if (!rows) return rows.error();
    for (const TimedRow& message : *rows) admit(message.row, message.first);
  }
  return {};
}

Result<void> Sweep::read_feeds(const std::map<FeedId, Seq>& behind,
                               const std::optional<std::map<FeedId, Seq>>& upto) {
  auto rows = store_->feeds();
  if (!rows) return rows.error();
  for (const FeedRow& row : *rows) {
    Feed feed;
    auto wanted = may_want_feed(timeline_, selection_, row);
    if (!wanted) return wanted.error();
    feed.wanted = *wanted;
    if (const auto at = behind.find(row.id); at != behind.end()) feed.behind = at->second;
    if (upto) {
      const auto at = upto->find(row.id);
      feed.last = at == upto->end() ? 0 : at->second;
    }
    ranks_[row.number] = static_cast<std::uint32_t>(feeds_.size());
    feed.row = row;
    feeds_.push_back(std::move(feed));
  }
  return {};
}

/// Messages that begin before the first wanted line, but may reach it.
Result<void> Sweep::admit_earlier() {
  const Millis near = std::max<Millis>(from_.order - wide_span, 0);
  const auto admit_one = [this](const TimedRow& message) {
    if (!shifts_.contains(message.row.value)) admit(message.row, message.first);
  };
  const auto few_picked = picked_ ? picked_->before(near, most_read_in_vain) : std::nullopt;
  if (few_picked) {
    std::for_each(few_picked->begin(), few_picked->end(), admit_one);
  } else if (near > 0) {
    auto wide = timeline_.wide(from_.order, near);
    if (!wide) return wide.error();
    for (const TimedRow& message : *wide) {
      if (!picked_ || picked_->may_want(message)) admit_one(message);
    }
  }
  if (auto admitted = admit_continuations(); !admitted) return admitted;
  auto news = earliest_news();
  if (!news) return news.error();
  walk_.emplace(timeline_, std::max(near, *news), until_, picked_);
  return walk_on();
}

/// Where messages are left out because they were shown: those that only go on with lines of theirs.
Result<void> Sweep::admit_continuations() {
  for (const Feed& feed : feeds_) {
    if (feed.behind == 0) continue;
    auto rows = timeline_.mere_continuations(feed.row.number, feed.behind);
    if (!rows) return rows.error();
    for (const RowId row : *rows) admit(row, 0);
  }
  return {};
}

/// Where messages are left out because they were shown: when the first line of the others stands.
Result<Millis> Sweep::earliest_news() {
  const bool all =
      std::all_of(feeds_.begin(), feeds_.end(), [](const Feed& feed) { return feed.behind == 0; });
  if (all) return Millis{0};
  Millis earliest = max_time;
  for (const Feed& feed : feeds_) {
    const FeedNumber number = feed.row.number;
    auto first = timeline_.earliest(RowId::of(number, feed.behind + 1), RowId::of(number, max_sequence));
    if (!first) return first.error();
    earliest = std::min(earliest, first->value_or(max_time));
  }
  return earliest;
}

/// Messages whose first line stands at `order` or before.
Result<void> Sweep::admit_until(Millis order) {
  for (;;) {
    const auto message = upcoming();
    if (!message || message->first > order) return {};
    admit(message->row, message->first);
    if (next_righted_ < righted_.size() && righted_[next_righted_].row == message->row) {
      ++next_righted_;
    } else if (auto walked = walk_on(); !walked) {
      return walked;
    }
  }
}

/// The message that is to be admitted next; nothing: there are no more.
std::optional<TimedRow> Sweep::upcoming() const {
  std::optional<TimedRow> next;
  if (!walked_) next = walk_->at();
  if (next_righted_ == righted_.size()) return next;
  const RightedRow& righted = righted_[next_righted_];
  return next && next->first <= righted.first ? next : TimedRow{righted.first, righted.row};
}

/// Passes over messages that stand elsewhere, since their clock is put right.
Result<void> Sweep::walk_on() {
  do {
    auto row = walk_->next();
    if (!row) return row.error();
    walked_ = !*row;
  } while (!walked_ && shifts_.contains(walk_->at().row.value));
  return {};
}

void Sweep::admit(RowId row, Millis first) {
  const auto rank = ranks_.find(row.feed());
  if (rank == ranks_.end()) return;
  const Feed& feed = feeds_[rank->second];
  if (feed.wanted && row.sequence() > feed.behind && row.sequence() <= feed.last)
    push({{first, rank->second, row.sequence(), 0}, row, nullptr});
}

}  // namespace ssblog
