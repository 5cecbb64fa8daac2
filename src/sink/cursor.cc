// SPDX-License-Identifier: MIT
#include "sink/cursor.h"

namespace ssblog {

Resumption resume(const FeedMark& mark, const FeedFacts& facts) {
  using enum Resumption::Kind;
  if (mark.sequence == 0) return {goes_on, 0};
  if (facts.tip >= mark.sequence && facts.at_mark == mark.key) return {goes_on, mark.sequence};
  // What was given before the two branches part is in both.
  if (facts.fork > 0 && facts.fork <= mark.sequence && facts.on_other_branch) return {parted, facts.fork - 1};
  if (facts.tip < mark.sequence) return {waits, mark.sequence};
  return {lost_track, mark.sequence};
}

}  // namespace ssblog
