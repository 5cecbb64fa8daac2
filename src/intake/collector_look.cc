// SPDX-License-Identifier: MIT
#include "intake/collector_state.h"
#include "intake/opened_place.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

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
  // Of an empty one nothing tells whether it is the same: it is looked at as one that is not known.
  if (position.next_byte() == 0 && position.head.length == 0 && size > 0) search_beside(tail, false);
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
    if (tail->is_as_seen(size, modified_of(found.status))) return;
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
    if (tail->is_as_seen(facts->size, facts->modified)) return;
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

/// What was found is a file that is known.
bool Collector::State::is_back(const Newcomer& newcomer) {
  auto facts = parts.files.facts(newcomer.path);
  if (!facts) return false;
  OpenedPlace place(parts.files, newcomer.path);
  // In their order, and no further than to the first that is it: each that is asked may be changed by that, and one that is
  // asked in vain is displaced.
  for (Tail* tail : may_lie_at(place, facts->id)) {
    if (comes_back(*tail, newcomer, place)) return true;
  }
  return false;
}

void Collector::State::resolve() {
  for (Newcomer& newcomer : std::exchange(deferred, {})) newcomers.push_back(std::move(newcomer));
  for (int pass = 0; pass < 4; ++pass) {
    siblings.clear();
    // Who is found at another path that a pattern matches is not lost.
    std::vector<Newcomer> new_files;
    for (Newcomer& newcomer : std::exchange(newcomers, {})) {
      newcomer_paths.erase(newcomer.path);
      if (!is_back(newcomer)) new_files.push_back(std::move(newcomer));
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

}  // namespace ssblog
