// SPDX-License-Identifier: MIT
#include "intake/burst.h"
#include "intake/collector_state.h"
#include "intake/rotation.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::int64_t time_grain = 10 * nanoseconds_of_ms;  // a file's time may be so much behind the clock
constexpr std::size_t most_refused = 1000;                   // files that are remembered
constexpr Millis new_for = 5000;  // a file that was made in the last so many ms is read as it grows

/// The state that `assemble` keeps beside an output `NAME`: `.NAME.ssblog` (state_path in assemble/merged_state.h).
std::string output_state_of(const std::string& path) {
  return fmt::format("{}/.{}.ssblog", folder_of(path), name_of(path));
}

/// What a rotated file may have been called before.
std::vector<std::string> names_before(std::string_view name) {
  std::vector<std::string> names;
  for (auto mark = name.find_first_of(".-_@", 1); mark != std::string_view::npos;
       mark = name.find_first_of(".-_@", mark + 1)) {
    const auto before = name.substr(0, mark);
    if (may_be_rotated(before, name)) names.emplace_back(before);
    for (auto dot = name.find('.', mark + 1); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
      std::string other = std::string(before).append(name.substr(dot));
      if (may_be_rotated(other, name)) names.push_back(std::move(other));
    }
  }
  return names;
}

bool same_inode(const FileId& id, const struct stat& status) {
  return id.device == status.st_dev && id.inode == status.st_ino;
}

std::int64_t modified_of(const struct stat& status) {
  return status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
}

}  // namespace

void Collector::State::due(Tail& tail) {
  if (tail.queued || tail.rules == nullptr) return;
  tail.queued = true;
  queue.push_back(&tail);
}

void Collector::State::look() {
  if (!loaded) {
    auto done = load();
    if (!done) {
      trouble("store", fmt::format("nothing is read for now: {}", done.error().text));
      known = KnownFiles();
      queue.clear();
      dirty.clear();
      store_retry = steady();
      report.look_soon = true;
      return;
    }
    loaded = true;
    no_trouble("store");
  }
  ++look_number;
  folders.clear();
  left_out.clear();
  for (const auto& rules : sources) {
    if (rests(rules->source().name)) continue;
    FindCalls calls;
    calls.found = [&](const FoundFile& file) { sight(*rules, file); };
    calls.trouble = [&](const std::string& path, const Error& why) {
      unread("found " + path, path, *rules, why);
    };
    calls.folder = [&](const std::string& path) { folders.insert(path); };
    if (auto found = parts.files.find(rules->patterns(), rules->exclude(), calls); !found)
      unread("source " + rules->source().name, rules->source().name, *rules, found.error());
  }
  for (const auto& tail : known.all()) {
    if (tail->rules == nullptr || tail->look == look_number || !has_place(*tail)) continue;
    const Position& position = tail->now;
    auto facts = parts.files.facts(position.where());
    const bool there = facts && facts->id == position.file;
    if (position.stage == Stage::live && !there) {
      // A symlink that the walk does not follow any more is left alone.
      if (!facts || facts->kind != FileKind::link) displace(*tail);
    } else if (there && known.of_file(position.file) == tail.get() && facts->size != tail->seen.size &&
               !(tail->is_over() && position.packed) &&
               (position.stage != Stage::live || tail->rules->matches(position.path))) {
      // Whoever had it open went on writing to it.
      if (tail->is_over()) {
        goes_on(*tail, facts->size);
      } else {
        due(*tail);
      }
    }
  }
  looked = true;
  resolve();
  for (const std::string& name : first_looks) seen_sources.push_back(name);
  forget_oldest();
  commit();
}

/// A file that was read to its end has grown after all.
bool Collector::State::goes_on(Tail& tail, std::uint64_t size) {
  const Position& position = tail.now;
  if (position.packed || position.next_byte() == 0 || size <= position.next_byte() ||
      !is_same_file(tail, position.where()))
    return false;
  known.change(tail, [](Position& now) { now.stage = Stage::rotated; });
  tail.drained = false;
  make_dirty(tail);
  due(tail);
  return true;
}

/// A file that a pattern found.
void Collector::State::sight(const SourceRules& rules, const FoundFile& found) {
  no_trouble("found " + found.path);
  if (newcomer_paths.contains(found.path)) return;
  if (!resting.empty() && owner_of(found.path) != &rules) return;
  for (Tail* tail : {known.live_at(found.path), known.placed_at(found.path)}) {
    if (tail == nullptr) continue;
    if (tail->look == look_number) return;  // it is another source's already
    if (!same_inode(tail->now.file, found.status)) continue;
    tail->look = look_number;
    if (tail->rules == nullptr || tail->now.source != rules.source().name) {
      tail->rules = &rules;
      tail->now.source = rules.source().name;
    }
    const auto size = static_cast<std::uint64_t>(found.status.st_size);
    if (size == tail->seen.size && modified_of(found.status) == tail->seen.modified) return;
    if (!tail->is_over()) return due(*tail);
    if (goes_on(*tail, size) || is_same_file(*tail, found.path)) return;
    break;
  }
  if (Tail* live = known.live_at(found.path)) {
    if (live->rules == nullptr) {
      live->rules = &rules;  // its source has another name now
      live->now.source = rules.source().name;
    }
    displace(*live);
  }
  newcomer_paths.insert(found.path);
  newcomers.push_back({&rules, found.path, {}});
}

/// What a watch told, or what may have happened.
void Collector::State::notice(const FileChange& change, bool was_told) {
  if (change.name.empty()) {
    report.look_soon = true;
    return;
  }
  const std::string path = (change.folder == "/" ? "" : change.folder) + "/" + change.name;
  Tail* tail = known.live_at(path);
  if (tail == nullptr) tail = known.placed_at(path);
  if (tail == nullptr || tail->rules == nullptr) return notice_unknown(path);
  auto facts = parts.files.facts(path);
  if (facts && facts->kind == FileKind::link) {
    report.look_soon = report.look_soon || was_told;
    return due(*tail);
  }
  if (facts && facts->id == tail->now.file) {
    if (facts->size == tail->seen.size && facts->modified == tail->seen.modified) return;
    if (tail->is_over()) {
      report.look_soon = true;  // it grew after all
      return;
    }
    return due(*tail);
  }
  if (tail->now.stage == Stage::live) displace(*tail);
  if (facts) notice_unknown(path);
}

void Collector::State::recheck(const std::set<std::string>& blind, std::size_t most) {
  const std::size_t count = known.all().size();
  for (std::size_t seen = 0; seen < count && most > 0; ++seen) {
    next_recheck = next_recheck < count ? next_recheck : 0;
    const Tail& tail = *known.all()[next_recheck++];
    if (tail.rules == nullptr || tail.now.stage != Stage::live || tail.queued) continue;
    const std::string folder = folder_of(tail.now.path);
    if (!blind.contains(folder)) continue;
    --most;
    notice({folder, std::string(name_of(tail.now.path))}, false);
  }
}

void Collector::State::notice_unknown(const std::string& path) {
  for (const auto& rules : sources) {
    if (!rules->matches(path)) {
      if (rules->may_match_below(path)) report.look_soon = true;  // a folder came
      continue;
    }
    if (rests(rules->source().name)) return;
    auto facts = parts.files.facts(path);
    if (!facts) return;
    if (facts->kind != FileKind::regular) {
      report.look_soon = true;
    } else if (newcomer_paths.insert(path).second) {
      newcomers.push_back({rules.get(), path, {}});
    }
    return;
  }
}

/// The first source that matches it.
const SourceRules* Collector::State::owner_of(const std::string& path) const {
  const auto at = std::find_if(sources.begin(), sources.end(),
                               [&path](const auto& rules) { return rules->matches(path); });
  return at == sources.end() ? nullptr : at->get();
}

std::string Collector::State::refusal(const std::string& path, const FileFacts& facts) {
  const auto refused = [&] {
    return std::find(parts.refused.begin(), parts.refused.end(), facts.id) != parts.refused.end();
  };
  if (is_output(path)) {
    if (!refused() && parts.refused.size() < most_refused)
      parts.refused.push_back(facts.id);  // by any other name, too
    return fmt::format("{} is not read: it is an output of `ssblog assemble`", path);
  }
  if (refused()) return fmt::format("{} is not read: this program writes to it", path);
  if (!parts.home.empty() && (parts.files.canonical(path) + "/").starts_with(parts.home + "/"))
    return fmt::format("{} is not read: it lies in the home of ssblog", path);
  return {};
}

/// An output of `assemble`, by whatever symlink, or one that was rotated: our own lines would come in again.
bool Collector::State::is_output(const std::string& path) {
  const std::string real = parts.files.canonical(path);
  const std::string place = real.starts_with(options.root) ? real.substr(options.root.size()) : path;
  for (const std::string& name : {path, place}) {
    if (parts.files.facts(output_state_of(name))) return true;
    for (const std::string& before : names_before(name_of(name))) {
      if (parts.files.facts(output_state_of(folder_of(name) + "/" + before))) return true;
    }
  }
  return false;
}

/// A file that was empty when it was met has bytes now: whether it is a copy, packed, or our own output shows only here.
/// False: it is not read as what it was taken for.
bool Collector::State::meet_again(Tail& tail) {
  const std::string path = tail.now.where();
  auto bytes = FileBytes::open(parts.files, path, tail.now.place.empty(), !tail.rules->source().raw);
  if (!bytes || bytes->opened().id != tail.now.file) return true;
  auto first = bytes->read(0, Fingerprint::most);
  const bool alike = !first || !known.beginning_like(*first).empty();
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

void Collector::State::resolve() {
  for (Newcomer& newcomer : std::exchange(deferred, {})) newcomers.push_back(std::move(newcomer));
  for (int pass = 0; pass < 4; ++pass) {
    siblings.clear();
    // Who is found at another path that a pattern matches is not lost.
    std::vector<Newcomer> new_files;
    for (Newcomer& newcomer : std::exchange(newcomers, {})) {
      newcomer_paths.erase(newcomer.path);
      auto facts = parts.files.facts(newcomer.path);
      Tail* tail = facts ? known.of_file(facts->id) : nullptr;
      if (tail == nullptr || !comes_back(*tail, newcomer)) new_files.push_back(std::move(newcomer));
    }
    auto gone = std::exchange(displaced, {});
    std::sort(gone.begin(), gone.end(),
              [](const Tail* a, const Tail* b) { return a->now.order < b->now.order; });
    for (Tail* tail : gone) {
      if (!locate(*tail)) lose(*tail);
    }
    for (Tail* tail : std::exchange(truncated, {})) cut_off(*tail);
    for (auto& [path, search] : std::exchange(searches, {})) {
      // What was read of the ones before tells what is known already.
      if (is_awaited(path, search.before) || !read_unknown_siblings(path, search))
        searches.emplace(path, search);
    }
    for (const Newcomer& newcomer : new_files) meet(newcomer);
    if (newcomers.empty() && displaced.empty() && truncated.empty()) break;
  }
  const std::map<std::string, Copy> waiting = copies;
  for (const auto& [path, copy] : waiting) {
    auto facts = parts.files.facts(path);
    if (!facts || known.of_file(facts->id) != nullptr) {
      copies.erase(path);
    } else if (*facts != copy.facts) {
      copies[path] = {copy.newcomer, *facts, steady()};
    } else {
      // Whether it waited long enough is asked of its entry; who waits on makes it anew.
      copies[path].waits = false;
      meet(copy.newcomer);
      if (const auto at = copies.find(path); at != copies.end() && !at->second.waits) copies.erase(at);
    }
  }
  settled = settled || (looked && resting.empty() && newcomers.empty() && deferred.empty() &&
                        searches.empty() && displaced.empty() && truncated.empty() && copies.empty());
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
  const auto& rotated = known.rotated_of(path);
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
  position.size = facts.size;
  if (!place.empty()) position.stage = Stage::rotated;
  if (!beyond.empty()) go_on_from_feed(position, bytes);
  for (; position.run.empty(); ++position.truncations) {
    const std::string run = run_of(parts.feed, facts.id, position.truncations);
    // One that the feed holds already is of bytes that are gone, or another process reads it now.
    if (known.of_run(run) != nullptr || truncated_runs.contains(run)) continue;
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

}  // namespace ssblog
