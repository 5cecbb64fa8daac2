// SPDX-License-Identifier: MIT
#include "store/placer.h"

#include "feed/contact.h"
#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

std::optional<std::string> format_holes(const std::vector<Range>& holes) {
  if (holes.empty()) return std::nullopt;
  std::string text;
  for (const Range& hole : holes)
    fmt::format_to(std::back_inserter(text), "{}{},{}", text.empty() ? '[' : ',', hole.begin, hole.end);
  return text + "]";
}

std::vector<Range> parse_holes(std::string_view text) {
  std::vector<Range> holes;
  const auto number = [](const Items& items) {
    return static_cast<std::uint64_t>(integer_of(items.value()).value_or(0));
  };
  for (Items items(text); items.next();) {
    Range hole{number(items), 0};
    if (items.next()) hole.end = number(items);
    holes.push_back(hole);
  }
  return holes;
}

}  // namespace

Placer::Placer(Database& database)
    : database_(database),
      boots_(database),
      runs_(database),
      watch_(database),
      find_(database,
            "SELECT instance, job, first_sequence, last_sequence, high, latest, open_next, open_first, "
            "open_last, holes "
            "FROM instances WHERE feed = ? AND kind = ? AND name = ? AND stream = ?"),
      insert_(database,
              "INSERT INTO instances(feed, kind, name, stream, job, first_sequence, last_sequence, high) "
              "VALUES (?, ?, ?, ?, ?, ?, 0, 0)"),
      update_(database,
              "UPDATE instances SET last_sequence = ?, high = ?, latest = ?, open_next = ?, open_first = ?, "
              "open_last = ?, holes = ? WHERE instance = ?"),
      latest_(database, "SELECT max(latest) FROM instances WHERE feed = ? AND name = ? AND kind < 2"),
      name_(database, "INSERT OR REPLACE INTO names VALUES (?, ?, ?)"),
      wide_(database, "INSERT INTO wide VALUES (?, ?)"),
      continued_(database, "INSERT INTO continued VALUES (?, ?, ?)"),
      contact_(database, "INSERT OR REPLACE INTO contacts VALUES (?, ?, ?)") {}

Result<Placer::Entry*> Placer::entry(FeedNumber feed, Kind kind, std::string_view name,
                                     std::string_view stream) {
  key_ = fmt::format("{} {} {} ", feed, static_cast<int>(kind), name.size());
  key_ += name;
  key_ += stream;
  const auto [at, is_new] = entries_.try_emplace(key_);
  Entry& entry = at->second;
  if (!is_new) return &entry;
  entry.feed = feed;
  entry.kind = kind;
  entry.name = name;
  entry.stream = stream;
  auto run = find_.run(feed, static_cast<int>(kind), name, stream);
  auto row = run.step();
  if (!row) return row.error();
  if (!*row) return &entry;
  entry.number = run.integer(0);
  entry.job = run.text(1);
  entry.first_sequence = static_cast<Seq>(run.integer(2));
  entry.last_sequence = static_cast<Seq>(run.integer(3));
  entry.state.high = static_cast<std::uint64_t>(run.integer(4));
  entry.state.latest = run.maybe_integer(5);
  if (!run.null(6)) {
    entry.state.open = OpenLine{static_cast<std::uint64_t>(run.integer(6)), static_cast<Seq>(run.integer(7)),
                                static_cast<Seq>(run.integer(8))};
  }
  if (!run.null(9)) entry.state.holes = parse_holes(run.text(9));
  return &entry;
}

/// The instance of a message that belongs to it: it gets its number now, and is written back later.
Result<Placer::Entry*> Placer::touch(FeedNumber feed, Kind kind, std::string_view name,
                                     std::string_view stream, Seq sequence, std::string_view job) {
  auto found = entry(feed, kind, name, stream);
  if (!found) return found;
  Entry& entry = **found;
  if (entry.number == 0) {
    entry.job = job;
    entry.first_sequence = sequence;
    if (auto made = insert_.exec(feed, static_cast<int>(kind), name, stream, job, sequence); !made)
      return made.error();
    entry.number = sqlite3_last_insert_rowid(database_.handle());
  }
  entry.last_sequence = sequence;
  entry.changed = true;
  return &entry;
}

Result<std::optional<Millis>> Placer::latest_of_run(FeedNumber feed, std::string_view run_name) {
  // The table does not know yet what this transaction changed.
  if (auto flushed = flush(); !flushed) return flushed.error();
  auto run = latest_.run(feed, run_name);
  auto row = run.step();
  if (!row) return row.error();
  return run.maybe_integer(0);
}

Result<Placed> Placer::take(FeedNumber feed, const FeedId& id, const MessageFacts& message) {
  auto placed = find_place(feed, id, message);
  if (!placed) return placed;
  const Placement& placement = placed->placement;
  const RowId row = RowId::of(feed, message.sequence);
  if (placement.first && placement.last - *placement.first > wide_span) {
    if (auto added = wide_.exec(placement.last, row.value); !added) return added.error();
  }
  if (placement.continues) {
    auto added = continued_.exec(row.value, RowId::of(feed, placement.continues->last_message).value,
                                 RowId::of(feed, placement.continues->first_message).value);
    if (!added) return added.error();
  }
  if (placement.first && record_.kind == RecordKind::log) {
    if (auto noted = boots_.take(row, record_); !noted) return noted.error();
  }
  if (auto noted = runs_.take(row, record_, message.content(), placed->is_first); !noted)
    return noted.error();
  if (record_.kind == RecordKind::other) {
    auto noted = watch_.take(row, message.key, message.timestamp, message.content());
    if (!noted) return noted.error();
  }
  return placed;
}

Result<Placed> Placer::find_place(FeedNumber feed, const FeedId& id, const MessageFacts& message) {
  read_record(message.content(), message.timestamp, record_);
  Placed placed;
  switch (record_.kind) {
    case RecordKind::log: {
      const bool chunked = record_.chunk.has_value();
      auto found = touch(feed, chunked ? chunks : alone, chunked ? record_.chunk->run : record_.job,
                         record_.stream, message.sequence, record_.job);
      if (!found) return found.error();
      placed.instance = (*found)->number;
      placed.is_first = (*found)->first_sequence == message.sequence;
      placed.placement = chunked ? place((*found)->state, record_, message.sequence) : place_alone(record_);
      return placed;
    }
    case RecordKind::job:
    case RecordKind::loss: {
      if (record_.run.empty()) {
        placed.placement = place_event(record_, std::nullopt);
        return placed;
      }
      auto latest = latest_of_run(feed, record_.run);
      if (!latest) return latest.error();
      placed.placement = place_event(record_, *latest);
      auto found = touch(feed, records, record_.run, "", message.sequence, record_.job);
      if (!found) return found.error();
      (*found)->state.latest = placed.placement.last;
      return placed;
    }
    case RecordKind::about:
      if (!record_.name.empty() && record_.about == to_text(id)) {
        if (auto named = name_.exec(feed, message.sequence, record_.name); !named) return named.error();
      }
      break;
    case RecordKind::other:
      if (const auto contact = read_contact(message.content())) {
        auto noted = contact_.exec(feed, contact->contact.view(), static_cast<int>(contact->relation));
        if (!noted) return noted.error();
      }
      break;
  }
  placed.placement = place_alone(record_);
  return placed;
}

Result<InstanceState> Placer::instance(FeedNumber feed, std::string_view stream, std::string_view run) {
  auto found = entry(feed, chunks, run, stream);
  if (!found) return found.error();
  return (*found)->state;
}

Result<void> Placer::flush() {
  for (auto& [key, entry] : entries_) {
    if (!entry.changed) continue;
    const InstanceState& state = entry.state;
    const auto& open = state.open;
    const auto holes = format_holes(state.holes);
    auto done = update_.exec(entry.last_sequence, state.high, state.latest,
                             open ? std::optional(open->next_byte) : std::nullopt,
                             open ? std::optional(open->first_message) : std::nullopt,
                             open ? std::optional(open->last_message) : std::nullopt,
                             holes ? std::optional<std::string_view>(*holes) : std::nullopt, entry.number);
    if (!done) return done;
    entry.changed = false;
  }
  return {};
}

}  // namespace ssblog
