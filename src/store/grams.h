// SPDX-License-Identifier: MIT
// store/grams.h - the pieces of three characters that lines consist of, by which words are found in them.
//
// Used by SearchIndex. A word stands in a line, in any case, only if all grams of the word are among those of the line; the
// reverse does not hold. A gram is three bytes, none of them 0: ASCII in lower case; letters of other scripts that have
// two cases are all alike, and what has one case is dealt out over the other bytes. No gram goes over the end of a line.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

inline constexpr std::size_t gram_size = 3;

class GramCutter {
 public:
  GramCutter();

  /// The grams of a text of lines, each once, one behind the other. Lives until the next call.
  const std::string& cut(std::string_view text);

 private:
  std::vector<std::uint64_t> seen_;  ///< a bit for each gram that there can be
  std::string grams_;
  std::string folded_;
};

/// The grams of a word, at most `most` of them that cover it; none: it is too short.
std::vector<std::string> grams_of_word(std::string_view word, std::size_t most);

}  // namespace ssblog
