// SPDX-License-Identifier: MIT
// cli/own_options.h - takes a command's own options out of words that are otherwise sbot's.
//
// `publish` has options of its own (`--path`, `--batch`) among arbitrary flags that become content. They are
// taken out first; cli/words.h reads the rest. Pure, any thread.
#pragma once

#include "feed/result.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ssblog {

struct OwnOption {
  std::string_view name;  ///< without dashes; one that ends in a dot (`field.`) stands for all that begin so
  bool takes_value = false;
};

/// What was found.
struct OwnOptions {
  std::map<std::string, std::string, std::less<>> values;  ///< the last value of each; of a boolean one ""
  /// What the options with a dot at the end named (`field.NAME`), as NAME and value in their order. They go
  /// into content, so what is not UTF-8 is replaced as in sbot's words; `values` are bytes as given.
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> rest;  ///< the other words in order; a lone `--` and all behind it as it was

  bool has(std::string_view name) const { return values.contains(name); }
  std::optional<std::string_view> value(std::string_view name) const {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  }
};

/// Takes the options of `table` out of `words`, in the forms `--name value` and `--name=value`. As in sbot's
/// rules, a next word that looks like a flag is no value; `--name=-5` is one.
/// @return Code::usage when a value is missing or too many, for `--no-NAME` of an option in the table (it
///         would become content), and when it cannot be told to what a word belongs: in
///         `--following --json hello` it would become the value of `--following`.
Result<OwnOptions> own_options(std::span<const std::string> words, std::span<const OwnOption> table);

}  // namespace ssblog
