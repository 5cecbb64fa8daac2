// SPDX-License-Identifier: MIT
#include "cli/look_options.h"

#include "cli/terminal.h"

#include <fmt/format.h>

namespace ssblog {

void LookOptions::declare(Options& options) {
  options.value("--color WHEN", colour, "always, never, or auto: on a terminal (default)");
  options.values("--highlight PATTERN", highlights, "Mark what matches this pattern of RE2");
  options.flag("--no-pager", no_pager, "Not page by page");
  format.declare(options, "-o,--output");
  options.flag("--json", json, "One JSON object a line: -o jsonl");
  options.excludes("--json", "--output");
}

Result<FormatOptions> LookOptions::read_format() const {
  auto read = format.read();
  if (!read) return read;
  if (json) read->format = Format::jsonl;
  auto fits = check_stdout_for(*read);
  return fits ? read : fits.error();
}

Result<LineLook> LookOptions::look(FormatOptions lines, const Selection& selection) const {
  LineLook look;
  look.format = std::move(lines);
  const TerminalLook terminal = terminal_look();
  const std::string when = colour.value_or("auto");
  if (when != "auto" && when != "always" && when != "never")
    return Error{Code::usage, fmt::format("--color {}: say always, never or auto", when)};
  ColouredWriter::Look colours;
  colours.many_colours = terminal.many_colours;
  for (const std::string& pattern : highlights) {
    TextRule rule{pattern, true, !has_capital(pattern, true), false};
    if (auto made = TextPattern::make(rule); !made)
      return Error{made.error().code, "--highlight " + made.error().text};
    colours.marked.push_back(std::move(rule));
  }
  // What a program is to read has no colours.
  const bool plain = look.format.format != Format::text || !look.format.line_template.empty();
  if (plain || when == "never" || (when == "auto" && !terminal.colours)) return look;
  colours.marked.insert(colours.marked.end(), selection.texts.begin(), selection.texts.end());
  look.colours = std::move(colours);
  return look;
}

bool LookOptions::wants_pager() const { return !no_pager && terminal_look().is_terminal; }

}  // namespace ssblog
