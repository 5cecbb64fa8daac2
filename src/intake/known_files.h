// SPDX-License-Identifier: MIT
// intake/known_files.h - the files that are or were read, in memory: found by inode, by path, by their first bytes.
//
// Used by the collector alone. A file that is idle costs 2.7 kB or so: its Position twice, and what it is found by.
// One thread.
#pragma once

#include "intake/burst.h"
#include "intake/few.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace ssblog {

/// The search for the year of a file's first line, under way.
struct YearSearch {
  explicit YearSearch(const LineCutter& cutter) : scan(cutter) {}
  LineCutter::YearScan scan;
  std::uint64_t read = 0;
};

/// Bytes of a file that are given up, since too much before them is not read yet.
struct Surplus {
  std::uint64_t begin = 0, end = 0;
};

/// One generation of a file.
struct Tail {
  using Time = std::chrono::milliseconds;  ///< of the steady clock

  Position kept;  ///< as the store has it, or as it began
  Position now;   ///< ... and with what is not committed yet
  bool stored = false;
  bool dirty = false;                  ///< `now` is to be written
  const SourceRules* rules = nullptr;  ///< null: no source has it any more
  std::optional<FileBytes> bytes;
  FileFacts seen;          ///< when it was last read or looked at
  std::uint64_t look = 0;  ///< the last one that saw it at its place
  std::size_t index = 0;   ///< in KnownFiles::all

  bool queued = false;
  bool was_at_end = false;  ///< in this process: what comes now is new
  /// Before it was at its end: lines that say a time from here on just came, though they stood there.
  std::optional<Millis> fresh_since;
  bool drained = false;  ///< read to its end since it was rotated
  bool holds_back = false;
  unsigned yields = 0;  ///< how often in a row an older generation came first
  Time grew{0}, used{0};
  std::optional<Time> missing_since, retry;
  /// Copies of what stood in it before are searched for since then, before its first byte is read; none: not now.
  std::optional<Time> searched_since;
  unsigned failures = 0;
  std::optional<FileFacts> tried;     ///< packed: as it was when it was last unpacked
  std::optional<Time> damaged_until;  ///< packed: it is not unpacked again before, unless it changes
  std::string trouble;
  std::unique_ptr<YearSearch> years;
  std::optional<Surplus> surplus;

  bool is_over() const { return now.stage == Stage::finished; }
  /// Of that size and time when it was last read. Where times are whole seconds it may have been written anew in the second
  /// in which it was read, or in the one behind it: then it is to be read once more.
  bool is_as_seen(std::uint64_t size, std::int64_t modified) const {
    return size == seen.size && modified == seen.modified &&
           (!is_whole_second(modified) || used - grew > std::chrono::nanoseconds(longest_tick));
  }
};

class KnownFiles {
 public:
  /// It keeps the order that it has, or is the youngest of all; with `before`, it is older than the generation of that
  /// order.
  Tail& add(Position position, const SourceRules* rules, std::optional<std::uint64_t> before = {});
  /// Out of memory; not out of the store.
  void remove(Tail& tail);

  /// Changes what a file is found by.
  template <class Change>
  void change(Tail& tail, Change&& how) {
    leave(tail);
    how(tail.now);
    enter(tail);
  }

  Tail* of_run(const std::string& run) const { return find(by_run_, run); }
  /// That has the inode: of those that are not over, or else of all, the one that was changed last.
  Tail* of_file(const FileId& file) const { return last(by_file_, file); }
  /// Those that may be it, the likeliest first (`of_file`): without a time of birth, all that had the inode.
  std::vector<Tail*> all_of_file(const FileId& file) const;
  /// That stands at its path.
  Tail* live_at(const std::string& path) const { return find(live_, path); }
  /// That lies there, at its path or elsewhere. One that is nowhere has no place.
  Tail* placed_at(const std::string& place) const { return last(by_place_, place); }
  /// The youngest that stood at a path, whatever became of it.
  Tail* latest_of(const std::string& path) const;
  /// That are read to their end, of a path.
  std::span<Tail* const> rotated_of(const std::string& path) const;
  /// Those whose first bytes are those of `first` (the first bytes of a file, at most Fingerprint::most), oldest first.
  std::vector<Tail*> beginning_like(std::string_view first) const;

  /// In no order: whoever is removed has its place taken by the last one.
  const std::vector<std::unique_ptr<Tail>>& all() const { return tails_; }

 private:
  static constexpr std::uint64_t order_gap = 1 << 30;  ///< room for generations that are found later
  static constexpr std::uint64_t first_order = std::uint64_t{1} << 40;
  template <class Map, class Key>
  static Tail* find(const Map& map, const Key& key) {
    const auto at = map.find(key);
    return at == map.end() ? nullptr : at->second;
  }
  /// The last one that entered and is not over, or the last one: an inode or a place may have been that of others, which are
  /// found again when the one that has it now leaves.
  template <class Map, class Key>
  static Tail* last(const Map& map, const Key& key) {
    const auto at = map.find(key);
    if (at == map.end()) return nullptr;
    const auto those = at->second.all();
    const auto busy =
        std::find_if(those.rbegin(), those.rend(), [](const Tail* tail) { return !tail->is_over(); });
    return busy == those.rend() ? those.back() : *busy;
  }
  std::uint64_t order_between(const std::string& path, std::uint64_t before) const;
  void enter(Tail& tail);
  void leave(Tail& tail);

  std::vector<std::unique_ptr<Tail>> tails_;
  std::unordered_map<std::string, Tail*> by_run_, live_;
  // Of what follows none is empty. Those of `by_path_` stand by their order, the others as they entered.
  std::unordered_map<FileId, Few<Tail>> by_file_;
  std::unordered_map<std::string, Few<Tail>> by_place_, by_path_, rotated_;
  /// By length and hash of their first bytes.
  std::map<std::uint64_t, std::unordered_map<std::string, Few<Tail>>> by_head_;
  std::uint64_t last_order_ = first_order;
};

}  // namespace ssblog
