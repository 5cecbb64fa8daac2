// SPDX-License-Identifier: MIT
// intake/user_patterns.h - what a user's own patterns match in a stretch of a line, from left to right.
//
// Used by RedactScan, one for each of its calls. A match is kept until it is passed, so that a stretch is searched once for
// each pattern, and not once more for each secret in it. One thread.
#pragma once

#include "intake/secret_look.h"
#include "intake/secret_rules.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

class UserPatterns {
 public:
  /// Of a stretch each pattern searches so many times its bytes. When they are used up the rest is masked: a pattern whose
  /// matches lie over one another is not to cost the square of what a hostile line has, and nothing of it may show.
  static constexpr std::size_t most_work = 32;

  /// Borrows `rules` and `bytes`. `before`: the byte in front of them.
  UserPatterns(const SecretRules& rules, std::string_view bytes, char before)
      : patterns_(rules.patterns), bytes_(bytes), before_(before) {}

  /// What is matched is of the bytes from `begin` to the end of `to`.
  void start(std::size_t begin, const SecretLook::Reach& to);
  /// The leftmost match from `from` on. All before it is done; `behind_mask`: what stands there was changed.
  FoundSecret first(std::size_t from, bool behind_mask);

 private:
  struct Match {
    bool searched = false;
    bool found = false;
    std::size_t from = 0, begin = 0, end = 0;  ///< of its value; from: of all of it. Places in `text_`.
    std::size_t work = 0;                      ///< bytes that were searched
  };
  /// `only_here`: it has to begin at `from`.
  void search(const UserPattern& pattern, Match& match, std::size_t from, bool only_here) const;

  const std::vector<UserPattern>& patterns_;
  const std::string_view bytes_;
  const char before_;
  SecretLook::Reach to_;
  std::string copy_;       ///< the stretch, when the byte in front of it is not in `bytes_`
  std::string_view text_;  ///< the stretch, and the byte in front of it unless a line begins
  std::size_t begin_ = 0;  ///< of the stretch in `bytes_`
  std::size_t front_ = 0;  ///< bytes of `text_` in front of it
  std::vector<Match> matches_;
};

}  // namespace ssblog
