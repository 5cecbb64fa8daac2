// SPDX-License-Identifier: MIT
// cli/select.h - the options by which log and assemble choose lines, and the store that they read.
#pragma once

#include "assemble/selection.h"
#include "cli/settings.h"
#include "store/store.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

struct SelectionOptions {
  std::optional<std::string> path;
  std::vector<std::string> feeds;
  std::optional<std::string> source, destination, job, stream, since, until;

  /// Adds them to a command's options.
  void declare(Options& options);

  struct Opened {
    Store store;
    Selection selection;
  };
  /// Opens the store for reading, and understands the options. Code::usage for a feed or time that is none.
  Result<Opened> open() const;
};

}  // namespace ssblog
