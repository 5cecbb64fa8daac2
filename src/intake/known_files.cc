// SPDX-License-Identifier: MIT
#include "intake/known_files.h"

#include <algorithm>
#include <iterator>

namespace ssblog {
namespace {

/// Where in the generations of a path, oldest first, those of an order begin.
std::size_t place_of(std::span<Tail* const> generations, std::uint64_t order) {
  const auto at =
      std::lower_bound(generations.begin(), generations.end(), order,
                       [](const Tail* tail, std::uint64_t before) { return tail->now.order < before; });
  return static_cast<std::size_t>(at - generations.begin());
}

}  // namespace

Tail& KnownFiles::add(Position position, const SourceRules* rules, std::optional<std::uint64_t> before) {
  if (before) {
    position.order = order_between(position.path, *before);
  } else if (position.order == 0) {
    position.order = last_order_ += order_gap;
  } else {
    last_order_ = std::max(last_order_, position.order - position.order % order_gap);
  }
  auto tail = std::make_unique<Tail>();
  tail->kept = position;
  tail->now = std::move(position);
  tail->rules = rules;
  tail->index = tails_.size();
  tails_.push_back(std::move(tail));
  enter(*tails_.back());
  return *tails_.back();
}

/// Behind all older ones of the path, with room on both sides: more may be found.
std::uint64_t KnownFiles::order_between(const std::string& path, std::uint64_t before) const {
  constexpr std::uint64_t share = 1024;
  std::uint64_t below = before - std::min(before, order_gap);
  if (const auto at = by_path_.find(path); at != by_path_.end()) {
    const auto generations = at->second.all();
    const std::size_t older = place_of(generations, before);
    if (older > 0) below = std::max(below, generations[older - 1]->now.order);
  }
  return below + std::max<std::uint64_t>(1, (before - below) / share);
}

void KnownFiles::remove(Tail& tail) {
  leave(tail);
  const std::size_t index = tail.index;
  tails_[index].swap(tails_.back());
  tails_[index]->index = index;
  tails_.pop_back();
}

void KnownFiles::enter(Tail& tail) {
  const Position& position = tail.now;
  by_run_[position.run] = &tail;
  by_file_[position.file].push_back(&tail);
  if (position.stage == Stage::live || !position.place.empty()) by_place_[position.where()].push_back(&tail);
  Few<Tail>& generations = by_path_[position.path];
  generations.insert(place_of(generations.all(), position.order + 1), &tail);
  if (position.stage == Stage::live) live_[position.path] = &tail;
  if (position.stage == Stage::rotated) rotated_[position.path].push_back(&tail);
  if (position.head.length > 0) by_head_[position.head.length][position.head.hash].push_back(&tail);
}

void KnownFiles::leave(Tail& tail) {
  const auto drop = [&tail](auto& map, const auto& key) {
    const auto at = map.find(key);
    if (at != map.end() && at->second == &tail) map.erase(at);
  };
  const auto drop_one = [&tail](auto& map, const auto& key) {
    const auto at = map.find(key);
    if (at == map.end()) return;
    at->second.erase(&tail);
    if (at->second.empty()) map.erase(at);
  };
  drop(by_run_, tail.now.run);
  drop(live_, tail.now.path);
  drop_one(by_file_, tail.now.file);
  drop_one(by_place_, tail.now.where());
  drop_one(by_path_, tail.now.path);
  drop_one(rotated_, tail.now.path);
  const Fingerprint& head = tail.now.head;
  const auto as_long = by_head_.find(head.length);
  if (as_long == by_head_.end()) return;
  const auto alike = as_long->second.find(head.hash);
  if (alike == as_long->second.end()) return;
  alike->second.erase(&tail);
  if (alike->second.empty()) as_long->second.erase(alike);
  if (as_long->second.empty()) by_head_.erase(as_long);
}

std::vector<Tail*> KnownFiles::all_of_file(const FileId& file) const {
  Tail* const likely = of_file(file);
  if (likely == nullptr) return {};
  std::vector<Tail*> all{likely};
  if (file.birth != 0) return all;
  const auto had_it = by_file_.at(file).all();
  std::copy_if(had_it.rbegin(), had_it.rend(), std::back_inserter(all),
               [likely](const Tail* tail) { return tail != likely; });
  return all;
}

Tail* KnownFiles::latest_of(const std::string& path) const {
  const auto at = by_path_.find(path);
  return at == by_path_.end() ? nullptr : at->second.all().back();
}

std::span<Tail* const> KnownFiles::rotated_of(const std::string& path) const {
  const auto at = rotated_.find(path);
  return at == rotated_.end() ? std::span<Tail* const>() : at->second.all();
}

std::vector<Tail*> KnownFiles::beginning_like(std::string_view first) const {
  std::vector<Tail*> alike;
  GrowingFingerprint prints(first);
  for (const auto& [length, heads] : by_head_) {
    if (length > first.size()) break;
    const auto at = heads.find(prints.of_first(length).hash);
    if (at == heads.end()) continue;
    const auto those = at->second.all();
    alike.insert(alike.end(), those.begin(), those.end());
  }
  std::sort(alike.begin(), alike.end(),
            [](const Tail* a, const Tail* b) { return a->now.order < b->now.order; });
  return alike;
}

}  // namespace ssblog
