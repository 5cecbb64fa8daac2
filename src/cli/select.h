// SPDX-License-Identifier: MIT
// cli/select.h - the words and options by which log, search and assemble choose lines, and the store that they read.
#pragma once

#include "assemble/query.h"
#include "cli/settings.h"
#include "store/store.h"

#include <optional>
#include <string>
#include <vector>

namespace ssblog {

struct SelectionOptions {
  std::optional<std::string> path;
  std::vector<std::string> words;  ///< of query.h
  std::vector<std::string> feeds, hosts;
  std::optional<std::string> source, destination, job, stream, since, until, priority, pattern;
  bool inverted = false, case_sensitive = false, ignore_case = false;

  /// Adds them to a command's options.
  void declare(Options& options);

  /// What they say, but for what only a store knows: `feeds` of the result are not in its selection yet. Code::usage for
  /// a word, time, level or pattern that is none.
  Result<Query> query() const;

  struct Opened {
    Store store;
    Selection selection;
    Home home;
    bool keeps_index = false;  ///< [search] index
  };
  /// Opens the store for reading, and understands the options. Code::usage for a feed or time that is none.
  Result<Opened> open() const;
};

}  // namespace ssblog
