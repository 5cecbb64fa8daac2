// SPDX-License-Identifier: MIT
#include "intake/burst.h"
#include "intake/collector_state.h"
#include "intake/own_output.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::int64_t time_grain = 10 * nanoseconds_of_ms;  // a file's time may be so much behind the clock
constexpr std::size_t most_refused = 1000;                   // files that are remembered
constexpr Millis new_for = 5000;  // a file that was made in the last so many ms is read as it grows

}  // namespace

std::string Collector::State::refusal(const std::string& path, const FileFacts& facts) {
  const auto refused = [&] {
    return std::find(parts.refused.begin(), parts.refused.end(), facts.id) != parts.refused.end();
  };
  if (is_own_output(parts.files, path, options.root)) {
    if (!refused() && parts.refused.size() < most_refused)
      parts.refused.push_back(facts.id);  // by any other name, too
    return fmt::format("{} is not read: it is an output of `ssblog assemble`", path);
  }
  if (refused()) return fmt::format("{} is not read: this program writes to it", path);
  if (!parts.home.empty() && (parts.files.canonical(path) + "/").starts_with(parts.home + "/"))
    return fmt::format("{} is not read: it lies in the home of ssblog", path);
  return {};
}

/// Begins to read a file that no row knows, or finds out where its bytes came in before.
void Collector::State::meet(const Newcomer& newcomer) {
  const std::string& path = newcomer.path;
  const Tail* last = known.latest_of(path);
  const auto there = parts.files.facts(path);
  if (last != nullptr && last->now.stage != Stage::live && there && newcomer.searched != there->id) {
    search_beside(*last, false);
    newcomers.push_back({newcomer.rules, path, there->id});
    return;
  }
  // It may be a copy of what stood there: that can only be told when that was read.
  const auto rotated = known.rotated_of(path);
  if (searches.contains(path) ||
      std::any_of(rotated.begin(), rotated.end(), [](const Tail* tail) { return is_to_be_read(*tail); })) {
    deferred.push_back(newcomer);
    return;
  }
  auto bytes = FileBytes::open(parts.files, path, true, !newcomer.rules->source().raw);
  if (!bytes) {
    // Whoever removed it will say so once more.
    if (bytes.error().code != Code::no_input || parts.files.facts(path))
      unread(path, path, *newcomer.rules, bytes.error());
    return;
  }
  if (const std::string why = refusal(path, bytes->opened()); !why.empty())
    return trouble(path, fmt::format("source {}: {}", newcomer.rules->source().name, why));
  if (Tail* tail = known.of_file(bytes->opened().id); tail != nullptr && tail->now.stage == Stage::live) {
    if (is_alive(*tail)) return;  // another path of the same file
  }
  no_trouble(path);
  std::uint64_t base = 0;
  switch (recognise(newcomer, *bytes, base)) {
    case Kin::waits:
    case Kin::same:
      return;
    case Kin::none:
      break;
  }
  if (base == 0 && newcomer.rules->source().from_end && is_first_look(*newcomer.rules) && !bytes->packed())
    base = bytes->opened().size;
  begin(*newcomer.rules, path, "", std::move(*bytes), base);
}

Tail& Collector::State::begin(const SourceRules& rules, const std::string& path, const std::string& place,
                              FileBytes bytes, std::uint64_t base, std::uint32_t truncations,
                              std::optional<std::uint64_t> before) {
  const FileFacts facts = bytes.opened();
  Position position;
  position.source = rules.source().name;
  position.stream = rules.stream_of(path, facts, clock());
  position.path = path;
  position.place = place;
  position.file = facts.id;
  position.truncations = truncations;
  position.base = position.skipped = base;
  position.packed = bytes.packed();
  position.modified = facts.modified;
  const Tail* last = known.latest_of(path);
  position.since = last != nullptr ? last->now.since : clock() * nanoseconds_of_ms - time_grain;
  if (last == nullptr && is_whole_second(facts.modified))
    position.since -= position.since % longest_tick;  // what is rotated next may seem that old
  position.size = facts.size;
  if (!place.empty()) position.stage = Stage::rotated;
  if (!beyond.empty()) go_on_from_feed(position, bytes);
  for (; position.run.empty(); ++position.truncations) {
    const std::string run = run_of(parts.feed, facts.id, position.truncations);
    // One that the feed holds already is of bytes that are gone, or another process reads it now.
    if (known.of_run(run) != nullptr || truncated_runs.contains(run)) continue;
    // Without a time of birth it may be that of a file of another stream, which goes on with it when it is met.
    if (beyond.is_elsewhere(run, position.stream)) continue;
    if (covered(position.stream, run) > 0) {
      // One that cannot be read was left out by `load`, and will be the next time.
      auto rows = read_positions(parts.store, position_key(run));
      ahead = ahead || !rows || std::any_of(rows->begin(), rows->end(), [](const PositionRow& row) {
                return static_cast<bool>(parse_position(row.source, row.position));
              });
      continue;
    }
    position.run = run;
    std::erase(dropped_rows, position_key(run));
    break;
  }
  position.redact.unknown = position.next_byte() > 0;
  if (auto taken = take_prints(bytes, position); !taken) position.head = position.tail = {};
  Tail& tail = known.add(std::move(position), &rules, before);
  tail.look = look_number;
  tail.grew = steady();
  tail.seen = facts;
  const bool is_new = (facts.id.birth != 0 && clock() - facts.id.birth / nanoseconds_of_ms < new_for) ||
                      (facts.id.birth == 0 && look_number > 1);
  if (is_new) tail.fresh_since = clock() - new_for - coarse_time;
  if (!rules.source().raw && tail.now.next_byte() == 0 && facts.size > 0)
    tail.years = std::make_unique<YearSearch>(rules.cutter());
  // Of many new files most are opened again when their turn comes.
  if (opened.size() < options.open_files) {
    tail.bytes = std::move(bytes);
    opened.insert(&tail);
  }
  make_dirty(tail);
  due(tail);
  return tail;
}

/// A file that was empty when it was met has bytes now: whether it is a copy, packed, or our own output shows only here.
/// False: it is not read as what it was taken for.
bool Collector::State::meet_again(Tail& tail) {
  const std::string path = tail.now.where();
  auto bytes = FileBytes::open(parts.files, path, tail.now.place.empty(), !tail.rules->source().raw);
  if (!bytes || bytes->opened().id != tail.now.file) return true;
  auto first = bytes->read(0, Fingerprint::most);
  const auto like = first ? known.beginning_like(*first) : std::vector<Tail*>{};
  const bool alike =
      !first || in_feed(tail.now, *bytes).bytes > 0 ||
      std::any_of(like.begin(), like.end(), [&tail](const Tail* other) { return other != &tail; });
  const std::string why = refusal(path, bytes->opened());
  if (!alike && why.empty()) {
    tail.now.packed = bytes->packed();
    tail.bytes = std::move(*bytes);
    return true;
  }
  if (!why.empty()) {
    trouble(path, fmt::format("source {}: {}", tail.now.source, why));
  } else if (tail.now.stage == Stage::live) {
    newcomers.push_back({tail.rules, tail.now.path, {}});
  } else {
    search_beside(tail, tail.now.cut_off, tail.now.order);
  }
  forget(tail);
  return false;
}

void Collector::State::forget(Tail& tail) {
  dropped_rows.push_back(position_key(tail.now.run));
  timed.erase(&tail);
  opened.erase(&tail);
  dirty.erase(&tail);
  std::erase(displaced, &tail);
  std::erase(truncated, &tail);
  known.remove(tail);
}

}  // namespace ssblog
