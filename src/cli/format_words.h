// SPDX-License-Identifier: MIT
// cli/format_words.h - the options by which log and assemble choose how lines look.
#pragma once

#include "assemble/format.h"
#include "cli/options.h"

#include <optional>
#include <string>

namespace ssblog {

struct FormatWords {
  std::optional<std::string> format, line_template, zone, time_format;
  bool octets = false;

  /// Adds them to a command's options; `format_names` are those of the format itself (`--format`, `-o,--output`).
  void declare(Options& options, const std::string& format_names);
  /// True when one of them was given.
  bool given() const { return format || line_template || zone || time_format || octets; }
  /// Code::usage for what is no format, template or time, and for what does not go together.
  /// `zone_is_for_days`: a format that shows no zone does not mind one.
  Result<FormatOptions> read(bool zone_is_for_days = false) const;
};

/// Before lines go to stdout. Code::usage where that is a terminal and the format has the bytes as they came: they could
/// steer it.
Result<void> check_stdout_for(const FormatOptions& options);

}  // namespace ssblog
