// SPDX-License-Identifier: MIT
#include "intake/loss_tally.h"

#include <utility>

namespace ssblog {

LossTally::LossTally(Scheduler& scheduler, EventInlet& inlet, std::string stream,
                     std::function<Millis()> clock, std::function<void()> settle)
    : inlet_(inlet),
      stream_(std::move(stream)),
      clock_(std::move(clock)),
      settle_(std::move(settle)),
      soon_(scheduler, [this] { flush(); }) {}

void LossTally::add(const std::string& reason, std::uint64_t records) {
  const bool known = lost_.contains(reason) || lost_.size() < most;
  lost_[known ? reason : "of further senders"] += records;
  wake();
}

void LossTally::wake() {
  if (!soon_.running()) soon_.start(pause);
}

void LossTally::flush() {
  if (settle_) settle_();
  soon_.stop();
  for (const auto& [reason, records] : std::exchange(lost_, {}))
    inlet_.lose({stream_, clock_(), records, reason});
}

}  // namespace ssblog
