// SPDX-License-Identifier: MIT
// cli/flag_word.h - what a single word of sbot's command line is: a plain word, or flags.
//
// Used by words.cc and own_options.cc. Pure, any thread.
// Source: local-api.md, "The sbot command line".
#pragma once

#include "feed/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// A flag and its value.
struct Setting {
  std::string name;                 ///< dots and all; a half of a surrogate pair as WTF-8
  std::optional<std::string> text;  ///< without it the flag is a boolean
  bool yes = true;
};

struct FlagWord {
  bool flag = false;              ///< else a plain word
  std::vector<Setting> settings;  ///< what the word sets by itself
  std::optional<std::string>
      open;  ///< a flag that takes the next word, unless that looks like a flag; else it is true
  bool takes_empty = true;  ///< `open` takes an empty word too
};

/// Reads one word, well-formed UTF-8, that is no lone `--`. @return Code::usage for a flag without a name.
Result<FlagWord> read_word(std::string_view word);

/// True when a word cannot be the value of the flag before it: `-` or `--` and then no dash.
bool looks_like_flag(std::string_view word);

/// True when a word, of any bytes, is a flag that takes the word behind it, unless that looks like a flag.
bool takes_next_word(std::string_view word);

}  // namespace ssblog
