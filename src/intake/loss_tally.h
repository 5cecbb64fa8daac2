// SPDX-License-Identifier: MIT
// intake/loss_tally.h - records of a receiver that are lost, gathered for a second and then told.
//
// A flood loses by the hundred each turn; a `loss` record for each would be a flood of its own. On the loop's thread.
#pragma once

#include "intake/event_inlet.h"
#include "loop/timer.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace ssblog {

class LossTally {
 public:
  static constexpr std::chrono::milliseconds pause{1'000};
  static constexpr std::size_t most = 100;  ///< reasons that are told apart

  /// `settle`, if there is one, is called before something is told, and may add to it.
  LossTally(Scheduler& scheduler, EventInlet& inlet, std::string stream, std::function<Millis()> clock,
            std::function<void()> settle = {});

  void add(const std::string& reason, std::uint64_t records);
  /// `settle` has something to say soon.
  void wake();
  /// Tells what there is; at the end.
  void flush();

 private:
  EventInlet& inlet_;
  const std::string stream_;
  const std::function<Millis()> clock_;
  const std::function<void()> settle_;
  std::map<std::string, std::uint64_t> lost_;
  Timer soon_;
};

}  // namespace ssblog
