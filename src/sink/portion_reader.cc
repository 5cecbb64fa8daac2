// SPDX-License-Identifier: MIT
#include "sink/portion_reader.h"

#include "feed/crypto.h"
#include "store/arrivals.h"
#include "store/forks.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <queue>
#include <tuple>

namespace ssblog {
namespace {

constexpr std::chrono::milliseconds patience{100};
constexpr std::size_t most_messages = 1024;  // of a portion
constexpr std::uint64_t default_bytes = 64 * 1024;
constexpr Seq longest_line = 256;  // messages that a line of the portion is followed into

/// What the store says of a feed that was given already.
Result<FeedFacts> facts_of(Store& store, const FeedRow& row, const FeedMark& mark) {
  FeedFacts facts;
  facts.tip = row.tip ? row.tip->sequence : 0;
  auto key = store.key_of(row, mark.sequence);
  if (!key) return key.error();
  facts.at_mark = *key;
  if (facts.at_mark == mark.key) return facts;
  auto fork = ForkBook(store).of(row.id);
  if (!fork) return fork.error();
  if (!*fork) return facts;
  facts.fork = (*fork)->sequence;
  auto held = store.key_of(row, facts.fork);
  if (!held) return held.error();
  facts.on_other_branch = *held == (*fork)->other;
  return facts;
}

/// A row of the arrivals of the feed that has the place `feed` among some.
struct NextArrival {
  std::int64_t id;
  Seq last;
  std::size_t feed;
  bool operator>(const NextArrival& other) const { return id > other.id; }
};

}  // namespace

PortionReader::PortionReader(Store store, const SinkSettings& settings)
    : store_(std::move(store)),
      name_(settings.name),
      selection_(settings.selection),
      format_(settings.format),
      from_beginning_(settings.from_beginning) {}

Result<std::unique_ptr<PortionReader>> PortionReader::open(const std::string& store_path,
                                                           const SinkSettings& settings) {
  auto store = Store::open(store_path, OpenMode::read_write, patience);
  if (!store) return store.error();
  return std::unique_ptr<PortionReader>(new PortionReader(std::move(*store), settings));
}

Result<SinkCursor> PortionReader::begin(Millis now) {
  auto cursor = read_cursor(store_, name_);
  if (!cursor) return cursor.error();
  if (!*cursor) {
    auto batch = Batch::begin(store_, Durability::full);
    if (!batch) return batch.error();
    cursor->emplace();
    if (!from_beginning_) {
      auto feeds = store_.feeds();
      if (!feeds) return feeds.error();
      for (const FeedRow& feed : *feeds) {
        if (feed.tip) (**cursor)[feed.id] = {feed.tip->sequence, feed.tip->key};
      }
    }
    if (auto begun = begin_cursor(*batch, name_, **cursor, now); !begun) return begun.error();
    if (auto committed = batch->commit(now); !committed) return committed.error();
  }
  given_ = **cursor;
  return given_;
}

Result<void> PortionReader::save(const CursorSteps& steps, Millis now) {
  auto batch = Batch::begin(store_, Durability::full);
  if (!batch) return batch.error();
  if (auto saved = save_steps(*batch, name_, steps); !saved) return saved;
  return batch->commit(now);
}

/// The feeds that have something new.
Result<std::vector<PortionReader::Pending>> PortionReader::pending(Portion& portion) {
  auto rows = store_.feeds();
  if (!rows) return rows.error();
  std::vector<Pending> feeds;
  for (const FeedRow& row : *rows) {
    if (!row.tip || !selection_.wants_feed(row.id)) continue;
    const auto found = given_.find(row.id);
    const FeedMark mark = found == given_.end() ? FeedMark{} : found->second;
    if (mark == FeedMark{row.tip->sequence, row.tip->key}) continue;
    auto facts = facts_of(store_, row, mark);
    if (!facts) return facts.error();
    const Resumption resumed = resume(mark, *facts);
    if (resumed.kind == Resumption::Kind::waits) continue;
    if (resumed.kind == Resumption::Kind::lost_track)
      portion.troubles.push_back(fmt::format(
          "the feed {} has other messages than it had when they were given; it goes on behind message {}",
          to_text(row.id), resumed.behind));
    feeds.push_back({row, resumed.behind, resumed.behind});
  }
  return feeds;
}

/// Which messages of each are in the portion: those that came first.
Result<void> PortionReader::plan(std::vector<Pending>& feeds, std::size_t most) {
  Arrivals arrivals(store_);
  std::priority_queue<NextArrival, std::vector<NextArrival>, std::greater<>> next;
  const auto look = [&](std::size_t i) -> Result<void> {
    auto row = arrivals.of_next(feeds[i].row.number, feeds[i].last);
    if (!row) return row.error();
    const Seq tip = feeds[i].row.tip->sequence;
    if (*row)
      next.push({(*row)->id, std::min((*row)->last, tip), i});
    else if (feeds[i].last < tip)  // a damaged store does not know when they came
      next.push({std::numeric_limits<std::int64_t>::max(), tip, i});
    return {};
  };
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    feeds[i].last = feeds[i].behind;
    if (auto looked = look(i); !looked) return looked;
  }
  while (!next.empty() && most > 0) {
    const NextArrival arrival = next.top();
    next.pop();
    Pending& feed = feeds[arrival.feed];
    const auto taken = static_cast<Seq>(std::min<std::size_t>(arrival.last - feed.last, most));
    feed.last += taken;
    most -= taken;
    if (most == 0) break;
    if (auto looked = look(arrival.feed); !looked) return looked;
  }
  for (Pending& feed : feeds) {
    if (feed.last == feed.behind) continue;
    auto last = whole_lines(feed);
    if (!last) return last.error();
    feed.last = *last;
  }
  return {};
}

/// The portion's end in a feed, moved so that it cuts no line whose end is held; a very long one it does.
Result<Seq> PortionReader::whole_lines(const Pending& feed) {
  Timeline timeline(store_);
  const Seq most = std::min(feed.row.tip->sequence, feed.last + longest_line);
  for (Seq last = feed.last;;) {
    auto grown =
        timeline.grown_behind(RowId::of(feed.row.number, feed.behind + 1), RowId::of(feed.row.number, last));
    if (!grown) return grown.error();
    if (!*grown || (*grown)->sequence() <= last) return last;
    if ((*grown)->sequence() >= most) return most;
    last = (*grown)->sequence();
  }
}

/// False: it became longer than it may be; there is no text then.
Result<bool> PortionReader::render(const std::vector<Pending>& feeds, std::uint64_t most_bytes,
                                   Portion& portion) {
  portion.text.clear();
  portion.ends.clear();
  portion.spans.clear();
  for (const Pending& feed : feeds) {
    if (feed.last > feed.behind) portion.spans[feed.row.id] = {feed.behind, feed.last};
  }
  if (portion.spans.empty()) return true;
  Selection selection = selection_;
  selection.right_clocks = true;
  auto sweep = Sweep::of(store_, std::move(selection), portion.spans);
  if (!sweep) return sweep.error();
  auto writer = make_writer(format_, [&portion](std::string_view text) {
    portion.text += text;
    return Result<void>();
  });
  if (!writer) return writer.error();
  SweptLine line;
  for (;;) {
    auto more = sweep->next(line);
    if (!more) return more.error();
    if (!*more) break;
    if (auto written = (*writer)->write(*sweep, line); !written) return written.error();
    if ((*writer)->written() > most_bytes && messages_ > 1) return false;
    if ((*writer)->between_batches()) portion.ends.push_back({(*writer)->written(), 0});
  }
  if (auto flushed = (*writer)->flush(); !flushed) return flushed.error();
  if (!portion.text.empty() && (portion.ends.empty() || portion.ends.back().bytes < portion.text.size()))
    portion.ends.push_back({portion.text.size(), 0});
  TextSize at;
  for (TextSize& end : portion.ends) {
    const auto begin = portion.text.begin();
    const auto newlines = std::count(begin + static_cast<std::ptrdiff_t>(at.bytes),
                                     begin + static_cast<std::ptrdiff_t>(end.bytes), '\n');
    // A record of a form without ends of lines counts as one.
    at.lines += static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(newlines, 1));
    at.bytes = end.bytes;
    end = at;
  }
  portion.digest = sha256(as_bytes(portion.text));
  return true;
}

Result<Portion> PortionReader::next(std::uint64_t most_bytes) {
  Portion portion;
  auto snapshot = ReadTransaction::begin(store_.database());
  if (!snapshot) return snapshot.error();
  auto feeds = pending(portion);
  if (!feeds) return feeds.error();
  for (;;) {
    if (auto planned = plan(*feeds, messages_); !planned) return planned.error();
    auto rendered = render(*feeds, most_bytes, portion);
    if (!rendered) return rendered.error();
    if (*rendered) break;
    messages_ /= 2;
  }
  if (portion.text.size() < most_bytes / 4) messages_ = std::min(messages_ * 2, most_messages);
  if (auto settled = settle(*feeds, portion); !settled) return settled.error();
  return portion;
}

Result<Portion> PortionReader::rest_of(const PortionRest& rest) {
  Portion portion;
  {
    auto snapshot = ReadTransaction::begin(store_.database());
    if (!snapshot) return snapshot.error();
    auto feeds = pending(portion);
    if (!feeds) return feeds.error();
    std::size_t found = 0;
    for (Pending& feed : *feeds) {
      const auto span = rest.spans.find(feed.row.id);
      if (span == rest.spans.end()) continue;
      if (span->second.behind != feed.behind || span->second.last > feed.row.tip->sequence) continue;
      feed.last = span->second.last;
      ++found;
    }
    if (found == rest.spans.size()) {
      auto rendered = render(*feeds, std::numeric_limits<std::uint64_t>::max(), portion);
      if (!rendered) return rendered.error();
      // In another order a count of records would cut off lines that were never given.
      if (portion.digest == rest.digest)
        portion.skipped = std::min(rest.skipped, portion.ends.size());
      else
        portion.troubles.emplace_back(
            "the lines under way stand in another order by now, or have other times; all of them come again");
      if (portion.skipped > 0) {
        const TextSize skipped = portion.ends[portion.skipped - 1];
        portion.text.erase(0, skipped.bytes);
        portion.ends.erase(portion.ends.begin(),
                           portion.ends.begin() + static_cast<std::ptrdiff_t>(portion.skipped));
        for (TextSize& end : portion.ends) end = {end.bytes - skipped.bytes, end.lines - skipped.lines};
      }
      if (auto settled = settle(*feeds, portion); !settled) return settled.error();
      return portion;
    }
  }
  return next(default_bytes);
}

/// Where the cursor stands when it is taken.
Result<void> PortionReader::settle(const std::vector<Pending>& feeds, Portion& portion) {
  for (const Pending& feed : feeds) {
    auto key = store_.key_of(feed.row, feed.last);
    if (!key) return key.error();
    const FeedMark mark{feed.last, key->value_or(MessageKey{})};
    portion.more = portion.more || feed.last < feed.row.tip->sequence;
    const auto found = given_.find(feed.row.id);
    if (found == given_.end() ? mark == FeedMark{} : found->second == mark) continue;
    portion.steps.emplace_back(feed.row.id, mark);
  }
  return {};
}

void PortionReader::given(const CursorSteps& steps) {
  for (const auto& [feed, mark] : steps) given_[feed] = mark;
}

Result<SinkLag> lag_of(Store& store, const SinkCursor& cursor, const Selection& selection) {
  auto rows = store.feeds();
  if (!rows) return rows.error();
  Arrivals arrivals(store);
  SinkLag lag;
  for (const FeedRow& row : *rows) {
    if (!row.tip || !selection.wants_feed(row.id)) continue;
    const auto mark = cursor.find(row.id);
    const Seq behind = mark == cursor.end() ? 0 : mark->second.sequence;
    if (behind >= row.tip->sequence) continue;
    lag.messages += row.tip->sequence - behind;
    auto first = arrivals.of_next(row.number, behind);
    if (!first) return first.error();
    if (*first && (lag.since == 0 || (*first)->received < lag.since)) lag.since = (*first)->received;
  }
  return lag;
}

}  // namespace ssblog
