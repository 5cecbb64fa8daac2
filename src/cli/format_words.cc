// SPDX-License-Identifier: MIT
#include "cli/format_words.h"

#include "cli/terminal.h"

#include <fmt/format.h>

namespace ssblog {

void FormatWords::declare(Options& options, const std::string& format_names) {
  options.value(format_names + " FORMAT", format,
                "text (default), jsonl, logfmt, syslog5424, gelf, ecs, loki or export (of the journal)");
  options.value("--template TEXT", line_template, "What lines look like: '{time} {host} {text}'");
  options.value("--time-zone ZONE", zone, "Show times there: Europe/Berlin, or local (default: UTC)");
  options.value("--time-format FORM", time_format,
                "iso (default), short, unix, unix-ms, or as for strftime, %3N: ms");
  options.flag("--octets", octets, "syslog5424 for a stream: its length before each message");
}

Result<FormatOptions> FormatWords::read(bool zone_is_for_days) const {
  FormatOptions options;
  if (format) {
    auto known = format_of(*format);
    if (!known) return known.error();
    options.format = *known;
  }
  if (line_template && line_template->empty())
    return Error{Code::usage, "--template needs what lines look like, as '{time} {host} {text}'"};
  options.line_template = line_template.value_or("");
  options.clock = {zone.value_or(""), time_format.value_or("")};
  if (zone_is_for_days && !takes_zone(options.format)) options.clock.zone.clear();
  options.octet_counted = octets;
  // What is wrong shows before anything is opened.
  auto writer = make_writer(options, [](std::string_view) { return Result<void>(); });
  if (!writer) return writer.error();
  return options;
}

Result<void> check_stdout_for(const FormatOptions& options) {
  const bool has_raw_bytes = options.format == Format::journal_export || options.octet_counted;
  if (!has_raw_bytes || !terminal_look().is_terminal) return {};
  return Error{
      Code::usage,
      fmt::format("{} has bytes of others as they came, which could steer this terminal: send it to a "
                  "file or to a program, with > or |",
                  options.octet_counted ? "--octets" : name_of(options.format))};
}

}  // namespace ssblog
