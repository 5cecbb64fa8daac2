// SPDX-License-Identifier: MIT
#include "feed/mask.h"
#include "intake/burst.h"
#include "intake/collector_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ssblog {
namespace {

constexpr std::string_view source_prefix = "source:";    // rows of sources that were looked at
constexpr std::string_view noted_name = "positions_at";  // meta: our own sequence that the rows know of
constexpr std::size_t most_finished = 4096;              // rows of finished files that are kept, at least
constexpr std::chrono::seconds retry_after(3);

Seq parse_sequence(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  Seq sequence = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sequence);
  return error == std::errc() && end == text.data() + text.size() ? sequence : 0;
}

}  // namespace

/// The bytes of an instance that our feed holds.
std::uint64_t Collector::State::covered(const std::string& stream, const std::string& run,
                                        std::optional<InstanceRow>* row) {
  if (feed_number == 0) return 0;
  auto found = find_instance(parts.store, feed_number, stream, run);
  if (!found || !*found) return 0;
  const std::uint64_t high = (*found)->high;
  if (row != nullptr) *row = std::move(*found);
  return high;
}

/// Memory as the store has it: the rows, and what our feed says beyond them (it may have come back from peers).
Result<void> Collector::State::load() {
  auto rows = read_positions(parts.store, position_prefix);
  if (!rows) return rows.error();
  auto seen_before = read_positions(parts.store, source_prefix);
  if (!seen_before) return seen_before.error();
  auto feed = parts.store.feed(parts.feed);
  if (!feed) return feed.error();
  auto noted = parts.store.meta(noted_name);
  if (!noted) return noted.error();
  Seq behind = parse_sequence(*noted);
  feed_number = *feed ? (*feed)->number : 0;

  first_looks.clear();
  for (const auto& rules : sources) {
    if (!rests(rules->source().name)) first_looks.insert(rules->source().name);
  }
  for (const PositionRow& row : *seen_before) first_looks.erase(row.source.substr(source_prefix.size()));

  std::vector<Position> positions;
  for (const PositionRow& row : *rows) {
    auto position = parse_position(row.source, row.position);
    if (position) {
      positions.push_back(std::move(*position));
    } else {
      trouble(row.source,
              fmt::format("{}; what the feed says of its file is taken instead", position.error().text));
      behind = 0;
    }
  }
  auto losses = losses_behind(parts.store, feed_number, behind);
  if (!losses) return losses.error();
  auto instances = instances_behind(parts.store, feed_number, behind);
  if (!instances) return instances.error();
  truncated_runs.clear();
  std::unordered_map<std::string, std::uint64_t> lost;  // by run
  for (const LossRow& loss : *losses) {
    if (loss.reason == reason_truncated) truncated_runs.insert(loss.run);
    if (loss.reason == reason_behind) lost[loss.run] += loss.bytes;
  }
  beyond = InstancesBeyond(std::move(*instances));
  looked = settled = false;

  // Older ones first: among those of one file or path the last one counts, and what is live is the youngest. Rows of an
  // older program do not say their order: then all get a new one.
  const bool renewed = std::any_of(positions.begin(), positions.end(),
                                   [](const Position& position) { return position.order == 0; });
  if (renewed) {
    for (Position& position : positions) position.order = 0;
  }
  std::sort(positions.begin(), positions.end(), [](const Position& a, const Position& b) {
    const bool a_live = a.stage == Stage::live, b_live = b.stage == Stage::live;
    return std::tie(a_live, a.order, a.modified, a.truncations, a.run) <
           std::tie(b_live, b.order, b.modified, b.truncations, b.run);
  });
  for (Position& position : positions) {
    const auto rules = std::find_if(sources.begin(), sources.end(), [&position](const auto& source) {
      return source->source().name == position.source;
    });
    const bool idle = rules == sources.end() || rests(position.source);
    Position as_kept = position;
    if (const auto row = beyond.take(position.stream, position.run); row && row->high > position.offset) {
      position.offset = row->high;
      position.skipped += lost[position.run];
      position.tail = {};
      position.redact = RedactState();
      position.redact.unknown = true;
      auto first = first_bytes(parts.store, feed_number, *row, Fingerprint::most);
      if (!first || position.base > 0) {
        position.head = {};
      } else if (const std::size_t same = first_mask(*first); same > position.head.length) {
        // What is masked in the feed is not so in the file.
        position.head = Fingerprint::of(first->substr(0, same));
      }
    }
    if (truncated_runs.contains(position.run)) position.stage = Stage::finished;
    const bool changed = renewed || position != as_kept;
    Tail& tail = known.add(std::move(position), idle ? nullptr : rules->get());
    tail.stored = true;
    if (changed) {
      tail.kept.offset = tail.now.offset;
      make_dirty(tail);
    }
    if (!tail.is_over()) {
      tail.seen.size = tail.now.size;
      due(tail);
    }
  }
  // Generations that only the feed knows may lie beside the ones that the rows know.
  for (const auto& tail : known.all()) {
    if (!beyond.of_stream(tail->now.stream).empty()) search_beside(*tail, false);
  }
  return {};
}

/// Forgets what was not committed. Open files stay open: they may have no name any more.
void Collector::State::reload() {
  struct Open {
    FileBytes bytes;
    std::string path;
    std::uint64_t order;
  };
  std::unordered_map<std::string, Open> still_open;  // by run
  struct Met {
    bool was_at_end;
    Time grew;
  };
  std::unordered_map<std::string, Met> met;
  std::vector<std::pair<Position, const SourceRules*>> unstored;
  for (const auto& tail : known.all()) {
    if (tail->bytes)
      still_open.insert_or_assign(tail->kept.run,
                                  Open{std::move(*tail->bytes), tail->kept.path, tail->kept.order});
    met.insert_or_assign(tail->kept.run, Met{tail->was_at_end, tail->grew});
    if (!tail->stored) unstored.emplace_back(tail->kept, tail->rules);
  }
  known = KnownFiles();
  newcomers.clear();
  newcomer_paths.clear();
  deferred.clear();
  displaced.clear();
  truncated.clear();
  searches.clear();
  copies.clear();
  queue.clear();
  timed.clear();
  opened.clear();
  contents.clear();
  contents_bytes = 0;
  dirty.clear();
  dropped_rows.clear();
  seen_sources.clear();
  ahead = false;
  if (auto done = load(); !done) {
    // Without the rows nothing may be read: it would come twice.
    known = KnownFiles();
    queue.clear();
    timed.clear();
    dirty.clear();
    loaded = false;
    trouble("store", done.error().text);
  } else {
    // Each is put behind those of its path that are older.
    std::sort(unstored.begin(), unstored.end(),
              [](const auto& a, const auto& b) { return a.first.order < b.first.order; });
    for (auto& [position, rules] : unstored) {
      if (rests(position.source)) continue;
      // A generation of a file that the rows know is found again.
      if (known.of_file(position.file) == nullptr && known.of_run(position.run) == nullptr) {
        const Tail* live = known.live_at(position.path);
        Tail& tail =
            known.add(std::move(position), rules, live ? std::optional(live->now.order) : std::nullopt);
        make_dirty(tail);
        due(tail);
      }
    }
    const auto keep_open = [this](Tail& tail, Open& open) {
      if (tail.is_over() || tail.bytes || tail.now.file != open.bytes.opened().id) return false;
      tail.bytes = std::move(open.bytes);
      opened.insert(&tail);
      return true;
    };
    for (const auto& tail : known.all()) {
      if (const auto at = met.find(tail->now.run); at != met.end()) {
        tail->was_at_end = at->second.was_at_end;
        tail->grew = at->second.grew;
      }
      const auto at = still_open.find(tail->now.run);
      if (at != still_open.end() && keep_open(*tail, at->second)) still_open.erase(at);
    }
    // A generation that is forgotten goes on from the one before it, of the same file: the youngest has what was read last.
    std::vector<Open*> youngest_first;
    for (auto& [run, open] : still_open) youngest_first.push_back(&open);
    std::sort(youngest_first.begin(), youngest_first.end(),
              [](const Open* a, const Open* b) { return a->order > b->order; });
    for (Open* open : youngest_first) {
      const FileId& file = open->bytes.opened().id;
      Tail* tail = known.of_file(file);
      if (tail == nullptr || (file.birth == 0 && tail->now.path != open->path)) continue;
      // It may have been cut off since, or be another one with that inode.
      auto holds = still_holds(open->bytes, tail->now);
      if (holds && *holds) keep_open(*tail, *open);
    }
  }
  report.look_soon = true;
}

/// Signs the contents and writes the rows, or neither.
Result<Published> Collector::State::commit_window() {
  const auto together = [this](Batch& batch) -> Result<void> {
    auto feed = batch.feed(parts.feed);
    if (!feed) return feed.error();
    for (const Tail* tail : dirty) {
      // Held against the feed itself: another process may have read on, or it came back from peers while we were held.
      // Also where nothing was read: an old row must not take the place of a newer one.
      auto instance = batch.instance(feed->number, tail->now.stream, tail->now.run);
      if (!instance) return instance.error();
      ahead = ahead || instance->high != tail->kept.offset;
      if (ahead) return Error{Code::failed, "the feed covers more than the position says"};
      if (auto set = batch.set_position(position_key(tail->now.run), format_position(tail->now)); !set)
        return set;
    }
    for (const std::string& key : dropped_rows) {
      if (auto gone = batch.drop_position(key); !gone) return gone;
    }
    for (const std::string& name : seen_sources) {
      if (auto set = batch.set_position(std::string(source_prefix) + name, "{}"); !set) return set;
    }
    // Until all files were met, what the feed says beyond the rows must be found again at the next start.
    if (contents.empty() || !settled) return {};
    const Seq tip = feed->tip ? feed->tip->sequence : 0;
    return batch.set_meta(noted_name, as_bytes(std::to_string(tip + contents.size())));
  };
  if (!contents.empty()) return parts.publisher.publish_with(contents, together, clock());
  auto batch = Batch::begin(parts.store, Durability::full);
  if (!batch) return batch.error();
  if (auto written = together(*batch); !written) return written.error();
  if (auto done = batch->commit(clock()); !done) return done.error();
  return Published{};
}

/// False: it failed, and memory was made anew; every Tail is another one.
bool Collector::State::commit() {
  if (given_up()) return false;
  if (contents.empty() && dirty.empty() && dropped_rows.empty() && seen_sources.empty()) return true;
  auto published = commit_window();
  if (!published) {
    store_failed(published.error());
    return false;
  }
  if (published->guard_trouble) {
    trouble("guard", fmt::format("published, but the guard against restored backups could not be written: {}",
                                 published->guard_trouble->text));
  }
  report.published = report.published || !contents.empty();
  if (feed_number == 0 && !contents.empty()) {
    if (auto feed = parts.store.feed(parts.feed); feed && *feed) feed_number = (*feed)->number;
  }
  for (Tail* tail : dirty) {
    tail->kept = tail->now;
    tail->stored = true;
    tail->dirty = false;
  }
  for (const std::string& name : seen_sources) first_looks.erase(name);
  dirty.clear();
  dropped_rows.clear();
  seen_sources.clear();
  contents.clear();
  contents_bytes = 0;
  store_retry.reset();
  held = false;
  no_trouble("store");
  return true;
}

void Collector::State::store_failed(const Error& error) {
  if (!ahead) {
    store_retry = steady() + retry_after;
    if (error.code == Code::busy) {
      auto hold = parts.publisher.hold();
      held = hold && *hold != Hold::none;
    }
    if (!held) trouble("store", fmt::format("nothing is read for now: {}", error.text));
  }
  reload();
}

/// False while publishing is held or the store was in trouble a moment ago.
bool Collector::State::may_publish() {
  if (!store_retry) return true;
  if (steady() < *store_retry) return false;
  store_retry.reset();
  if (!held) return true;
  auto hold = parts.publisher.hold();
  if (hold && *hold == Hold::none) {
    // What came back from peers meanwhile counts.
    held = false;
    reload();
    return loaded;
  }
  store_retry = steady() + retry_after;
  return false;
}

/// Rows of files that were read to their end long ago.
void Collector::State::forget_oldest() {
  std::vector<Tail*> finished;
  for (const auto& tail : known.all()) {
    if (tail->is_over() && !tail->dirty && !tail->queued) finished.push_back(tail.get());
  }
  const std::size_t live = known.all().size() - finished.size();
  const std::size_t most = std::max(most_finished, 4 * live);
  if (finished.size() <= most) return;
  std::sort(finished.begin(), finished.end(), [](const Tail* a, const Tail* b) {
    return std::tie(a->now.modified, a->now.order) < std::tie(b->now.modified, b->now.order);
  });
  finished.resize(finished.size() - most * 3 / 4);
  for (Tail* tail : finished) {
    // What it became is not known any more, and must not be taken for one that was never read.
    if (Tail* last = known.latest_of(tail->now.path); last != nullptr && last != tail) {
      last->now.since = std::max(last->now.since, tail->now.modified + 1);
      make_dirty(*last);
    }
    dropped_rows.push_back(position_key(tail->now.run));
    timed.erase(tail);
    opened.erase(tail);
    known.remove(*tail);
  }
}

}  // namespace ssblog
