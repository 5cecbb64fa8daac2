// SPDX-License-Identifier: MIT
#include "intake/burst.h"
#include "intake/collector_state.h"
#include "intake/rotation.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::chrono::seconds missing_for(5);  // so long a file may be between two names
constexpr std::chrono::seconds moving_for(1);   // ... and the names of a folder may change without a rest
constexpr std::chrono::seconds packing_for(30);
constexpr std::int64_t time_tick = 30 * nanoseconds_of_ms;      // one step of a folder's time, and more
constexpr std::int64_t reopened_for = 100 * nanoseconds_of_ms;  // a program leaves the old file so soon

/// It is older than a file that was born then, so it was no copy of that. Of a packed one only the last write is known.
bool begins_before(const FileFacts& facts, bool packed, std::int64_t born) {
  if (!packed && facts.id.birth != 0) return facts.id.birth < born;
  return facts.modified < born + reopened_for;
}

}  // namespace

/// Something else stands at its path, or nothing.
void Collector::State::displace(Tail& tail) {
  if (tail.rules == nullptr) return;  // no source has it, or it rests
  tail.look = look_number;
  // One that was met empty is known by its bytes alone once it is packed.
  Fingerprint head = tail.now.head;
  if (tail.bytes && tail.now.next_byte() == 0 && head.length == 0) {
    if (auto first = tail.bytes->read(0, Fingerprint::most)) head = Fingerprint::of(*first);
  }
  known.change(tail, [&head](Position& now) {
    now.stage = Stage::rotated;
    now.place.clear();
    now.head = std::move(head);
  });
  tail.drained = false;
  tail.missing_since.reset();
  make_dirty(tail);
  displaced.push_back(&tail);
  search_beside(tail, false);
}

const Collector::State::Siblings& Collector::State::siblings_of(const std::string& path) {
  const auto [at, is_new] = siblings.try_emplace(path);
  Siblings& beside = at->second;
  if (!is_new) return beside;
  const std::string folder = folder_of(path);
  const auto before = parts.files.facts(folder);
  auto names = parts.files.list(folder);
  if (!names) return beside;
  for (const std::string& name : *names) {
    if (name == name_of(path) || !may_be_rotated(name_of(path), name)) continue;
    const std::string sibling = (folder == "/" ? "" : folder) + "/" + name;
    auto facts = parts.files.facts(sibling);
    // A symlink is not followed: whoever may write to the folder could have any file read.
    if (facts && facts->kind == FileKind::regular) beside.files.push_back({sibling, *facts});
  }
  // Who renames one after the other hides one of them from whoever goes through the names meanwhile.
  const auto after = parts.files.facts(folder);
  beside.settled = !before || !after ||
                   (before->changed == after->changed &&
                    clock() * nanoseconds_of_ms - after->changed >
                        time_tick + (is_whole_second(after->changed) ? longest_tick : 0));
  std::sort(beside.files.begin(), beside.files.end(), [](const Sibling& a, const Sibling& b) {
    return std::tie(a.facts.modified, b.path) < std::tie(b.facts.modified, a.path);
  });
  return beside;
}

/// The row is of this file from now on.
void Collector::State::become(Tail& tail, const Sibling& sibling, FileBytes bytes) {
  known.change(tail, [&](Position& now) {
    now.file = sibling.facts.id;
    now.place = sibling.path;
    now.packed = bytes.packed();
    if (now.stage == Stage::live) now.stage = Stage::rotated;
  });
  tail.drained = false;  // it may hold more than was read at the other place, and what follows waits for that
  tail.bytes = std::move(bytes);
  opened.insert(&tail);
  copies.erase(sibling.path);
}

/// The sibling holds what was read of the file, and goes on: the row is of this file from now on.
bool Collector::State::takes_over(Tail& tail, const Sibling& sibling) {
  if (tail.now.head.length == 0 || is_known(sibling)) return false;
  auto bytes = FileBytes::open(parts.files, sibling.path, false, !tail.rules->source().raw);
  if (!bytes || bytes->opened().id != sibling.facts.id) return false;
  auto holds = still_holds(*bytes, tail.now);
  if (!holds || !*holds) return false;
  become(tail, sibling, std::move(*bytes));
  return true;
}

/// Without a time of birth, a copy may have the inode that the file itself had before it was packed: then the file lies
/// beside its path and goes on, while the copy ends where reading did. The row goes with the file.
bool Collector::State::goes_on_beside(Tail& tail, const std::string& place) {
  const std::uint64_t read = tail.now.next_byte();
  if (tail.now.file.birth != 0 || tail.now.packed || tail.rules == nullptr || !tail.rules->source().rotated)
    return false;
  auto there = parts.files.facts(place);
  if (!there || there->size > read) return false;
  for (const Sibling& sibling : siblings_of(tail.now.path).files) {
    if (sibling.facts.id == tail.now.file || is_known(sibling)) continue;
    auto bytes = FileBytes::open(parts.files, sibling.path, false, !tail.rules->source().raw);
    if (!bytes || bytes->opened().id != sibling.facts.id) continue;
    auto holds = still_holds(*bytes, tail.now);
    auto next = bytes->read(read, 1);
    if (!holds || !*holds || !next || next->empty()) continue;
    become(tail, sibling, std::move(*bytes));
    if (tail.is_over()) known.change(tail, [](Position& now) { now.stage = Stage::rotated; });
    tail.missing_since.reset();
    make_dirty(tail);
    due(tail);
    return true;
  }
  return false;
}

/// A file that is known turned up where a pattern finds it. False: it is another one.
bool Collector::State::comes_back(Tail& tail, const Newcomer& newcomer, OpenedPlace& place) {
  const bool at_home = newcomer.path == tail.now.path;
  if (truncated_runs.contains(tail.now.run)) return false;
  if (tail.now.next_byte() == 0 && !at_home &&
      !(tail.rules != nullptr && tail.rules->source().rotated &&
        may_be_rotated(name_of(tail.now.path), name_of(newcomer.path)))) {
    // Nothing was read of it: it may as well be new.
    if (tail.now.file.birth != 0) {
      known.change(tail, [](Position& now) { now.stage = Stage::finished; });
      make_dirty(tail);
    }
    return false;
  }
  if (!is_same_file(tail, place)) {
    if (!tail.is_over() && !(at_home && tail.now.stage == Stage::live)) {
      if (tail.now.stage == Stage::live) displace(tail);
    }
    return false;
  }
  if (!at_home && goes_on_beside(tail, newcomer.path)) return false;
  known.change(tail, [&](Position& now) {
    now.place = at_home ? "" : newcomer.path;
    if (now.stage == Stage::live && !at_home) now.stage = Stage::rotated;
    if (now.stage != Stage::live && at_home) now.stage = Stage::live;
  });
  std::erase(displaced, &tail);
  tail.rules = newcomer.rules;
  tail.now.source = newcomer.rules->source().name;
  tail.look = look_number;
  tail.missing_since.reset();
  make_dirty(tail);
  if (!tail.is_over()) due(tail);
  return true;
}

bool Collector::State::locate(Tail& tail) {
  const auto found = [&](const std::string& place) {
    known.change(tail, [&](Position& now) { now.place = place; });
    tail.missing_since.reset();
    make_dirty(tail);
    due(tail);
    return true;
  };
  if (!tail.now.place.empty()) {
    auto facts = parts.files.facts(tail.now.place);
    if (facts && facts->id == tail.now.file && is_same_file(tail, tail.now.place))
      return found(tail.now.place);
  }
  if (!tail.rules->source().rotated) return tail.bytes ? found("") : is_restored(tail);
  const Siblings beside = siblings_of(tail.now.path);
  bool was_cut = false;  // and then renamed
  for (const Sibling& sibling : beside.files) {
    if (sibling.facts.id != tail.now.file) continue;
    if (is_same_file(tail, sibling.path)) return found(sibling.path);
    was_cut = true;
  }
  if (tail.bytes) return found("");  // it has no name any more, and is read all the same
  for (const Sibling& sibling : beside.files) {
    if (!takes_over(tail, sibling)) continue;
    tail.now.cut_off = tail.now.cut_off || was_cut;
    return found(sibling.path);
  }
  return is_restored(tail);
}

/// It is nowhere: after a while that is said.
void Collector::State::lose(Tail& tail) {
  // Whatever it has become is new to us: nothing of it was ever seen.
  if (tail.now.next_byte() == 0 && tail.now.head.length == 0 && !tail.bytes) {
    known.change(tail, [](Position& now) { now.stage = Stage::finished; });
    timed.erase(&tail);
    make_dirty(tail);
    return;
  }
  if (!tail.missing_since) tail.missing_since = steady();
  if (!options.once && steady() - *tail.missing_since < missing_for) {
    timed.insert(&tail);
    return;
  }
  const std::uint64_t size = std::max(tail.seen.size, tail.now.size);
  const std::uint64_t lost = tail.now.packed ? 0 : size - std::min(size, tail.now.next_byte());
  contents.push_back(tail.rules->loss_of(tail.now, lost, reason_gone, clock()));
  known.change(tail, [](Position& now) { now.stage = Stage::finished; });
  timed.erase(&tail);
  make_dirty(tail);
}

/// The file was cut off, or written anew in place. What was copied before is finished from the copy, and then a loss is
/// told in any case: a line that came between copy and cut left no trace.
void Collector::State::cut_off(Tail& tail) {
  const SourceRules& rules = *tail.rules;
  const Position before = tail.now;
  if (before.stage != Stage::live) {
    // Nothing follows at its place.
    tail.bytes.reset();
    opened.erase(&tail);
    if (!locate(tail)) lose(tail);
    return;
  }
  auto bytes = FileBytes::open(parts.files, before.where(), before.place.empty(), !rules.source().raw);
  if (!bytes || bytes->opened().id != before.file) return displace(tail);
  tail.bytes.reset();
  opened.erase(&tail);
  // Its time went back: an older copy of it was put in its place. What a program wrote anew is younger, and read though
  // it may say the same.
  std::uint64_t base = 0;
  if (!before.packed && bytes->opened().modified < before.modified) {
    if (auto prefix = prefix_of(tail, *bytes); prefix && *prefix >= Fingerprint::most)
      base = new_from(*bytes, *prefix, rules.source().raw);
  }
  bool copied = false;
  if (rules.source().rotated) {
    for (const Sibling& sibling : Siblings(siblings_of(before.path)).files) {
      if (!(copied = takes_over(tail, sibling))) continue;
      known.change(tail, [](Position& now) {
        now.stage = Stage::rotated;
        now.cut_off = true;
      });
      tail.drained = false;
      due(tail);
      break;
    }
  }
  if (!copied) {
    const std::uint64_t lost = before.size - std::min(before.size, before.next_byte());
    contents.push_back(rules.loss_of(before, before.packed ? 0 : lost, reason_truncated, clock()));
    known.change(tail, [](Position& now) { now.stage = Stage::finished; });
    timed.erase(&tail);
  }
  make_dirty(tail);
  Tail& next = begin(rules, before.path, before.place, std::move(*bytes), base, before.truncations + 1);
  search_beside(next, true, next.now.order);
  if (tail.was_at_end) next.fresh_since = before.modified / nanoseconds_of_ms - coarse_time;
}

void Collector::State::search_beside(const Tail& tail, bool copied, std::optional<std::uint64_t> before) {
  if (tail.rules == nullptr || !tail.rules->source().rotated) return;
  Search& search = searches[tail.now.path];
  search.rules = tail.rules;
  search.since = tail.now.since;
  search.copied = search.copied || copied;
  if (copied) search.born = tail.now.file.birth;
  if (before) search.before = std::min(*before, search.before.value_or(*before));
}

/// Opens a sibling if it is a generation that we never saw.
Collector::State::Unknown Collector::State::open_unknown(const std::string& path, const SourceRules& rules,
                                                         std::int64_t since, const Sibling& sibling,
                                                         std::optional<FileBytes>& bytes) {
  // What a pattern matches is a file of its own.
  if (sibling.facts.modified < since || is_known(sibling) || copies.contains(sibling.path) ||
      rules.matches(sibling.path))
    return Unknown::no;
  auto opened_now = FileBytes::open(parts.files, sibling.path, false, !rules.source().raw);
  if (!opened_now || opened_now->opened().id != sibling.facts.id) return Unknown::no;
  auto first = opened_now->read(0, Fingerprint::most);
  if (!first) {
    // A torn one that lies there for long will never be whole.
    const Time age((clock() * nanoseconds_of_ms - sibling.facts.modified) / nanoseconds_of_ms);
    return first.error().code == Code::busy && age < packing_for ? Unknown::not_yet : Unknown::no;
  }
  if (first->empty() && was_met_empty(sibling)) return Unknown::no;
  if (is_read_already(sibling, *opened_now, *first) || begins_alike(path, *first)) return Unknown::no;
  bytes = std::move(*opened_now);
  return Unknown::yes;
}

/// The first generation behind a sibling that nothing was read of: the sibling comes before it.
std::optional<std::uint64_t> Collector::State::younger_than(const Sibling& sibling, const Siblings& beside,
                                                            std::optional<std::uint64_t> before) const {
  for (const Sibling& other : beside.files) {
    if (other.facts.modified <= sibling.facts.modified) continue;
    const Tail* tail = known.of_file(other.facts.id);
    if (tail == nullptr || tail->now.stage != Stage::rotated || tail->now.next_byte() > 0) continue;
    before = std::min(tail->now.order, before.value_or(tail->now.order));
  }
  return before;
}

/// Reads what rotations made of generations that we never saw, oldest first. False: one is still being packed or renamed.
bool Collector::State::read_unknown_siblings(const std::string& path, Search& search) {
  if (!search.begun) search.begun = steady();
  const SourceRules& rules = *search.rules;
  const Siblings beside = siblings_of(path);
  bool packing = false;
  for (const Sibling& sibling : beside.files) {
    std::optional<FileBytes> bytes;
    const Unknown unknown = open_unknown(path, rules, search.since, sibling, bytes);
    packing = packing || unknown == Unknown::not_yet;
    if (unknown != Unknown::yes) continue;
    const bool renamed = search.born != 0 && begins_before(sibling.facts, bytes->packed(), search.born);
    Tail& tail = begin(rules, path, sibling.path, std::move(*bytes), 0, 0,
                       younger_than(sibling, beside, search.before));
    tail.now.cut_off = tail.kept.cut_off = search.copied && !renamed;
  }
  const Time spent = steady() - *search.begun;
  return !(packing && spent < packing_for) && (beside.settled || spent >= moving_for);
}

/// The sibling is what became of a file that is known: its row goes with it.
bool Collector::State::is_read_already(const Sibling& sibling, FileBytes& bytes, std::string_view first) {
  // Who has read most of it knows it best.
  auto like = known.beginning_like(first);
  std::stable_sort(like.begin(), like.end(),
                   [](const Tail* a, const Tail* b) { return a->now.next_byte() > b->now.next_byte(); });
  for (Tail* tail : like) {
    auto holds = still_holds(bytes, tail->now);
    if (!holds) continue;
    if (!*holds) {
      // A copy that was made before the last lines were read: they came after it.
      if (tail->now.next_byte() < Fingerprint::most) continue;
      auto prefix = prefix_of(*tail, bytes);
      if (tail->now.head.length < Fingerprint::most && prefix && *prefix < Fingerprint::most) continue;
      auto behind = prefix ? bytes.read(*prefix, 1) : Result<std::string>(prefix.error());
      if (behind && behind->empty()) return true;
      continue;
    }
    if (is_alive(*tail) || tail->rules == nullptr || !takes_over(*tail, sibling)) return true;
    if (tail->is_over()) known.change(*tail, [](Position& now) { now.stage = Stage::rotated; });
    make_dirty(*tail);
    due(*tail);
    return true;
  }
  return false;
}

}  // namespace ssblog
