// SPDX-License-Identifier: MIT
#include "intake/burst.h"

#include <algorithm>
#include <span>

namespace ssblog {
namespace {

std::string_view last_bytes(std::string_view bytes) {
  return bytes.substr(bytes.size() - std::min(bytes.size(), Fingerprint::most));
}

/// A new file has lines that were written a moment ago, and its reading is a surer time than a whole second in them; but a
/// copy of an old file is new too.
bool just_came(const LineStamp& stamp, const BurstManner& manner) {
  return manner.fresh_since && stamp.time >= *manner.fresh_since && stamp.time <= manner.now + coarse_time;
}

/// Masks the secrets of the bytes that are to be taken; what is behind them is only looked at.
/// @return how many may be taken: a secret that goes over their end waits.
Result<std::size_t> redact(const Redactor& redactor, FileBytes& file, std::span<char> bytes, std::size_t most,
                           Behind behind, Position& after) {
  if (after.redact.unknown) {
    const std::uint64_t length = std::min<std::uint64_t>(Redactor::looked_back, after.next_byte());
    auto before = file.read(after.next_byte() - length, length);
    if (!before) return before.error();
    after.redact = redactor.catch_up(*before);
  }
  return redactor.mask(bytes, most, behind, after.redact);
}

/// The head grows with what is read, up to its length.
Result<void> take_head(FileBytes& file, Position& position) {
  if (position.head.length == Fingerprint::most || position.next_byte() <= position.head.length) return {};
  auto first = file.read(0, std::min<std::uint64_t>(Fingerprint::most, position.next_byte()));
  if (!first) return first.error();
  position.head = Fingerprint::of(*first);
  return {};
}

}  // namespace

Result<void> take_prints(FileBytes& file, Position& position) {
  // Of bytes that are not read yet, too: the file may be packed before its turn comes.
  auto first = file.read(0, Fingerprint::most);
  if (!first) return first.error();
  position.head = Fingerprint::of(*first);
  const std::uint64_t length = std::min<std::uint64_t>(Fingerprint::most, position.next_byte());
  auto last = file.read(position.next_byte() - length, length);
  if (!last) return last.error();
  position.tail = Fingerprint::of(*last);
  return {};
}

Result<bool> still_holds(FileBytes& file, const Position& position) {
  const auto same = [&file](std::uint64_t offset, const Fingerprint& print) -> Result<bool> {
    if (print.length == 0) return true;
    auto bytes = file.read(offset, print.length);
    if (!bytes) return bytes.error();
    return Fingerprint::of(*bytes) == print;
  };
  auto head = same(0, position.head);
  if (!head || !*head) return head;
  return same(position.next_byte() - position.tail.length, position.tail);
}

Result<Burst> read_burst(FileBytes& file, const SourceRules& rules, const Position& position,
                         const BurstManner& manner) {
  auto facts = file.facts();
  if (!facts) return facts.error();
  // What stands before is read with it: a file that was cut off and grew again since is noticed whenever it is read.
  const std::size_t before = position.tail.length;
  const std::uint64_t from = position.next_byte() - before;
  thread_local std::string buffer;
  const bool is_last = manner.most && *manner.most <= most_burst;  // before a stretch that is given up
  // A secret may go over the end of the bytes that are taken.
  const std::size_t looked_at = rules.redactor() == nullptr ? 0 : Redactor::most_held;
  buffer.resize(before + (is_last ? *manner.most : most_burst + looked_at));
  auto got = file.read_at(from, buffer);
  if (!got) return got.error();
  auto later = file.facts();
  if (!later) return later.error();

  Burst burst;
  burst.after = position;
  const std::string_view bytes = std::string_view(buffer).substr(0, *got);
  if (before == 0 && position.head.length > 0) {
    auto holds = still_holds(file, position);
    if (!holds) return holds.error();
    burst.truncated = !*holds;
    if (burst.truncated) return burst;
  }
  const bool shrank = !file.packed() && (later->size < from + *got || facts->size < position.next_byte());
  if (shrank || *got < before || Fingerprint::of(bytes.substr(0, before)) != position.tail) {
    burst.truncated = true;
    return burst;
  }
  const std::string_view fresh = bytes.substr(before);
  const std::size_t own = std::min(fresh.size(), most_burst);
  burst.at_end = *got < buffer.size() && own == fresh.size();
  burst.after.modified = facts->modified;
  burst.after.size = facts->size;

  const auto emit = [&burst](std::string_view content) { burst.contents.emplace_back(content); };
  auto writer = ChunkWriter::create(rules.head_of(position.stream), Packing::full,
                                    [&position] { return position.run; });
  if (!writer) return writer.error();
  writer->begin_at(position.offset);
  // It is signed a moment later, with the lines of other files.
  writer->always_tell_time();
  std::size_t taken = fresh.size();
  if (rules.source().raw) {
    writer->add(fresh, manner.now, emit);
  } else {
    CutContext context;
    context.now = manner.now;
    context.old = manner.old;
    context.begins = facts->id.birth / nanoseconds_of_ms;
    context.modified = facts->modified / nanoseconds_of_ms;
    context.at_end = burst.at_end || is_last;
    context.record_due = manner.record_due || manner.ends || is_last;
    context.line_due = manner.line_due || manner.ends || is_last;
    thread_local std::vector<CutLine> lines;
    thread_local std::string text;  // what is published; `fresh` is what the file is known again by
    text = fresh;
    const auto cut = [&](std::size_t most) {
      burst.after.cut = position.cut;
      return rules.cutter().cut(std::string_view(text).substr(0, most), context, burst.after.cut, lines);
    };
    taken = cut(own);
    if (const Redactor* redactor = rules.redactor()) {
      Behind behind = Behind::more;
      if (context.at_end && context.line_due) behind = manner.ends || is_last ? Behind::none : Behind::later;
      auto done = redact(*redactor, file, text, taken, behind, burst.after);
      if (!done) return done.error();
      if (*done < taken) {
        // A piece of a very long line ends before the secret.
        context.at_end = context.line_due = true;
        taken = cut(*done);
      }
    } else if (taken > 0) {
      burst.after.redact.unknown = true;
    }
    for (CutLine& line : lines) {
      if (just_came(line.stamp, manner)) {
        line.stamp.time = manner.now;
        line.stamp.from = TimeFrom::read;
      }
      writer->add_line(line.bytes, line.stamp, manner.now, emit);
    }
  }
  writer->finish(manner.now, emit, !(manner.ends && burst.at_end && taken == fresh.size()));
  burst.after.offset += taken;
  burst.holds_back = taken < own;
  if (taken > 0) {
    burst.after.tail = Fingerprint::of(last_bytes(bytes.substr(0, before + taken)));
    if (auto head = take_head(file, burst.after); !head) return head.error();
  }
  return burst;
}

}  // namespace ssblog
