// SPDX-License-Identifier: MIT
#include "cli/source_trial.h"

#include "assemble/escape.h"
#include "assemble/time_text.h"
#include "cli/units.h"
#include "intake/file_bytes.h"
#include "intake/file_system.h"
#include "intake/line_cutter.h"
#include "intake/redactor.h"
#include "intake/source_rules.h"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <map>

namespace ssblog {
namespace {

constexpr std::size_t block = std::size_t{1} << 20;

/// Gives all bytes of a file in blocks, unpacked. `take` says false when it has enough.
Result<void> read_blocks(FileBytes& file, const std::function<bool(std::string_view)>& take) {
  std::string buffer(block, '\0');
  for (std::uint64_t offset = 0;;) {
    auto got = file.read_at(offset, buffer);
    if (!got) return got.error();
    if (*got == 0 || !take(std::string_view(buffer).substr(0, *got))) return {};
    offset += *got;
  }
}

/// What is shown of the lines, and what is counted.
class Shown {
 public:
  explicit Shown(std::optional<std::size_t> most) : most_(most) {}

  void take(const CutLine& line) {
    const bool goes_on = in_line_;  // a further piece of one long line
    in_line_ = !line.bytes.ends_with('\n');
    if (goes_on) return;
    ++lines_;
    ++counts_[static_cast<std::size_t>(line.stamp.from)];
    if (!line.stamp.joins) ++records_;
    if (lines_ == 1) first_ = line.stamp.time;
    last_ = line.stamp.time;
    if (most_ && lines_ > *most_) return;
    std::string text;
    append_utc_time(text, line.stamp.time);
    fmt::format_to(std::back_inserter(text), " {:<12} {} ", time_from_name(line.stamp.from),
                   line.stamp.joins ? '+' : ' ');
    auto bytes = line.bytes.substr(0, longest_shown);
    if (bytes.ends_with('\n')) bytes.remove_suffix(1);
    escape_line(as_bytes(bytes), text);
    if (line.bytes.size() > longest_shown + 1) text += " ...";
    print(text += '\n');
  }

  std::string summary() const {
    std::string text = fmt::format("{} lines in {} records", lines_, records_);
    if (lines_ == 0) return text;
    std::string times;
    for (const auto from : {TimeFrom::line, TimeFrom::interpolated, TimeFrom::mtime}) {
      const auto count = counts_[static_cast<std::size_t>(from)];
      if (count > 0) times += fmt::format("{}{} {}", times.empty() ? "" : ", ", count, time_from_name(from));
    }
    text += fmt::format("; times: {}; from ", times);
    append_utc_time(text, first_);
    append_utc_time(text += " to ", last_);
    return text;
  }

 private:
  static constexpr std::size_t longest_shown = 4096;  // bytes of a line
  std::optional<std::size_t> most_;
  std::size_t lines_ = 0, records_ = 0;
  std::array<std::size_t, 4> counts_{};
  Millis first_ = 0, last_ = 0;
  bool in_line_ = false;
};

std::string masked_text(const std::map<std::string, std::size_t>& masked) {
  std::string text;
  for (const auto& [name, count] : masked)
    text += fmt::format("{}{} {}", text.empty() ? "; masked: " : ", ", count, name);
  return text;
}

}  // namespace

Result<int> try_source(const std::string& file, const Source& source, const std::string& host,
                       std::optional<std::size_t> most) {
  auto rules = SourceRules::create(source, host);
  if (!rules) return rules.error();
  const auto files = real_file_system("");
  auto bytes = FileBytes::open(*files, file, true, !source.raw);
  if (!bytes) return bytes.error();
  const FileFacts& facts = bytes->opened();
  const std::string name = (*rules)->stream_of(files->canonical(file), facts, clock_now());
  const std::string under =
      fmt::format("{}, stream {}", source.name.empty() ? "no source" : "source " + source.name, name);
  if (source.raw) {
    print(fmt::format("{}: {}, {}, raw: its bytes are kept as they are\n", file,
                      size_text(static_cast<std::int64_t>(facts.size)), under));
    return done();
  }

  const LineCutter& cutter = (*rules)->cutter();
  const Redactor* redactor = (*rules)->redactor();
  CutContext context;
  context.old = true;
  context.begins = facts.id.birth / nanoseconds_of_ms;
  context.modified = facts.modified / nanoseconds_of_ms;
  CutState state;
  LineCutter::YearScan scan(cutter);
  auto scanned = read_blocks(*bytes, [&](std::string_view text) {
    scan.add(text);
    return !scan.done();
  });
  if (!scanned) return scanned.error();
  state.latest = scan.before_first(context.modified);

  Shown shown(most);
  std::string held;
  std::vector<CutLine> lines;
  RedactState redact_state;
  std::map<std::string, std::size_t> masked;  // by the name of the preset
  const auto count = [&masked](std::string_view preset, std::size_t, std::size_t) {
    ++masked[std::string(preset)];
  };
  const auto cut = [&] {
    std::string text = held;
    const auto gone = cutter.cut(text, context, state, lines);
    // What is cut off is shown: the rest of a very long line's secret is only looked at.
    if (redactor)
      redactor->mask(text, gone, context.at_end ? Behind::none : Behind::later, redact_state, count);
    for (const CutLine& line : lines) shown.take(line);
    held.erase(0, gone);
  };
  auto read = read_blocks(*bytes, [&](std::string_view text) {
    held += text;
    cut();
    return true;
  });
  if (!read) return read.error();
  context.at_end = context.record_due = context.line_due = true;
  cut();
  print(fmt::format("{}: {}{}; {}\n", file, shown.summary(), masked_text(masked), under));
  return done();
}

}  // namespace ssblog
