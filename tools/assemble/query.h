// SPDX-License-Identifier: MIT
// assemble/query.h - the words by which people say which lines they want.
//
// Used by log, search, assemble, streams and view, and for the filter of a sink. Pure but for the time zone of times; any thread.
// What the words mean is told in ssblog-words(7).
//
//     job:nightly -host:nas level:err since:-2h "disk full" /time.?out/
#pragma once

#include "assemble/selection.h"
#include "feed/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct Query {
  static constexpr std::size_t longest = 4096;   // bytes
  static constexpr std::size_t most_words = 64;  // each line is held against all of them

  Selection selection;
  std::vector<std::string> feeds;  ///< of `feed:`; which ids they mean only a store can say
  std::size_t words = 0;           ///< so far
};

/// Adds the words of a text, parted by blanks. Code::usage names the word, where it stands, and what it should be.
Result<void> add_query(std::string_view text, Millis now, Query& to);

/// Adds one word of a command line: a shell has parted them already, so it may have blanks in it.
Result<void> add_word(std::string_view word, Millis now, Query& to);

/// The key that a word begins with, as `job` of `job:nightly`; empty: it is a text.
std::string_view key_of_word(std::string_view word);
inline bool has_key(std::string_view word) { return !key_of_word(word).empty(); }

/// `err` is err and worse; `warning..err` from the one to the other; `info..info` just that. Code::usage for others.
Result<LevelRange> parse_levels(std::string_view text);

}  // namespace ssblog
