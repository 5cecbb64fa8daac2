// SPDX-License-Identifier: MIT
#include "gossip/rounds.h"

#include "gossip/protocol/limits.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto look_pause = 50ms;
constexpr auto quiet = 250ms;          // new contacts are weighed in less, and lead to new requests
constexpr auto quiet_of_streams = 1s;  // an old peer reads its disk before it sends
constexpr auto quiet_lacking = claim_patience + 1s;  // others are asked meanwhile
constexpr auto longest = 60s;                        // without any movement

}  // namespace

Rounds::Rounds(Scheduler& scheduler, std::function<Look()> look)
    : scheduler_(scheduler), look_(std::move(look)), next_(scheduler, [this] { check(); }) {}

void Rounds::begin(std::function<void(const Outcome&)> over) {
  rounds_.push_back({std::move(over), scheduler_.now()});
  quiet_since_ = scheduler_.now();
  next_.start(look_pause);
}

void Rounds::check() {
  const Look look = look_();
  const auto now = scheduler_.now();
  if (std::exchange(moved_, look.moved) != look.moved) moved_at_ = quiet_since_ = now;
  if (look.under_way) quiet_since_ = now;
  const auto patience = look.lacking ? quiet_lacking : look.streams ? quiet_of_streams : quiet;
  const bool over = now - quiet_since_ >= patience;
  std::vector<Round> waiting;
  for (Round& round : std::exchange(rounds_, {})) {
    if (over || now - std::max(round.begun, moved_at_) >= longest)
      round.over({look.met, over && !look.lacking});
    else
      waiting.push_back(std::move(round));
  }
  // What was called may have begun another.
  rounds_.insert(rounds_.end(), std::make_move_iterator(waiting.begin()),
                 std::make_move_iterator(waiting.end()));
  if (!rounds_.empty()) next_.start(look_pause);
}

}  // namespace ssblog
