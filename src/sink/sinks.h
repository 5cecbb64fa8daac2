// SPDX-License-Identifier: MIT
// sink/sinks.h - all sinks of a daemon: woken when the store has news, ended together.
//
// Used by the daemon. On the loop's thread.
#pragma once

#include "loop/watch.h"
#include "sink/sink.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

class Sinks {
 public:
  /// Borrows the loop. `environment` is that of each; there is a store.
  Sinks(Loop& loop, const std::vector<SinkSettings>& settings, const Sink::Environment& environment);

  void start();
  /// As Sink::stop, of all; calls nothing of `environment` any more then.
  void stop(const std::function<void()>& stopped);

  std::vector<SinkState> states() const;

 private:
  void watch();

  Loop& loop_;
  const std::string log_path_;  ///< of the store: each commit changes it
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::optional<FileWatch> watch_;
  std::size_t left_ = 0;  ///< to be stopped
  Timer news_, look_;
};

}  // namespace ssblog
