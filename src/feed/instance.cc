// SPDX-License-Identifier: MIT
#include "feed/instance.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace ssblog {
namespace {

// Part of the format, since every host must place lines alike: a hostile feed that leaves more gaps than
// this in one instance loses the lowest of them, as if they had been filled.
constexpr std::size_t max_holes = 4096;

/// Takes [begin, end) out of the holes and the room above `high`; gives what was not covered before.
std::vector<Range> cover(InstanceState& state, std::uint64_t begin, std::uint64_t end) {
  std::vector<Range> fresh;
  if (begin < state.high && !state.holes.empty()) {
    std::vector<Range> left;
    for (const Range& hole : state.holes) {
      const Range taken{std::max(hole.begin, begin), std::min(hole.end, end)};
      if (taken.begin >= taken.end) {
        left.push_back(hole);
        continue;
      }
      fresh.push_back(taken);
      if (hole.begin < taken.begin) left.push_back({hole.begin, taken.begin});
      if (taken.end < hole.end) left.push_back({taken.end, hole.end});
    }
    state.holes = std::move(left);
  }
  if (begin > state.high) state.holes.push_back({state.high, begin});
  if (state.holes.size() > max_holes) state.holes.erase(state.holes.begin());
  if (end > state.high) {
    fresh.push_back({std::max(begin, state.high), end});
    state.high = end;
  }
  return fresh;
}

/// Calls `use(LinePiece)` for each piece of a line that lies in the new bytes, without order times.
template <class Use>
void for_each_piece(const Record& record, const Placement& placement, Use&& use) {
  const std::uint64_t base = record.chunk ? record.chunk->offset : 0;
  const std::uint64_t length = record.length();
  const bool stays_open = record.chunk && record.chunk->more;
  const std::string_view bytes = record.bytes;
  const Range all{base, base + length};
  const Range* range = placement.whole ? &all : placement.fresh.data();
  const Range* const ranges_end = range + (placement.whole ? 1 : placement.fresh.size());
  bool first_piece = true;
  Millis time = record.time;
  std::uint64_t start = 0;  // of the line, within the bytes
  for (std::uint32_t line = 0; line < record.lines && range != ranges_end; ++line) {
    if (line > 0 && !record.steps.empty()) time = std::clamp<Millis>(time + record.steps[line], 0, max_time);
    const bool last = line + 1 == record.lines;
    const std::uint64_t stop = last ? bytes.size() : bytes.find('\n', start);
    const std::uint64_t behind = last ? length : stop + 1;
    while (range != ranges_end) {
      const std::uint64_t from = std::max(range->begin, base + start) - base;
      const std::uint64_t to = std::min(range->end, base + behind) - base;
      if (range->end > base + start && from < to) {
        LinePiece piece;
        piece.bytes = bytes.substr(from, std::min(to, stop) - std::min(from, stop));
        piece.line = line;
        piece.time = time;
        piece.continues = first_piece && placement.continues.has_value();
        piece.finished = !(last && stays_open && to == length);
        if (!record.levels.empty()) piece.level = record.levels[line];
        first_piece = false;
        use(piece);
      }
      if (range->end > base + behind) break;  // goes on in the next line
      ++range;
    }
    start = behind;
  }
}

/// The greatest t' so far, taken on with a line's own time.
Millis next_order(std::optional<Millis> latest, Millis time, bool may_restart) {
  if (!latest || (may_restart && *latest - time > time_restart)) return time;
  return std::max(*latest, time);
}

}  // namespace

Placement place(InstanceState& state, const Record& record, std::uint32_t sequence) {
  Placement placement;
  const std::uint64_t length = record.length();
  if (length == 0) return placement;
  const Range chunk{record.chunk->offset, record.chunk->offset + length};
  if (chunk.begin > state.high) placement.gap = chunk.begin - state.high;
  placement.fresh = cover(state, chunk.begin, chunk.end);
  placement.whole = placement.fresh.size() == 1 && placement.fresh.front() == chunk;
  if (placement.fresh.empty()) return placement;
  if (state.open && state.open->next_byte == placement.fresh.front().begin) placement.continues = state.open;
  if (placement.whole) placement.fresh.clear();

  std::optional<OpenLine> open;
  std::optional<Millis> latest = state.latest;
  for_each_piece(record, placement, [&](const LinePiece& piece) {
    if (!piece.continues) {
      latest = next_order(latest, piece.time, !placement.first && !placement.continues);
      if (!placement.first) placement.first = latest;
      placement.last = *latest;
    }
    open.reset();
    if (!piece.finished) {
      open = OpenLine{chunk.end, piece.continues ? placement.continues->first_message : sequence, sequence};
    }
  });
  state.latest = latest;
  state.open = open;
  return placement;
}

Placement place_alone(const Record& record) {
  Placement placement;
  placement.first = record.time;
  placement.last = record.time;
  return placement;
}

Placement place_event(const Record& record, std::optional<Millis> latest) {
  Placement placement;
  placement.first = next_order(latest, record.time, false);
  placement.last = *placement.first;
  return placement;
}

void lay_out(const Record& record, const Placement& placement, std::vector<LinePiece>& pieces) {
  pieces.clear();
  std::optional<Millis> order;
  for_each_piece(record, placement, [&](LinePiece piece) {
    if (!piece.continues) order = order ? std::max(*order, piece.time) : placement.first.value_or(piece.time);
    piece.order = order.value_or(placement.first.value_or(piece.time));
    pieces.push_back(piece);
  });
}

std::string format_shape(const Placement& placement) {
  std::string text;
  const auto begin = [&text] { text += text.empty() ? '{' : ','; };
  if (placement.continues) {
    begin();
    fmt::format_to(std::back_inserter(text), R"("continues":[{},{},{}])", placement.continues->next_byte,
                   placement.continues->first_message, placement.continues->last_message);
  }
  if (placement.gap > 0) {
    begin();
    fmt::format_to(std::back_inserter(text), R"("gap":{})", placement.gap);
  }
  if (!placement.whole) {
    begin();
    text += R"("fresh":[)";
    for (const Range& range : placement.fresh) {
      if (text.back() == ']') text += ',';
      fmt::format_to(std::back_inserter(text), "[{},{}]", range.begin, range.end);
    }
    text += ']';
  }
  if (!text.empty()) text += '}';
  return text;
}

void parse_shape(std::string_view text, Placement& placement) {
  // The end of a chunk may lie beyond 2^53, so these are not read as the numbers of JSON.
  const auto number = [](std::string_view digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  const auto next = [&number](Items& items) { return items.next() ? number(items.value()) : 0; };
  placement.continues.reset();
  placement.gap = 0;
  placement.whole = true;
  placement.fresh.clear();
  for (Members members(text); members.next();) {
    if (members.name() == "continues") {
      Items items(members.value());
      OpenLine open;
      open.next_byte = next(items);
      open.first_message = static_cast<std::uint32_t>(next(items));
      open.last_message = static_cast<std::uint32_t>(next(items));
      placement.continues = open;
    } else if (members.name() == "gap") {
      placement.gap = number(members.value());
    } else if (members.name() == "fresh") {
      placement.whole = false;
      for (Items ranges(members.value()); ranges.next();) {
        Items ends(ranges.value());
        const std::uint64_t begin = next(ends);
        placement.fresh.push_back({begin, next(ends)});
      }
    }
  }
}

}  // namespace ssblog
