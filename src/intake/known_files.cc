// SPDX-License-Identifier: MIT
#include "intake/known_files.h"

#include <algorithm>
#include <map>

namespace ssblog {

Tail& KnownFiles::add(Position position, const SourceRules* rules, std::optional<std::uint64_t> before) {
  auto tail = std::make_unique<Tail>();
  tail->kept = position;
  tail->now = std::move(position);
  tail->rules = rules;
  constexpr std::uint64_t gap = 1 << 20;  // room for generations that are found later
  tail->order = before ? * before - gap + ++between_ % gap : next_order_ += gap;
  tails_.push_back(std::move(tail));
  enter(*tails_.back());
  return *tails_.back();
}

void KnownFiles::remove(Tail& tail) {
  leave(tail);
  std::erase_if(tails_, [&tail](const auto& held) { return held.get() == &tail; });
}

void KnownFiles::enter(Tail& tail) {
  const Position& position = tail.now;
  by_run_[position.run] = &tail;
  Tail*& latest = by_file_[position.file];
  if (latest == nullptr || latest->is_over() || !tail.is_over()) latest = &tail;
  Tail*& placed = by_place_[position.where()];
  if (placed == nullptr || placed->is_over() || !tail.is_over()) placed = &tail;
  Tail*& last = latest_[position.path];
  if (last == nullptr || last->order < tail.order) last = &tail;
  if (position.stage == Stage::live) live_[position.path] = &tail;
  if (position.stage == Stage::rotated) rotated_[position.path].push_back(&tail);
}

void KnownFiles::leave(Tail& tail) {
  const auto drop = [&tail](auto& map, const auto& key) {
    const auto at = map.find(key);
    if (at != map.end() && at->second == &tail) map.erase(at);
  };
  drop(by_run_, tail.now.run);
  drop(by_file_, tail.now.file);
  drop(by_place_, tail.now.where());
  drop(live_, tail.now.path);
  drop(latest_, tail.now.path);
  if (const auto at = rotated_.find(tail.now.path); at != rotated_.end()) {
    std::erase(at->second, &tail);
    if (at->second.empty()) rotated_.erase(at);
  }
}

const std::vector<Tail*>& KnownFiles::rotated_of(const std::string& path) const {
  static const std::vector<Tail*> none;
  const auto at = rotated_.find(path);
  return at == rotated_.end() ? none : at->second;
}

std::vector<Tail*> KnownFiles::beginning_like(std::string_view first) const {
  std::vector<Tail*> alike;
  std::map<std::uint64_t, std::string> hashes;  // of the first so many bytes
  for (const auto& tail : tails_) {
    const Fingerprint& head = tail->now.head;
    if (head.length == 0 || head.length > first.size()) continue;
    auto [at, is_new] = hashes.try_emplace(head.length);
    if (is_new) at->second = Fingerprint::of(first.substr(0, head.length)).hash;
    if (at->second == head.hash) alike.push_back(tail.get());
  }
  return alike;
}

}  // namespace ssblog
