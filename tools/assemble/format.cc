// SPDX-License-Identifier: MIT
#include "assemble/format.h"

#include "assemble/format/ecs.h"
#include "assemble/format/gelf.h"
#include "assemble/format/journal_export.h"
#include "assemble/format/jsonl.h"
#include "assemble/format/logfmt.h"
#include "assemble/format/loki.h"
#include "assemble/format/syslog5424.h"
#include "assemble/format/template.h"
#include "assemble/format/text.h"
#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

constexpr std::array<std::string_view, 8> names = {"text", "jsonl", "logfmt", "syslog5424",
                                                   "gelf", "ecs",   "loki",   "export"};

/// Options that the format would not heed.
Result<void> check(const FormatOptions& options) {
  if (!takes_zone(options.format) && !options.clock.zone.empty()) {
    return Error{Code::usage, fmt::format("the format {} says times in its own way: leave the time zone out",
                                          name_of(options.format))};
  }
  if ((!takes_zone(options.format) || options.format == Format::syslog5424) &&
      !options.clock.format.empty()) {
    return Error{Code::usage,
                 fmt::format("the format {} says times in its own way: leave the time format out",
                             name_of(options.format))};
  }
  if (!options.line_template.empty() && options.format != Format::text) {
    return Error{Code::usage,
                 fmt::format("a template is a format of its own: leave {} out", name_of(options.format))};
  }
  if (options.octet_counted && options.format != Format::syslog5424)
    return Error{Code::usage, "only syslog5424 is counted in octets"};
  return {};
}

}  // namespace

std::string_view name_of(Format format) { return names[static_cast<std::size_t>(format)]; }

std::vector<std::string_view> format_names() { return {names.begin(), names.end()}; }

Result<Format> format_of(std::string_view name) {
  const auto* const found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<Format>(found - names.begin());
  return Error{Code::usage,
               fmt::format("there is no format \"{}\"; there are {}", name, fmt::join(names, ", "))};
}

std::string to_text(const FormatOptions& options) {
  std::string text;
  if (options.format != Format::text) text = fmt::format("format {}", name_of(options.format));
  const auto add = [&text](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    fmt::format_to(std::back_inserter(text), "{}{} {}", text.empty() ? "" : " ", name, json_string(value));
  };
  add("zone", options.clock.zone);
  add("time", options.clock.format);
  add("template", options.line_template);
  if (options.octet_counted) text += " octets";
  return text;
}

Result<std::unique_ptr<LineWriter>> make_writer(const FormatOptions& options, LineWriter::Sink sink) {
  if (auto fits = check(options); !fits) return fits.error();
  auto clock = ClockText::make(options.clock);
  if (!clock) return clock.error();
  std::unique_ptr<LineWriter> writer;
  switch (options.format) {
    case Format::text:
      if (!options.line_template.empty()) {
        auto parsed = LineTemplate::parse(options.line_template);
        if (!parsed) return parsed.error();
        writer = std::make_unique<TemplateWriter>(std::move(sink), std::move(*parsed), std::move(*clock));
      } else {
        writer = std::make_unique<TextWriter>(std::move(sink), std::move(*clock));
      }
      break;
    case Format::jsonl:
      writer = std::make_unique<JsonlWriter>(std::move(sink));
      break;
    case Format::logfmt:
      writer = std::make_unique<LogfmtWriter>(std::move(sink), std::move(*clock));
      break;
    case Format::syslog5424:
      writer = std::make_unique<Syslog5424Writer>(std::move(sink), std::move(*clock), options.octet_counted);
      break;
    case Format::gelf:
      writer = std::make_unique<GelfWriter>(std::move(sink));
      break;
    case Format::ecs:
      writer = std::make_unique<EcsWriter>(std::move(sink));
      break;
    case Format::loki:
      writer = std::make_unique<LokiWriter>(std::move(sink));
      break;
    case Format::journal_export:
      writer = std::make_unique<JournalExportWriter>(std::move(sink));
      break;
  }
  return writer;
}

}  // namespace ssblog
