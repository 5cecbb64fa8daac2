// SPDX-License-Identifier: MIT
#include "gossip/hold_watch.h"

#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto doubt_pause = 1s;

}  // namespace

HoldWatch::HoldWatch(Scheduler& scheduler, Chores& chores, Events events)
    : scheduler_(scheduler),
      chores_(chores),
      events_(std::move(events)),
      doubt_soon_(scheduler, [this] { doubt(); }) {}

Result<void> HoldWatch::start(PeerBook& book) {
  auto claims = book.claims();
  if (!claims) return claims.error();
  for (const auto& [host, claimed] : *claims) claims_.take(host, claimed, scheduler_.now());
  if (!claims_.empty()) doubt_soon_.start(OwnClaims::patience);
  return {};
}

void HoldWatch::own_feed_ahead(const FeedId& host, Seq claimed) {
  if (!claims_.take(host, claimed, scheduler_.now())) return;
  events_.claimed(host, claimed);
  held_ = true;
  chores_.add([host, claimed](Batch& batch) { return note_claim(batch, host, claimed); }, true);
  events_.ask();
  if (!doubt_soon_.running()) doubt_soon_.start(OwnClaims::patience);
}

void HoldWatch::copy_met(const std::string& where) {
  chores_.add([where](Batch& batch) { return note_copy(batch, where); }, true);
  // It may have signed what we lack.
  if (!std::exchange(held_, true)) events_.ask();
}

/// A claim that nobody proves must not keep this host from publishing.
void HoldWatch::doubt() {
  for (const FeedId& host : claims_.fallen(scheduler_.now(), events_.is_connected, events_.is_known)) {
    events_.fallen(host);
    chores_.add([host](Batch& batch) { return note_asked(batch, host); });
  }
  if (!claims_.empty()) doubt_soon_.start(doubt_pause);
}

HoldWatch::Change HoldWatch::settle(Hold hold) {
  if (hold != Hold::none) {
    if (std::exchange(held_, true)) return Change::none;
    events_.ask();
    return Change::begun;
  }
  if (!std::exchange(held_, false)) return Change::none;
  claims_.clear();
  return Change::over;
}

}  // namespace ssblog
