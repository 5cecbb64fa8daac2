// SPDX-License-Identifier: MIT
#include "cli/coloured_writer.h"

#include "assemble/line_filter.h"
#include "cli/line_colours.h"

namespace ssblog {
namespace {

constexpr std::size_t most_marked = 64 * 1024;  // bytes of a line that are looked at
constexpr std::string_view mark_colour = "30;43";
constexpr std::string_view faint = "2";
constexpr std::string_view stderr_colour = "31";

void append(std::string& out, std::string_view colour, std::string_view text) {
  if (colour.empty() || text.empty()) {
    out += text;
    return;
  }
  out.append("\x1b[").append(colour).append("m").append(text).append("\x1b[0m");
}

}  // namespace

Result<std::unique_ptr<LineWriter>> ColouredWriter::make(const Look& look, const ClockStyle& clock,
                                                         Sink sink) {
  auto times = ClockText::make(clock);
  if (!times) return times.error();
  std::unique_ptr<ColouredWriter> writer(
      new ColouredWriter(look.many_colours, std::move(*times), std::move(sink)));
  for (const TextRule& rule : look.marked) {
    if (rule.without) continue;
    auto pattern = TextPattern::make(rule);
    if (!pattern) return pattern.error();
    writer->marked_.push_back(std::move(*pattern));
  }
  return std::unique_ptr<LineWriter>(std::move(writer));
}

void ColouredWriter::append_names(const SweptLine& line) {
  const SweptMessage& message = *line.message;
  std::string time;
  clock_.append(time, line.time);
  if (line.clock) time += '~';
  append(buffer_, faint, time);
  buffer_ += ' ';
  append(buffer_, colour_of_host(message.feed, many_colours_),
         escape_name(message.host) + '@' + std::string(short_id(message.feed)));
  buffer_ += ' ';
  buffer_ += escape_name(message.record.job);
  const std::string& stream = message.record.stream;
  append(buffer_, stream == "stderr" ? stderr_colour : std::string_view(), '[' + escape_name(stream) + ']');
  append(buffer_, line.structural ? "1" : "", line.structural ? "!" : ":");
  buffer_ += ' ';
}

/// A text that is there as a whole, in the colour of its level; what is looked for stands out.
void ColouredWriter::append_marked(std::string_view text, std::string_view colour) {
  std::string escaped;
  const auto put = [&](std::string_view part, std::string_view in) {
    escaped.clear();
    escape_line(as_bytes(part), escaped);
    append(buffer_, in, escaped);
  };
  // Each pattern's next place is kept until it is passed, so that a line is searched once for each of them.
  constexpr TextPattern::Place nowhere{std::string_view::npos, std::string_view::npos};
  std::vector<TextPattern::Place> next(marked_.size());
  std::size_t from = 0;
  for (bool first_look = true; from < text.size(); first_look = false) {
    TextPattern::Place first = nowhere;
    for (std::size_t i = 0; i < marked_.size(); ++i) {
      if (first_look || next[i].begin < from) next[i] = marked_[i].find(text, from).value_or(nowhere);
      if (next[i].begin < first.begin) first = next[i];
    }
    if (first.begin == nowhere.begin) break;
    put(text.substr(from, first.begin - from), colour);
    put(text.substr(first.begin, first.end - first.begin), mark_colour);
    from = first.end;
  }
  put(text.substr(from), colour);
}

Result<void> ColouredWriter::write(Sweep& sweep, const SweptLine& line) {
  append_names(line);
  const Record& record = line.message->record;
  const std::string_view colour =
      colour_of_level(line.structural ? level_of_structural(record) : level_of_line(record, line.level));
  if (line.finished) {
    append_marked(line.bytes, colour);
    buffer_ += '\n';
    return hand_on_if_full();
  }
  // The first part as a whole, what follows piece by piece.
  std::string beginning(line.bytes);
  bool begun = false;
  auto rest = sweep.rest(line, [&](std::string_view bytes) -> Result<void> {
    if (!begun && beginning.size() < most_marked) {
      beginning += bytes;
      return {};
    }
    if (!begun) append_marked(beginning, colour);
    begun = true;
    escaper_.add(as_bytes(bytes), buffer_);
    return hand_on_if_full();
  });
  if (!begun) append_marked(beginning, colour);
  escaper_.finish(buffer_);
  if (!rest) return rest;
  buffer_ += '\n';
  return hand_on_if_full();
}

}  // namespace ssblog
