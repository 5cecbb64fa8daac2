// SPDX-License-Identifier: MIT
// feed/mask.h - what stands in a feed where a secret was, and how far bytes equal those that were masked.
//
// Used by intake, which masks before anything is signed, and by store, which knows a file again by what the feed has of
// it. A mask is as long as the secret: positions in a file and in its stream instance stay true, and a mask never holds
// a newline. It tells how long the secret was. Pure, any thread.
//
//   `[redacted:jwt]*****`   what it was, where there is room for it
//   `[redacted]**`          where there is room for that
//   `****`                  else
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ssblog {

/// Of the name in a mask: lower-case letters, digits and `-`.
inline constexpr std::size_t longest_mask_name = 32;

/// Overwrites a secret. A name that is longer than `longest_mask_name` is left out.
void write_mask(std::span<char> secret, std::string_view name);

/// The end of the mask that the byte `at` is of; `at` itself when it is of none. A marker that `text` ends in the middle
/// of counts as one.
std::size_t mask_end(std::string_view text, std::size_t at);

/// Where the first mask begins; the length of `text` when there is none.
std::size_t first_mask(std::string_view text);

/// Holds bytes against those of a feed, piece by piece: what is masked there equals anything.
class MaskedComparison {
 public:
  /// The next bytes of the feed, and what stands there elsewhere (fewer: it ends there).
  /// @return how many are alike; fewer than `fed` has: nothing behind them counts.
  std::size_t alike(std::string_view fed, std::string_view other);

 private:
  std::string before_;  ///< the feed's last bytes: a marker may have begun in them
};

}  // namespace ssblog
