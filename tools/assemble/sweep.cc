// SPDX-License-Identifier: MIT
#include "assemble/sweep.h"

#include "feed/boot_clock.h"
#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::size_t most_loaded = 1000;  // messages, of at most some tens of KiB each

}  // namespace

Error nobody_waits() { return {Code::busy, "who asked has gone"}; }

void put_right(std::vector<LinePiece>& pieces, Millis shift) {
  if (shift == 0) return;
  Millis latest = 0;
  for (LinePiece& piece : pieces) {
    latest = std::max(latest, righted_time(piece.time, shift));
    piece.order = latest;
  }
}

Sweep::Sweep(Store& store, Selection selection, LineFilter filter, Picked picked)
    : store_(&store),
      selection_(std::move(selection)),
      filter_(std::move(filter)),
      picked_(std::move(picked)),
      timeline_(store) {}

Result<Sweep> Sweep::begin(Store& store, Selection selection, const LinePosition& from,
                           const std::map<FeedId, Seq>& behind, Picked picked,
                           const std::optional<std::map<FeedId, Seq>>& upto) {
  auto filter = LineFilter::make(selection);
  if (!filter) return filter.error();
  Sweep sweep(store, std::move(selection), std::move(*filter), std::move(picked));
  if (auto read = sweep.read_feeds(behind, upto); !read) return read.error();
  LinePosition start = from;
  if (sweep.selection_.since) start = std::max(start, LinePosition{*sweep.selection_.since, {}, 0, 0});
  sweep.until_ = sweep.selection_.until.value_or(max_time);
  const auto rank = std::lower_bound(sweep.feeds_.begin(), sweep.feeds_.end(), start.feed,
                                     [](const Feed& feed, const FeedId& id) { return feed.row.id < id; });
  const bool known = rank != sweep.feeds_.end() && rank->row.id == start.feed;
  sweep.from_ = {start.order, static_cast<std::uint32_t>(rank - sweep.feeds_.begin()),
                 known ? start.sequence : 0, known ? start.line : 0};
  if (sweep.selection_.right_clocks) {
    auto righted = sweep.timeline_.righted();
    if (!righted) return righted.error();
    sweep.righted_ = std::move(*righted);
    for (const RightedRow& message : sweep.righted_) sweep.shifts_.emplace(message.row.value, message.shift);
    std::erase_if(sweep.righted_, [&](const RightedRow& message) {
      return message.last < start.order || message.first > sweep.until_ ||
             (sweep.picked_ && !sweep.picked_->may_want_righted(message.row));
    });
  }
  if (auto admitted = sweep.admit_earlier(); !admitted) return admitted.error();
  return sweep;
}

Result<Sweep> Sweep::of(Store& store, Selection selection, const std::map<FeedId, MessageSpan>& spans) {
  auto filter = LineFilter::make(selection);
  if (!filter) return filter.error();
  Sweep sweep(store, std::move(selection), std::move(*filter), nullptr);
  std::map<FeedId, Seq> behind;
  for (const auto& [feed, span] : spans) behind[feed] = span.behind;
  if (auto read = sweep.read_feeds(behind, std::nullopt); !read) return read.error();
  sweep.from_.order = sweep.selection_.since.value_or(0);
  sweep.until_ = sweep.selection_.until.value_or(max_time);
  if (sweep.selection_.right_clocks) {
    auto righted = sweep.timeline_.righted();
    if (!righted) return righted.error();
    for (const RightedRow& message : *righted) sweep.shifts_.emplace(message.row.value, message.shift);
  }
  if (auto admitted = sweep.admit_spans(spans); !admitted) return admitted.error();
  return sweep;
}

void Sweep::push(Entry entry) {
  heap_.push_back(entry);
  std::push_heap(heap_.begin(), heap_.end(), Later());
}

/// Waits for its next line. Very many messages whose lines overlap do not all stay in memory.
void Sweep::put_back(Entry entry) {
  if (slots_.size() - free_slots_.size() > most_loaded)
    free_slots_.push_back(std::exchange(entry.message, nullptr));
  push(entry);
}

Sweep::Entry Sweep::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), Later());
  const Entry entry = heap_.back();
  heap_.pop_back();
  return entry;
}

SweptMessage* Sweep::take_slot() {
  if (free_slots_.empty()) {
    slots_.push_back(std::make_unique<SweptMessage>());
    return slots_.back().get();
  }
  SweptMessage* slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

Result<void> Sweep::read_placement(RowId row, SweptMessage& message) {
  thread_local std::string text;
  auto found = timeline_.read(row, text, message.placement);
  if (!found) return found.error();
  if (!*found)
    return Error{Code::data, fmt::format("the store {} is damaged: a message is missing", store_->path())};
  read_record(member(text, "content"), number_of(member(text, "timestamp")).value_or(0), message.record);
  message.row = row;
  return {};
}

/// Reads an admitted message and stands before its first line. A message that is not wanted has none.
Result<void> Sweep::load(Entry& entry) {
  SweptMessage* message = take_slot();
  entry.message = message;
  if (auto read = read_placement(entry.row, *message); !read) return read;
  Feed& feed = feeds_[entry.key.rank];
  message->feed = feed.row.id;
  message->next = 0;
  message->pieces.clear();
  message->gap_due = false;
  if (!selection_.wants(message->record)) return {};
  auto host = feed.name.at(*store_, timeline_, entry.row, message->record.source);
  if (!host) return host.error();
  if (!selection_.wants_host(feed.row.id, *host)) return {};
  message->host = std::move(*host);
  if (message->record.kind == RecordKind::log) {
    lay_out(message->record, message->placement, message->pieces);
    // A damaged store may tell of a gap where there can be none.
    const auto& chunk = message->record.chunk;
    message->gap_due = message->placement.gap > 0 && chunk && chunk->offset >= message->placement.gap;
    // Most messages have none of the words that are looked for.
    const bool lies_within = message->pieces.empty() || message->pieces.back().finished;
    if (lies_within && !message->gap_due && !filter_.may_want(message->record)) message->pieces.clear();
  } else {
    LinePiece piece;
    piece.bytes = message->record.note;
    piece.time = message->record.time;
    piece.order = message->placement.first.value_or(piece.time);
    piece.finished = true;
    message->pieces.push_back(piece);
  }
  const auto shift = shifts_.find(entry.row.value);
  message->shift = shift == shifts_.end() ? 0 : shift->second;
  put_right(message->pieces, message->shift);
  // A piece that goes on with an earlier line is shown there, unless that was shown before this piece came.
  const auto& continues = message->placement.continues;
  if (continues && !message->pieces.empty() && continues->last_message > feed.behind) message->next = 1;
  // Read again after it was put back: its earlier lines were shown.
  if (entry.key.line > 0) {
    message->gap_due = false;
    message->next = entry.key.line - 1;
  }
  return {};
}

/// Stands the entry before its next line. False: it has no more.
bool Sweep::advance(Entry& entry) {
  const SweptMessage& message = *entry.message;
  if (message.next >= message.pieces.size()) return false;
  entry.key.order = message.pieces[message.next].order;
  // Counted by pieces: two of one line (bytes between them came earlier) must not share a place.
  entry.key.line = message.gap_due ? 0 : static_cast<std::uint32_t>(message.next + 1);
  return true;
}

void Sweep::show(const Entry& entry, SweptLine& line) {
  SweptMessage& message = *entry.message;
  const LinePiece& piece = message.pieces[message.next];
  line.message = &message;
  line.position = {entry.key.order, message.feed, entry.key.sequence, entry.key.line};
  line.time = righted_time(piece.time, message.shift);
  line.clock = line.time == piece.time ? std::nullopt : std::optional(piece.time);
  line.level = piece.level;
  line.finished = true;
  if (message.gap_due) {
    message.gap_due = false;
    message.record.note =
        fmt::format("gap run={} offset={} bytes={}", message.record.chunk->run,
                    message.record.chunk->offset - message.placement.gap, message.placement.gap);
    line.bytes = message.record.note;
    line.structural = true;
    return;
  }
  line.bytes = piece.bytes;
  line.structural = message.record.kind != RecordKind::log;
  line.finished = piece.finished;
  ++message.next;
}

Result<bool> Sweep::next(SweptLine& line) {
  std::optional<Entry> entry = std::exchange(current_, std::nullopt);
  for (;;) {
    // Most often the line behind the last one is of the same message.
    if (entry && !advance(*entry)) {
      free_slots_.push_back(entry->message);
      entry.reset();
    }
    if (entry && entry->key.order > until_) {
      free_slots_.push_back(entry->message);
      entry.reset();
      continue;
    }
    if (heap_.empty() && !entry) {
      const auto message = upcoming();
      if (!message) return false;
      if (auto admitted = admit_until(message->first); !admitted) return admitted.error();
      continue;
    }
    const Millis order = entry && (heap_.empty() || entry->key < heap_.front().key) ? entry->key.order
                                                                                    : heap_.front().key.order;
    if (auto admitted = admit_until(order); !admitted) return admitted.error();
    if (!heap_.empty() && (!entry || heap_.front().key < entry->key)) {
      if (entry) put_back(*entry);
      entry = pop();
      if (entry->message == nullptr) {
        if (auto loaded = load(*entry); !loaded) return loaded.error();
      }
      continue;
    }
    if (entry->key < from_) {
      entry->message->gap_due ? void(entry->message->gap_due = false) : void(++entry->message->next);
      continue;
    }
    show(*entry, line);
    auto wanted = wants(line);
    if (!wanted) return wanted.error();
    if (!*wanted) continue;
    current_ = entry;
    return true;
  }
}

Result<bool> Sweep::wants(const SweptLine& line) {
  if (!filter_.looks()) return true;
  if (is_gone_ && is_gone_()) return nobody_waits();
  const Record& record = line.message->record;
  if (line.structural) return filter_.wants(line.bytes, level_of_structural(record));
  const auto level = level_of_line(record, line.level);
  if (line.finished) return filter_.wants(line.bytes, level);
  whole_ = line.bytes;
  auto read = further(line, [this](std::string_view bytes) -> Result<bool> {
    whole_ += bytes;
    return whole_.size() < LineFilter::most_looked_at;
  });
  if (!read) return read.error();
  return filter_.wants(whole_, level);
}

Result<void> Sweep::rest(const SweptLine& line, const std::function<Result<void>(std::string_view)>& use) {
  return further(line, [&use](std::string_view bytes) -> Result<bool> {
    auto used = use(bytes);
    if (!used) return used.error();
    return true;
  });
}

Result<void> Sweep::further(const SweptLine& line, const std::function<Result<bool>(std::string_view)>& use) {
  RowId row = line.message->row;
  SweptMessage message;
  for (bool finished = line.finished; !finished;) {
    auto next = timeline_.continuation(row);
    if (!next) return next.error();
    if (!*next || **next <= row) return {};  // a line goes forward only
    row = **next;
    const auto rank = ranks_.find(row.feed());
    if (rank == ranks_.end() || row.sequence() > feeds_[rank->second].last) return {};
    if (auto read = read_placement(row, message); !read) return read;
    lay_out(message.record, message.placement, message.pieces);
    if (message.pieces.empty() || !message.pieces.front().continues) return {};
    finished = message.pieces.front().finished;
    auto more = use(message.pieces.front().bytes);
    if (!more) return more.error();
    if (!*more) return {};
  }
  return {};
}

}  // namespace ssblog
