// SPDX-License-Identifier: MIT
// assemble/format.h - the formats in which lines leave, by their names.
//
// Used by assemble, log and the sinks. The formats themselves are in assemble/format/, one a file; what they say is in
// docs/format.md. Pure.
#pragma once

#include "assemble/clock_text.h"
#include "assemble/line_writer.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

enum class Format {
  text,            ///< `TIME HOST@ID JOB[STREAM]: TEXT`
  jsonl,           ///< a JSON object a line
  logfmt,          ///< `time=... host=... text="..."`
  syslog5424,      ///< RFC 5424, a line each
  gelf,            ///< GELF 1.1 of Graylog, an object a line
  ecs,             ///< Elasticsearch: actions and documents for its bulk API
  loki,            ///< bodies for Loki's push API, one a line
  journal_export,  ///< what systemd-journal-remote takes
};

/// As it is written in options and in config.toml.
std::string_view name_of(Format format);

/// The names, in the order of `Format`.
std::vector<std::string_view> format_names();

/// Code::usage, with the names, for one that is none.
Result<Format> format_of(std::string_view name);

/// True: its times may be shown in a zone.
inline bool takes_zone(Format format) {
  return format == Format::text || format == Format::logfmt || format == Format::syslog5424;
}

struct FormatOptions {
  Format format = Format::text;
  ClockStyle clock;            ///< of text, logfmt, and templates; syslog5424 takes the zone alone
  std::string line_template;   ///< `{time} {host} {text}`, instead of `text`; empty: none
  bool octet_counted = false;  ///< syslog5424 for a stream (RFC 6587): `LENGTH MESSAGE`, no line ends
};

/// True: lines are gathered in batches, and one that is not full is another one when there are more lines.
inline bool is_batched(const FormatOptions& options) { return options.format == Format::loki; }

/// A text that is equal where the outputs are equal; kept with what was made so. The plain text form is empty.
std::string to_text(const FormatOptions& options);

/// Code::usage for options that do not go together, or a template or time that is none.
Result<std::unique_ptr<LineWriter>> make_writer(const FormatOptions& options, LineWriter::Sink sink);

}  // namespace ssblog
