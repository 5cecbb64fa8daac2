// SPDX-License-Identifier: MIT
#include "feed/chunk_writer.h"

#include "feed/instance.h"
#include "feed/json.h"
#include "feed/message.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::size_t least_room = 512;  // units for lines, or the head is refused
// The clock was set in between when `time - up` of two lines differs by more: then they share no chunk, so that a reader
// who knows when the boot was can tell the time of each line from the steps.
constexpr Millis clock_was_set = 60'000;

/// Characters that `chunk.at` needs for a step and the blank behind it.
std::size_t step_units(Millis step) { return step == 0 ? 2 : fmt::formatted_size("{} ", step); }

/// The members of `chunk` that may stand in a message besides `at`'s entries, at their longest.
constexpr std::string_view longest_chunk =
    R"(,"chunk":{"run":"0123456789abcdef","offset":9007199254740991,"more":true,"encoding":"base64","time":253402300799999,"time_from":"interpolated","at":""})";
/// Those that only some streams have.
constexpr std::string_view longest_levels = R"(,"levels":"")";
constexpr std::string_view longest_uptime = R"(,"boot":"01234567","up":9007199254740991)";

bool is_boot(std::string_view text) {
  return text.size() == 8 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string_view time_from_name(TimeFrom from) {
  switch (from) {
    case TimeFrom::read:
      return "read";
    case TimeFrom::line:
      return "line";
    case TimeFrom::interpolated:
      return "interpolated";
    case TimeFrom::mtime:
      return "mtime";
  }
  return "";
}

Result<ChunkWriter> ChunkWriter::create(std::string_view head, Packing packing, DrawRun draw_run) {
  ChunkWriter writer;
  writer.head_ = head.substr(0, head.size() - 1);
  writer.packing_ = packing;
  writer.draw_run_ = std::move(draw_run);
  const auto room = [&writer](std::string_view chunk) {
    const std::string content = writer.head_ + ",\"text\":\"\"" + std::string(chunk) + "}";
    const std::size_t used = message_overhead_units() + indented_length(content, 1);
    return used < max_message_units ? max_message_units - used : 0;
  };
  const auto more = [&room](std::string_view members) {
    std::string chunk(longest_chunk);
    chunk.insert(chunk.size() - 1, members);
    return room(longest_chunk) - room(chunk);
  };
  writer.chunk_budget_ = writer.line_budget_ = room(longest_chunk);
  writer.levels_units_ = more(longest_levels);
  writer.uptime_units_ = more(longest_uptime);
  writer.plain_budget_ = room("");
  if (writer.chunk_budget_ < least_room) {
    return Error{
        Code::data,
        fmt::format("the fields of this stream are too long: of {} characters a message can have they "
                    "leave {} for lines",
                    max_message_units, writer.chunk_budget_)};
  }
  return writer;
}

void ChunkWriter::add(std::string_view bytes, Millis now, const Emit& emit) {
  // In slices, so that what is held stays small however much comes at once.
  constexpr std::size_t slice = 64 * 1024;
  while (!bytes.empty()) {
    held_ += bytes.substr(0, slice);
    bytes.remove_prefix(std::min(slice, bytes.size()));
    scan(now, emit);
    drop_front();
  }
}

void ChunkWriter::add_line(std::string_view line, const LineStamp& stamp, Millis now, const Emit& emit) {
  line_began_ = clamp_time(static_cast<double>(stamp.time));
  line_joins_ = stamp.joins;
  line_from_ = stamp.from;
  line_level_ =
      stamp.level && *stamp.level >= 0 && *stamp.level <= 7 ? static_cast<char>('0' + *stamp.level) : '-';
  line_uptime_.boot = is_boot(stamp.boot) ? stamp.boot : std::string_view();
  line_uptime_.up = line_uptime_.boot.empty() || stamp.up.value_or(0) > max_offset ? std::nullopt : stamp.up;
  line_budget_ = chunk_budget_ - (line_level_ == '-' ? 0 : levels_units_ + 1) -
                 (line_uptime_.boot.empty() ? 0 : uptime_units_);
  held_ += line;
  if (line.ends_with('\n')) {
    take_line(held_.size() - 1, now, emit);
    line_joins_ = false;
    line_from_ = TimeFrom::read;
    line_level_ = '-';
    line_uptime_.boot.clear();
    line_uptime_.up.reset();
    line_budget_ = chunk_budget_;
  } else if (held_.size() - lines_end_ > sure_bytes(line_budget_)) {
    cut_long_line(held_.size(), true, now, emit);
  }
  drop_front();
}

void ChunkWriter::scan(Millis now, const Emit& emit) {
  for (;;) {
    if (!line_began_ && held_.size() > lines_end_) line_began_ = now;
    const auto newline = held_.find('\n', scanned_);
    if (newline == std::string::npos) break;
    take_line(newline, now, emit);
  }
  scanned_ = held_.size();
  // Any bytes of this size fit as base64; only beyond it can an unfinished line be too long.
  if (held_.size() - lines_end_ > sure_bytes(chunk_budget_)) cut_long_line(held_.size(), true, now, emit);
}

void ChunkWriter::take_line(std::size_t newline, Millis now, const Emit& emit) {
  const Millis time = *line_began_;
  if (newline - lines_end_ > sure_bytes(line_budget_)) cut_long_line(newline, true, now, emit);
  const TextCost cost = TextCost::of(std::string_view(held_).substr(lines_end_, newline - lines_end_));
  if (packing_ == Packing::line_per_message) {
    if (stands_alone(cost)) {
      std::string content = head_ + ",\"text\":";
      append_json_string(content, std::string_view(held_).substr(begin_, newline - begin_));
      content += '}';
      emit(content);
      begin_ = newline + 1;
    } else {
      accept(newline + 1, cost);
      emit_lines("", now, emit);
      run_.clear();  // the next line that needs a chunk is a stream of its own
      offset_ = 0;
    }
    lines_end_ = begin_;
  } else {
    if (!fits_with(cost, time)) emit_lines("", now, emit);
    accept(newline + 1, cost);
  }
  // As readers do: only the first line of a message may take t' back, and only a long way.
  latest_ = lines_.size() == 1 && latest_ - time > time_restart ? time : std::max(latest_, time);
  scanned_ = newline + 1;
  line_began_.reset();
}

bool ChunkWriter::stands_alone(const TextCost& line) const {
  return packing_ == Packing::line_per_message && run_.empty() && line.valid && line.text <= plain_budget_;
}

/// What the line that is taken adds to `chunk.at`.
std::size_t ChunkWriter::next_step_units(Millis time, bool line_joins) const {
  return line_joins ? 2 : step_units(time - lines_.back().time);
}

bool ChunkWriter::fits_with(const TextCost& line, Millis time) const {
  if (lines_.empty()) return true;
  if (latest_ - time > time_restart) return false;  // readers take up an earlier time only at a new message
  const TextCost both = cost_.joined(line);
  const bool step = line_joins_ || time != lines_.back().time;
  const std::size_t steps = steps_units_ + next_step_units(time, line_joins_);
  if (both.best() + (steps_needed_ || step ? steps : 0) + extra_units(lines_.size() + 1) > chunk_budget_)
    return false;
  if (!same_clock(time)) return false;
  // Lines that are no UTF-8 make the text unreadable for other programs: keep them apart from readable
  // ones, unless that would make many small messages.
  return both.valid || !cost_.valid || cost_.best() < chunk_budget_ / 2;
}

/// What `levels`, `boot` and `up` take of a chunk of so many lines, of which the last is the line that is taken.
std::size_t ChunkWriter::extra_units(std::size_t lines) const {
  return (levels_needed_ || line_level_ != '-' ? levels_units_ + lines : 0) +
         (uptime_.boot.empty() ? 0 : uptime_units_);
}

/// Whether the line that is taken is of the chunk's boot, and its clock was not set since the chunk's first line.
bool ChunkWriter::same_clock(Millis time) const {
  if (line_uptime_.boot != uptime_.boot || line_uptime_.up.has_value() != uptime_.up.has_value())
    return false;
  if (!uptime_.up) return true;
  const Millis moved = (time - static_cast<Millis>(*line_uptime_.up)) -
                       (lines_.front().time - static_cast<Millis>(*uptime_.up));
  return moved <= clock_was_set && moved >= -clock_was_set;
}

/// The line that is taken is the first of a chunk.
void ChunkWriter::begin_chunk() {
  steps_units_ = line_joins_ ? 2 : 0;  // a first line that joins has an entry of its own
  steps_needed_ = line_joins_;
  from_ = line_from_;
  levels_needed_ = line_level_ != '-';
  uptime_ = line_uptime_;
}

void ChunkWriter::accept(std::size_t end, const TextCost& cost) {
  const Millis time = *line_began_;
  if (lines_.empty()) {
    cost_ = cost;
    begin_chunk();
  } else {
    cost_ = cost_.joined(cost);
    levels_needed_ = levels_needed_ || line_level_ != '-';
    steps_units_ += next_step_units(time, line_joins_);
    steps_needed_ = steps_needed_ || line_joins_ || time != lines_.back().time;
    from_ = std::max(from_, line_from_);
  }
  lines_.push_back({end, time, line_joins_, line_level_});
  lines_end_ = end;
}

void ChunkWriter::emit_lines(std::string_view flag, Millis now, const Emit& emit) {
  if (lines_.empty()) return;
  const std::size_t without_newline = flag.empty() ? lines_end_ - 1 : lines_end_;
  emit_chunk(std::string_view(held_).substr(begin_, without_newline - begin_), cost_, flag, now, emit);
  offset_ += lines_end_ - begin_;
  begin_ = lines_end_;
  lines_.clear();
  cost_ = TextCost{};
}

/// Cuts pieces off the line that begins at lines_end_ until what is left up to `stop` fits. A line without
/// a newline cannot stand alone (`may_stand_alone`).
void ChunkWriter::cut_long_line(std::size_t stop, bool may_stand_alone, Millis now, const Emit& emit) {
  for (;;) {
    const std::string_view line = std::string_view(held_).substr(lines_end_, stop - lines_end_);
    if (line.size() <= sure_bytes(line_budget_)) return;
    const TextCost cost = TextCost::of(line);
    if (cost.best() <= line_budget_ || (may_stand_alone && stands_alone(cost))) return;
    emit_lines("", now, emit);

    const std::size_t length = piece_length(line, line_budget_);
    const std::string_view piece = line.substr(0, length);
    begin_chunk();
    lines_.push_back({lines_end_, *line_began_, line_joins_, line_level_});  // the piece's time is its line's
    emit_chunk(piece, TextCost::of(piece), "more", now, emit);
    lines_.clear();
    line_joins_ = false;  // what is left goes on with the line, not with the record
    offset_ += length;
    begin_ += length;
    lines_end_ = begin_;
    scanned_ = std::max(scanned_, begin_);
  }
}

void ChunkWriter::emit_chunk(std::string_view bytes, const TextCost& cost, std::string_view flag, Millis now,
                             const Emit& emit) {
  if (run_.empty()) run_ = draw_run_();
  thread_local std::string content;
  content = head_;
  content += ",\"text\":";
  const std::string_view encoding = append_text(content, bytes, cost);
  const auto out = std::back_inserter(content);
  fmt::format_to(out, R"(,"chunk":{{"run":"{}","offset":{})", run_, offset_);
  if (!flag.empty()) fmt::format_to(out, R"(,"{}":true)", flag);
  if (!encoding.empty()) fmt::format_to(out, R"(,"encoding":"{}")", encoding);
  if (tells_time_ || lines_.front().time != now)
    fmt::format_to(out, R"(,"time":{})", clamp_time(static_cast<double>(lines_.front().time)));
  if (from_ != TimeFrom::read) fmt::format_to(out, R"(,"time_from":"{}")", time_from_name(from_));
  if (steps_needed_ && (lines_.size() > 1 || lines_.front().joins))
    fmt::format_to(out, R"(,"at":"{}")", steps());
  if (levels_needed_) {
    content += R"(,"levels":")";
    for (const Line& line : lines_) content += line.level;
    content += '"';
  }
  if (!uptime_.boot.empty()) fmt::format_to(out, R"(,"boot":"{}")", uptime_.boot);
  if (uptime_.up) fmt::format_to(out, R"(,"up":{})", *uptime_.up);
  content += "}}";
  emit(content);
}

std::string ChunkWriter::steps() const {
  std::string text;
  for (std::size_t i = lines_.front().joins ? 0 : 1; i < lines_.size(); ++i) {
    if (!text.empty()) text += ' ';
    if (lines_[i].joins) {
      text += '+';
    } else {
      fmt::format_to(std::back_inserter(text), "{}", lines_[i].time - lines_[i - 1].time);
    }
  }
  return text;
}

void ChunkWriter::drop_front() {
  held_.erase(0, begin_);
  for (Line& line : lines_) line.end -= begin_;
  lines_end_ -= begin_;
  scanned_ -= begin_;
  begin_ = 0;
}

void ChunkWriter::flush(Millis now, const Emit& emit) {
  emit_lines("", now, emit);
  drop_front();
}

void ChunkWriter::finish(Millis now, const Emit& emit, bool goes_on) {
  if (held_.size() > lines_end_) {
    cut_long_line(held_.size(), false, now, emit);
    const TextCost cost = TextCost::of(std::string_view(held_).substr(lines_end_));
    if (!fits_with(cost, *line_began_)) emit_lines("", now, emit);
    accept(held_.size(), cost);
    emit_lines(goes_on ? "more" : "end", now, emit);
  } else {
    emit_lines("", now, emit);
  }
  held_.clear();
  begin_ = lines_end_ = scanned_ = 0;
  line_began_.reset();
}

std::optional<Millis> ChunkWriter::waiting_since() const {
  if (lines_.empty()) return std::nullopt;
  return lines_.front().time;
}

std::optional<std::string> ChunkWriter::whole_text(std::string_view text) const {
  const TextCost cost = TextCost::of(text);
  if (!cost.valid || cost.text > plain_budget_) return std::nullopt;
  std::string content = head_ + ",\"text\":";
  append_json_string(content, text);
  content += '}';
  return content;
}

}  // namespace ssblog
