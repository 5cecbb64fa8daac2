// SPDX-License-Identifier: MIT
// cli/look_options.h - the options by which log and search say how lines look on a terminal.
#pragma once

#include "assemble/selection.h"
#include "cli/format_words.h"
#include "cli/line_shower.h"
#include "cli/options.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

struct LookOptions {
  FormatWords format;
  std::optional<std::string> colour;
  std::vector<std::string> highlights;
  bool no_pager = false, json = false;

  /// Adds them to a command's options.
  void declare(Options& options);

  /// Code::usage for what is no format, does not go together, or is not for a terminal.
  Result<FormatOptions> read_format() const;
  /// How lines of the selection look, to be asked before a Pager is made. Code::usage for words that are none.
  Result<LineLook> look(FormatOptions lines, const Selection& selection) const;
  /// Whether they go through a pager, unless something else is in the way.
  bool wants_pager() const;
};

}  // namespace ssblog
