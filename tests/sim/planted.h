// SPDX-License-Identifier: MIT
// sim/planted.h - bugs that are planted between the product and its world, to show that the simulation finds them.
//
// Nothing of this is in the product: what a host sends is changed on its way out, or what the daemon would do around
// Replicator is done wrong.
#pragma once

#include <string_view>

namespace ssblog::sim {

enum class Bug {
  none,
  clock_ahead,      ///< notes say one message more than the store holds
  never_handed_on,  ///< who was asked first for a feed is never left for another peer
  block_ignored,    ///< a feed goes to whom its author blocks
  unwritten,        ///< publish acknowledges what it did not write
  hold_ignored,     ///< a store that was set back is signed on at once
  own_feed_untold,  ///< the own feed is left out of the notes
  relay_changes,    ///< a message of another feed is changed in the store
  news_lost,        ///< what was published is not told to the peers that are connected
  mark_missing,     ///< a store out of a backup does not say that it is one
  fork_forgotten,   ///< the mark of a fork is lost
  fork_ignored,     ///< a feed that is known to be forked is signed on
  fork_repeated,    ///< who knows of a fork tells it at each meeting
};

struct Planted {
  Bug bug;
  std::string_view name;
  std::string_view found_by;  ///< the invariant that is to be broken
};

inline constexpr Planted planted[] = {
    {Bug::clock_ahead, "a clock that runs ahead of the store", "no host claims what it does not hold"},
    {Bug::never_handed_on, "a request never handed to another peer", "in the end all are equal"},
    {Bug::block_ignored, "a block ignored", "no feed goes to whom its author blocks"},
    {Bug::unwritten, "acknowledged before it is written", "nothing acknowledged is lost"},
    {Bug::hold_ignored, "a store that was set back signs on", "no honest feed forks"},
    {Bug::own_feed_untold, "the own feed is missing in the notes", "in the end all are equal"},
    {Bug::relay_changes, "a message is changed by a relay", "every store holds a valid prefix"},
    {Bug::news_lost, "news are not told", "in the end all are equal"},
    {Bug::mark_missing, "a backup is laid out without its mark", "no honest feed forks"},
    {Bug::fork_forgotten, "a fork is forgotten", "a fork is marked by all who met it"},
    {Bug::fork_ignored, "a forked feed is signed on",
     "nothing is signed on a feed that is known to be forked"},
    {Bug::fork_repeated, "forks are told again and again", "a fork that all know of causes no traffic"},
};

}  // namespace ssblog::sim
