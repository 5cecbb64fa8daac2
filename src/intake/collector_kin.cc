// SPDX-License-Identifier: MIT
#include "intake/collector_state.h"

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::chrono::seconds copied_for(3);   // a copy that did not grow for so long is whole
constexpr std::chrono::seconds packed_for(30);  // ... and one that is packed will never be

/// Equal to the ns, or to the second where the copy has no more.
bool same_time(std::int64_t kept, std::int64_t copy) {
  constexpr std::int64_t second = 1'000'000'000;
  return kept == copy || (copy % second == 0 && kept / second == copy / second);
}

}  // namespace

bool Collector::State::is_alive(const Tail& tail) {
  if (tail.rules == nullptr && rests(tail.now.source)) return true;  // nobody may look
  auto facts = parts.files.facts(tail.now.where());
  return facts && facts->id == tail.now.file;
}

/// What stands at its path is a copy of it, put there anew.
bool Collector::State::is_restored(Tail& tail) {
  const std::string path = tail.now.path;
  auto facts = parts.files.facts(path);
  if (!facts || facts->kind != FileKind::regular) return false;
  if (tail.now.head.length < Fingerprint::most && !same_time(tail.now.modified, facts->modified))
    return false;
  if (!takes_over(tail, {path, *facts})) return false;
  known.change(tail, [](Position& now) {
    now.stage = Stage::live;
    now.place.clear();
  });
  tail.look = look_number;
  tail.missing_since.reset();
  make_dirty(tail);
  due(tail);
  return true;
}

/// What stands at the path begins with the same bytes: it was copied, but is not cut off so far.
bool Collector::State::begins_alike(const std::string& path, std::string_view first) {
  const auto is_alike = [first](FileBytes& bytes) {
    auto there = bytes.read(0, first.size());
    return there && !there->empty() && first.starts_with(*there);
  };
  Tail* live = known.live_at(path);
  if (live != nullptr && live->bytes && is_alike(*live->bytes)) return true;
  auto bytes = FileBytes::open(parts.files, path, true, true);
  return bytes && is_alike(*bytes);
}

/// How many of the first bytes of a file are those that were read of another one.
Result<std::uint64_t> Collector::State::prefix_of(const Tail& tail, FileBytes& bytes) {
  if (tail.now.tail.length == Fingerprint::most) {
    auto holds = still_holds(bytes, tail.now);
    if (!holds) return holds.error();
    if (*holds) return tail.now.next_byte();
  }
  // The feed is the proof. What stands before its first byte is taken on trust: the head is the same.
  std::optional<InstanceRow> row;
  if (covered(tail.now.stream, tail.now.run, &row) == 0) return std::uint64_t{0};
  auto common = common_prefix(parts.store, feed_number, *row, [&](std::uint64_t offset, std::span<char> out) {
    return bytes.read_at(tail.now.base + offset, out);
  });
  if (!common) return common;
  const std::uint64_t prefix = tail.now.base + *common;
  // Past what was lost on the way the two cannot be compared byte by byte.
  if (*common == tail.kept.offset) {
    auto holds = still_holds(bytes, tail.now);
    if (holds && *holds) return tail.now.next_byte();
  }
  return prefix;
}

/// Where what is new begins behind a common prefix: at a line, even if its first bytes are the same, or at the end.
std::uint64_t Collector::State::new_from(FileBytes& bytes, std::uint64_t prefix, bool raw) {
  constexpr std::uint64_t longest_search = 64 * 1024;
  auto next = bytes.read(prefix, 1);
  if (raw || prefix == 0 || !next || next->empty()) return prefix;
  const std::uint64_t from = prefix - std::min(prefix, longest_search);
  auto before = bytes.read(from, prefix - from);
  if (!before) return 0;
  const auto newline = before->rfind('\n');
  return newline == std::string::npos ? from : from + newline + 1;
}

/// A copied, moved or restored file begins with what came in before.
Collector::State::Kin Collector::State::recognise(const Newcomer& newcomer, FileBytes& bytes,
                                                  std::uint64_t& base) {
  const FileFacts& facts = bytes.opened();
  const bool raw = newcomer.rules->source().raw;
  // What is still being packed may become a copy of what was read.
  const auto is_under_way = [&](const Error& error) {
    const auto at = copies.find(newcomer.path);
    const Time since = at == copies.end() ? steady() : at->second.since;
    if (error.code != Code::busy || steady() - since >= packed_for) return false;
    copies[newcomer.path] = {newcomer, facts, since};
    return true;
  };
  auto first = bytes.read(0, Fingerprint::most);
  if (!first && is_under_way(first.error())) return Kin::waits;
  if (!first || first->empty()) return Kin::none;
  for (Tail* tail : known.beginning_like(*first)) {
    const Position& position = tail->now;
    const bool same_but_device =
        facts.id.birth != 0 && facts.id.birth == position.file.birth && facts.id.inode == position.file.inode;
    const bool likely = position.head.length == Fingerprint::most || same_but_device ||
                        same_time(position.modified, facts.modified);
    // A short file that came back to its path: its head or the feed proves all that was read.
    const bool at_home = newcomer.path == position.path && (position.head.length >= position.next_byte() ||
                                                            position.next_byte() < Fingerprint::most);
    // A head that came out of the feed ends where something is masked there: then the feed must prove more.
    const bool short_head =
        position.head.length < Fingerprint::most && position.next_byte() >= Fingerprint::most;
    if ((!likely && !at_home && !short_head) || position.file == facts.id) continue;
    auto prefix = prefix_of(*tail, bytes);
    if (!prefix && is_under_way(prefix.error())) return Kin::waits;
    if (!prefix || *prefix == 0 ||
        (!likely && *prefix < position.next_byte() && !(short_head && *prefix >= Fingerprint::most)))
      continue;
    if (!is_alive(*tail)) {
      if (*prefix < position.next_byte() || tail->rules == nullptr) {
        base = std::max(base, new_from(bytes, *prefix, raw));  // an older copy came back
        continue;
      }
      known.change(*tail, [&](Position& now) {
        now.file = facts.id;
        now.packed = bytes.packed();
        if (now.stage == Stage::live || known.live_at(newcomer.path) == nullptr) {
          now.path = newcomer.path;
          now.place.clear();
          now.stage = Stage::live;
        } else {
          now.place = newcomer.path;
          now.stage = Stage::rotated;
        }
      });
      tail->rules = newcomer.rules;
      tail->now.source = newcomer.rules->source().name;
      tail->look = look_number;
      tail->missing_since.reset();
      timed.erase(tail);
      tail->bytes = std::move(bytes);
      opened.insert(tail);
      make_dirty(*tail);
      due(*tail);
      return Kin::same;
    }
    // The original is still there: this may be the first half of a copytruncate.
    const auto at = copies.find(newcomer.path);
    const Time since = at == copies.end() ? steady() : at->second.since;
    const bool caught_up = position.packed || tail->seen.size <= tail->kept.next_byte() || tail->is_over();
    if (!caught_up || (!options.once && steady() - since < copied_for)) {
      copies[newcomer.path] = {newcomer, facts, since};
      return Kin::waits;
    }
    base = std::max(base, new_from(bytes, *prefix, raw));
  }
  return Kin::none;
}

/// What the feed holds beyond the rows of the file's first bytes: a whole instance, or more than a fingerprint of one.
Collector::State::InFeed Collector::State::in_feed(const Position& position, FileBytes& bytes) {
  InFeed best;
  for (const InstanceRow& row : beyond.of_stream(position.stream)) {
    if (row.high == 0 || known.of_run(row.run) != nullptr) continue;
    auto common =
        common_prefix(parts.store, feed_number, row,
                      [&](std::uint64_t offset, std::span<char> out) { return bytes.read_at(offset, out); });
    if (!common) continue;
    if (*common == row.high) return {&row, *common};
    if (*common >= Fingerprint::most) best.bytes = std::max(best.bytes, *common);
  }
  return best;
}

/// The file begins with an instance that the feed holds beyond the rows: it goes on with it.
void Collector::State::go_on_from_feed(Position& position, FileBytes& bytes) {
  if (position.base > 0) return;
  const auto [row, common] = in_feed(position, bytes);
  if (row != nullptr) {
    position.run = row->run;
    position.offset = row->high;
    beyond.take(position.stream, position.run);
    return;
  }
  // An older copy came back.
  position.base = position.skipped = common == 0 ? 0 : new_from(bytes, common, false);
}

}  // namespace ssblog
