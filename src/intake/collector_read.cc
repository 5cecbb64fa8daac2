// SPDX-License-Identifier: MIT
#include "intake/collector_state.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr int most_passes = 8;
constexpr std::size_t most_contents = 256;             // of a transaction
constexpr std::size_t most_contents_bytes = 4 << 20;   // ... and together
constexpr std::chrono::milliseconds commit_after(50);  // what was read waits no longer for more
constexpr std::chrono::milliseconds poll_after(
    1000);  // a rotated file may be written to still, and nobody tells
constexpr std::chrono::milliseconds search_after(100);  // names that changed may have come to rest
constexpr std::chrono::seconds quiet_for(5);            // a rotated file is finished then
constexpr Millis late_after = 5000;  // bytes that are older than so many ms have their time in their lines
constexpr std::uint64_t years_step = 8 << 20;  // bytes of a turn

}  // namespace

void Collector::State::round() {
  resolve();
  if (!may_publish()) return;
  wake();
  const Time until = steady() + options.turn;
  // What reading brings to light may give more to read at once.
  for (int pass = 0; pass < most_passes; ++pass) {
    if (!read_until(until)) return;
    if (truncated.empty() && displaced.empty() && newcomers.empty() && deferred.empty() && searches.empty())
      break;
    resolve();
    if (!commit()) return;
    if (queue.empty() || steady() >= until) break;
  }
  close_idle();
}

/// Reads those in the queue, in turn. False: what was read could not be published.
bool Collector::State::read_until(Time until) {
  Time since = steady();
  std::vector<Tail*> later;
  while (!queue.empty()) {
    Tail& tail = *queue.front();
    queue.pop_front();
    if (waits_for_older(tail)) {
      later.push_back(&tail);
    } else {
      tail.queued = false;
      step(tail);
    }
    if (contents.size() >= most_contents || contents_bytes >= most_contents_bytes ||
        steady() - since >= commit_after || opened.size() > options.open_files) {
      if (!commit()) return false;
      close_idle();
      since = steady();
    }
    if (steady() >= until) break;
  }
  for (Tail* tail : later) queue.push_back(tail);
  return commit();
}

/// A generation waits until those before it at the same path were read to their end once, and are all known.
bool Collector::State::waits_for_older(const Tail& tail) const {
  const auto search = searches.find(tail.now.path);
  if (search != searches.end() && search->second.before.value_or(tail.now.order + 1) <= tail.now.order)
    return true;
  return is_awaited(tail.now.path, tail.now.order);
}

/// Generations of a path are still to be read to their end: all that were rotated, or those before an order. One that is
/// nowhere may be packed this moment, and is looked for a while.
bool Collector::State::is_awaited(const std::string& path, std::optional<std::uint64_t> before) const {
  const auto rotated = known.rotated_of(path);
  return std::any_of(rotated.begin(), rotated.end(), [&](const Tail* tail) {
    return (!before || tail->now.order < *before) &&
           (is_to_be_read(*tail) || (tail->missing_since && !tail->is_over()) ||
            std::find(displaced.begin(), displaced.end(), tail) != displaced.end());
  });
}

bool Collector::State::is_to_be_read(const Tail& tail) {
  return !tail.drained && tail.trouble.empty() && !tail.is_over() && (tail.queued || tail.retry);
}

bool Collector::State::open(Tail& tail) {
  tail.used = steady();
  if (tail.bytes) return true;
  const Position& position = tail.now;
  if (!has_place(tail)) {
    displaced.push_back(&tail);
    return false;
  }
  auto bytes = FileBytes::open(parts.files, position.where(), position.place.empty(), false);
  if (bytes && position.packed)
    bytes = FileBytes::open(parts.files, position.where(), position.place.empty(), true);
  const bool is_it = bytes && bytes->opened().id == position.file;
  if (!is_it) {
    auto facts = parts.files.facts(position.where());
    if (!facts || facts->id != position.file) {
      // Something else stands there, or nothing; through a symlink only the walk can say.
      const bool linked = facts && facts->kind == FileKind::link;
      if (position.stage == Stage::live && !linked) {
        displace(tail);
        if (facts) notice_unknown(position.path);
      } else if (position.stage == Stage::live) {
        if (bytes) {
          displace(tail);
          newcomers.push_back({tail.rules, position.path, {}});
        }
        report.look_soon = true;
      } else {
        displaced.push_back(&tail);
      }
      return false;
    }
    failed(tail, bytes ? Error{Code::io, fmt::format("{} changed while it was opened", position.where())}
                       : bytes.error());
    return false;
  }
  auto holds = still_holds(*bytes, position);
  if (!holds) {
    failed(tail, holds.error());
    return false;
  }
  tail.bytes = std::move(*bytes);
  opened.insert(&tail);
  if (!*holds) {
    truncated.push_back(&tail);
    return false;
  }
  return true;
}

/// Looks for the year of the first line. False: there is more to look through.
bool Collector::State::search_years(Tail& tail) {
  YearSearch& search = *tail.years;
  const std::uint64_t before = search.read;
  std::string bytes(most_burst, '\0');
  const std::int64_t modified = tail.seen.modified / nanoseconds_of_ms;
  while (search.read - before < years_step) {
    auto got = tail.bytes->read_at(search.read, bytes);
    if (!got || *got == 0) break;
    search.scan.add(std::string_view(bytes).substr(0, *got));
    const bool first = search.read == 0;
    search.read += *got;
    if (*got < bytes.size() || search.scan.done()) break;
    // Where no line says a time at all, the rest is not asked.
    if (first && !search.scan.before_first(modified)) break;
    if (search.read - before >= years_step) return false;
  }
  tail.now.cut.latest = search.scan.before_first(modified);
  tail.years.reset();
  return true;
}

/// Whoever writes goes from one generation to the next: what it wrote into an older one before the bytes that were just
/// read is there by now, and comes first.
bool Collector::State::older_grew(Tail& tail) {
  constexpr unsigned most_yields =
      3;  // a program may never leave the old file, while another has the new one
  bool grew = false;
  for (Tail* older : known.rotated_of(tail.now.path)) {
    if (older->now.order >= tail.now.order || older->is_over() || older->now.packed || older->retry ||
        older->missing_since || older->rules == nullptr)
      continue;
    auto facts = older->bytes ? older->bytes->facts() : parts.files.facts(older->now.where());
    if (!facts || facts->id != older->now.file || facts->size == older->seen.size) continue;
    older->drained = false;
    due(*older);
    grew = true;
  }
  if (grew && ++tail.yields <= most_yields) return true;
  tail.yields = 0;
  return false;
}

/// When more than it may is unread, what is behind that is given up: all that comes until what is before it was read.
void Collector::State::give_up_surplus(Tail& tail, const FileFacts& facts) {
  constexpr std::size_t longest_search = 64 * 1024;  // for the end of a line
  const std::uint64_t next = tail.now.next_byte();
  const std::uint64_t most = tail.rules->source().most_behind;
  if (!tail.surplus) {
    // What stood there when the file was first seen is no surplus, however much it is.
    if (tail.now.offset == 0 || facts.size < next || facts.size - next <= most) return;
    tail.surplus = Surplus{next + most, facts.size};
    if (auto bytes = tail.bytes->read(next + most, longest_search)) {
      const auto newline = bytes->find('\n');
      if (newline != std::string::npos) tail.surplus->begin += newline + 1;
    }
  }
  Surplus& surplus = *tail.surplus;
  surplus.end = std::max(surplus.end, facts.size);
  if (next < surplus.begin) return;
  const std::uint64_t from = surplus.end - std::min<std::uint64_t>(surplus.end - next, longest_search);
  if (auto bytes = tail.bytes->read(from, surplus.end - from)) {
    const auto newline = bytes->rfind('\n');
    if (newline != std::string::npos) surplus.end = from + newline + 1;
  }
  if (surplus.end > next) {
    contents.push_back(tail.rules->loss_of(tail.now, surplus.end - next, reason_behind, clock()));
    known.change(tail, [&](Position& now) {
      now.skipped += surplus.end - next;
      now.redact = RedactState();  // the given up bytes end with a line, mostly
      now.redact.unknown = true;
      if (auto taken = take_prints(*tail.bytes, now); !taken) now.head = now.tail = {};
    });
    make_dirty(tail);
  }
  tail.surplus.reset();
}

/// Reads one stretch of a file.
void Collector::State::step(Tail& tail) {
  if (tail.rules == nullptr || tail.is_over()) return;
  if (tail.retry && steady() < *tail.retry) return;
  if (tail.now.packed && !is_worth_unpacking(tail)) return;
  if (!open(tail)) return;
  tail.retry.reset();
  if (tail.years && !search_years(tail)) return due(tail);
  auto facts = tail.bytes->facts();
  if (!facts) return failed(tail, facts.error());
  const bool was_empty =
      tail.seen.size == 0 && facts->size > 0 && tail.now.next_byte() == 0 && !tail.now.packed;
  if (was_empty && !meet_again(tail)) return;
  if (facts->size != tail.seen.size || facts->modified != tail.seen.modified) {
    tail.grew = steady();
    if (tail.now.packed) tail.bytes->rewind();
  }
  const std::uint64_t known_size = std::max(tail.seen.size, tail.now.size);
  if (!tail.now.packed && facts->size < known_size && tail.now.stage == Stage::live) {
    tail.now.size = known_size;
    truncated.push_back(&tail);
    return;
  }
  if (tail.now.next_byte() == 0 && tail.now.stage == Stage::live &&
      (facts->modified != tail.now.modified || is_whole_second(facts->modified))) {
    // What stood in it before may have been copied and cut off, and nobody would know: asked right before it is read.
    search_beside(tail, true, tail.now.order);
    if (const auto search = searches.find(tail.now.path); search != searches.end()) {
      siblings.erase(tail.now.path);
      // `resolve` may have ended the search before this one: the folder may then be as restless as it was, and a search that
      // began anew each time would never let the file be read.
      if (!search->second.begun) search->second.begun = tail.searched_since;
      tail.searched_since = tail.searched_since.value_or(steady());
      if (read_unknown_siblings(tail.now.path, search->second)) {
        searches.erase(search);
        tail.searched_since.reset();
      }
    }
    if (waits_for_older(tail)) {
      tail.seen = *facts;
      return due(tail);
    }
  }
  const Time quiet = steady() - tail.grew;
  const Source& source = tail.rules->source();
  if (source.when_full == WhenFull::drop_newest && !tail.now.packed) give_up_surplus(tail, *facts);
  BurstManner manner;
  if (tail.surplus) manner.most = tail.surplus->begin - tail.now.next_byte();
  manner.now = clock();
  manner.old = !tail.was_at_end || manner.now - facts->modified / nanoseconds_of_ms > late_after;
  if (!tail.was_at_end) manner.fresh_since = tail.fresh_since;
  manner.record_due = options.once || quiet >= source.record_flush;
  manner.line_due = options.once || quiet >= source.partial_flush;
  manner.ends = tail.now.stage == Stage::rotated && tail.drained && (options.once || quiet >= quiet_for);
  if (tail.now.packed) manner.ends = true;
  auto burst = read_burst(*tail.bytes, *tail.rules, tail.now, manner);
  if (!burst) return failed(tail, burst.error());
  if (burst->truncated) {
    truncated.push_back(&tail);
    return;
  }
  // An empty file says nothing of when its writer left the old one.
  if (!burst->contents.empty() && older_grew(tail)) return due(tail);
  if (tail.failures > 0) {
    tail.failures = 0;
    tail.trouble.clear();
    no_trouble(tail.now.where());
  }
  tail.seen = *facts;
  const bool progress = burst->after.offset != tail.now.offset;
  if (progress) make_dirty(tail);
  if (burst->after.head == tail.now.head) {
    tail.now = std::move(burst->after);
  } else {
    known.change(tail, [&](Position& now) { now = std::move(burst->after); });
  }
  for (std::string& content : burst->contents) {
    contents_bytes += content.size();
    contents.push_back(std::move(content));
  }
  tail.holds_back = burst->holds_back;
  timed.erase(&tail);
  if (!burst->at_end) return due(tail);
  tail.was_at_end = true;
  if (tail.now.stage == Stage::rotated) {
    if (manner.ends && !burst->holds_back) {
      if (tail.now.cut_off)
        contents.push_back(tail.rules->loss_of(tail.now, 0, reason_truncated, manner.now));
      known.change(tail, [](Position& now) {
        now.stage = Stage::finished;
        now.cut_off = false;  // it is told: a copy of it that turns up tells nothing again
      });
      tail.drained = true;
      make_dirty(tail);
      opened.erase(&tail);
      tail.bytes.reset();
      return;
    }
    tail.drained = true;
    if (options.once) return due(tail);
    timed.insert(&tail);
  } else if (tail.holds_back) {
    timed.insert(&tail);
  }
}

/// Puts those in the queue whose time has come.
void Collector::State::wake() {
  const Time now = steady();
  for (Tail* tail : std::vector<Tail*>(timed.begin(), timed.end())) {
    if (tail->missing_since) {
      timed.erase(tail);
      displaced.push_back(tail);
    } else if (tail->retry) {
      if (now >= *tail->retry) due(*tail);
    } else if (tail->now.stage == Stage::rotated) {
      if (now - tail->used >= poll_after) due(*tail);
    } else if (tail->holds_back) {
      const Time quiet = now - tail->grew;
      const Source& source = tail->rules->source();
      const Time before = tail->used - tail->grew;
      if ((quiet >= source.record_flush && before < source.record_flush) ||
          (quiet >= source.partial_flush && before < source.partial_flush))
        due(*tail);
    }
  }
  if (!displaced.empty()) resolve();
}

std::optional<Collector::State::Time> Collector::State::next_wake() const {
  const Time now = steady();
  std::optional<Time> next;
  const auto at = [&](Time time) {
    const Time left = std::max(Time(1), time - now);
    next = next ? std::min(*next, left) : left;
  };
  if (store_retry) at(*store_retry);
  if (!copies.empty()) at(now + poll_after);
  for (const auto& [path, search] : searches) {
    if (!is_awaited(path, search.before)) at(now + search_after);
  }
  for (const Tail* tail : timed) {
    if (tail->missing_since) {
      at(now + poll_after);
    } else if (tail->retry) {
      at(*tail->retry);
    } else if (tail->now.stage == Stage::rotated) {
      at(tail->used + poll_after);
    } else {
      const Source& source = tail->rules->source();
      const Time quiet = now - tail->grew;
      if (quiet < source.record_flush) at(tail->grew + source.record_flush);
      if (quiet < source.partial_flush) at(tail->grew + source.partial_flush);
    }
  }
  return next;
}

/// Of too many open files those that were idle longest are closed; of those that wait for their turn none that is packed,
/// since it would be unpacked from its beginning again.
void Collector::State::close_idle() {
  if (opened.size() <= options.open_files) return;
  std::vector<Tail*> idle;
  for (Tail* tail : opened) {
    if (tail->now.stage == Stage::live && !(tail->queued && tail->now.packed) && !tail->dirty)
      idle.push_back(tail);
  }
  const std::size_t surplus = opened.size() - options.open_files + options.open_files / 10;
  const auto last = idle.begin() + static_cast<std::ptrdiff_t>(std::min(surplus, idle.size()));
  std::partial_sort(idle.begin(), last, idle.end(),
                    [](const Tail* a, const Tail* b) { return a->used < b->used; });
  for (auto at = idle.begin(); at != last; ++at) {
    (*at)->bytes.reset();
    opened.erase(*at);
  }
}

}  // namespace ssblog
