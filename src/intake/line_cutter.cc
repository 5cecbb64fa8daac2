// SPDX-License-Identifier: MIT
#include "intake/line_cutter.h"

#include "intake/cut_rules.h"
#include "intake/record_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace ssblog {
namespace {

constexpr std::size_t looked_at = 4096;           // bytes of a line that a pattern sees
constexpr std::int64_t pattern_memory = 1 << 20;  // of RE2, for one source

/// A CutState while a call is under way.
struct Memory {
  std::optional<Millis> latest;
  RecordState record;
  bool in_line = false;     ///< a piece of a line was given out, without its newline
  bool line_joins = false;  ///< ... and that line joins
};

Memory remembered(const CutState& state) {
  Memory memory;
  memory.latest = state.latest;
  if (!state.in_record) return memory;
  std::size_t fields[6] = {1, 0, 0, 0, 0, 0};
  const char* at = state.trace.data();
  const char* const end = at + state.trace.size();
  for (std::size_t& field : fields) {
    const auto [behind, error] = std::from_chars(at, end, field);
    if (error != std::errc()) break;
    at = behind == end ? end : behind + 1;
  }
  memory.record = {std::max<std::size_t>(fields[0], 1), fields[1], fields[2], (fields[4] & 1) != 0,
                   Trace::none};
  if (fields[3] <= static_cast<std::size_t>(last_trace)) memory.record.trace = static_cast<Trace>(fields[3]);
  memory.in_line = (fields[4] & 2) != 0;
  memory.line_joins = (fields[4] & 4) != 0;
  return memory;
}

/// "LINES BYTES INDENT TRACE FLAGS"
void remember(const Memory& memory, CutState& state) {
  const RecordState& record = memory.record;
  state.latest = memory.latest;
  state.in_record = record.lines > 0;
  state.trace =
      state.in_record
          ? fmt::format("{} {} {} {} {}", record.lines, record.bytes, record.indent,
                        static_cast<int>(record.trace),
                        (record.timed ? 1 : 0) | (memory.in_line ? 2 : 0) | (memory.line_joins ? 4 : 0))
          : "";
}

/// Gives the lines without a time their place between those that have one. `from` is not `read` for any of them.
void interpolate(std::vector<CutLine>& lines, const CutContext& context, std::optional<Millis> latest) {
  std::optional<Millis> left = latest;
  for (std::size_t begin = 0; begin < lines.size();) {
    if (lines[begin].stamp.from == TimeFrom::line) {
      left = lines[begin++].stamp.time;
      continue;
    }
    std::size_t end = begin, records = 0;
    for (; end < lines.size() && lines[end].stamp.from != TimeFrom::line; ++end)
      records += lines[end].stamp.joins && end > begin ? 0 : 1;
    std::optional<Millis> right;
    if (end < lines.size())
      right = lines[end].stamp.time;
    else if (left && context.at_end)
      right = context.modified;
    if (!left && right && context.begins > 0) left = std::min(context.begins, *right);

    const bool known = left || right;
    const Millis first = left ? *left : right.value_or(context.modified);
    const Millis span = known ? std::max<Millis>(right.value_or(first) - first, 0) : 0;
    const auto steps = static_cast<Millis>(records + (end < lines.size() ? 1 : 0));
    Millis step = 0;
    for (std::size_t i = begin; i < end; ++i) {
      LineStamp& stamp = lines[i].stamp;
      if (!stamp.joins || i == begin) ++step;
      stamp.time = first + span / steps * step + span % steps * step / steps;
      stamp.from = known ? TimeFrom::interpolated : TimeFrom::mtime;
    }
    begin = end;
  }
}

}  // namespace

LineCutter::LineCutter(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
LineCutter::LineCutter(LineCutter&&) noexcept = default;
LineCutter& LineCutter::operator=(LineCutter&&) noexcept = default;
LineCutter::~LineCutter() = default;

Result<LineCutter> LineCutter::create(const Source& source) {
  auto rules = std::make_unique<Rules>();
  rules->raw = source.raw;
  rules->multiline = source.multiline;
  if (source.multiline == Multiline::pattern) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(pattern_memory);
    options.set_encoding(RE2::Options::EncodingLatin1);  // a line may be any bytes
    rules->record_start = std::make_unique<RE2>(source.record_start, options);
    if (!rules->record_start->ok()) {
      return Error{Code::config, fmt::format("\"{}\" is no pattern of RE2: {}", source.record_start,
                                             rules->record_start->error())};
    }
  }
  auto zone = Zone::named(source.time_zone);
  if (!zone) return zone.error();
  rules->zone = std::move(*zone);
  return LineCutter(std::move(rules));
}

std::size_t LineCutter::cut(std::string_view bytes, const CutContext& context, CutState& state,
                            std::vector<CutLine>& lines) const {
  lines.clear();
  if (rules_->raw) {
    const LineStamp stamp{context.old ? context.modified : context.now,
                          context.old ? TimeFrom::mtime : TimeFrom::read, false};
    if (!bytes.empty()) lines.push_back({bytes, stamp});
    return bytes.size();
  }
  const bool automatic = rules_->multiline == Multiline::automatic;
  const bool by_pattern = rules_->multiline == Multiline::pattern;
  const Memory before = remembered(state);
  Memory memory = before;
  // Where the last record begins, or the part of it that is in `bytes`.
  struct {
    std::size_t line = 0, offset = 0;
    Memory memory;
  } begun{0, 0, memory};

  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto rest = bytes.substr(at, most_record);
    const void* newline = std::memchr(rest.data(), '\n', rest.size());
    std::string_view piece = rest;
    if (newline != nullptr)
      piece = rest.substr(0, static_cast<std::size_t>(static_cast<const char*>(newline) - rest.data()) + 1);
    else if (rest.size() < most_record && !(context.at_end && context.line_due))
      break;
    const auto text = piece.substr(0, piece.size() - (newline != nullptr ? 1 : 0));

    LineStamp stamp;
    if (memory.in_line) {
      stamp.joins = memory.line_joins;
    } else {
      const Memory ahead = memory;
      const bool needs_time = context.old || automatic;
      const auto time = needs_time ? find_time(text) : std::nullopt;
      if (automatic)
        stamp.joins = take_automatic(memory.record, text, time.has_value(), most_record);
      else if (by_pattern)
        stamp.joins =
            take_by_pattern(memory.record, text,
                            RE2::PartialMatch(re2::StringPiece(text.data(), std::min(text.size(), looked_at)),
                                              *rules_->record_start),
                            most_record);
      else
        memory.record.lines = 1;
      if (!stamp.joins) begun = {lines.size(), at, ahead};
      if (context.old && time && !stamp.joins) {
        stamp.time = resolve(*time, rules_->zone, {memory.latest, context.modified});
        stamp.from = TimeFrom::line;
        memory.latest = stamp.time;
      } else if (context.old) {
        stamp.from = TimeFrom::mtime;  // until it is interpolated
      }
      memory.line_joins = stamp.joins;
    }
    if (context.old && (stamp.joins || memory.in_line)) {
      // As the line before; at the beginning of a call that was given out already.
      if (!lines.empty()) {
        stamp.time = lines.back().stamp.time;
        stamp.from = lines.back().stamp.from;
      } else {
        stamp.time = memory.latest.value_or(context.modified);
        stamp.from = memory.latest ? TimeFrom::line : TimeFrom::mtime;
      }
    }
    if (!context.old) {
      stamp.time = context.now;
      memory.latest = context.now;
    }
    memory.in_line = newline == nullptr;
    lines.push_back({piece, stamp});
    at += piece.size();
  }
  if (context.old) interpolate(lines, context, before.latest);

  const bool due = context.at_end && (context.record_due || context.line_due);
  const bool may_go_on = by_pattern || (automatic && memory.record.expects_more());
  if (may_go_on && !due && !memory.in_line && bytes.size() - begun.offset < most_record) {
    lines.resize(begun.line);
    at = begun.offset;
    memory = begun.memory;
  }
  remember(memory, state);
  return at;
}

}  // namespace ssblog
