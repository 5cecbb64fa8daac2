// SPDX-License-Identifier: MIT
// intake/command_run.h - a command from its start to its end: its output passed on and recorded, its signals and its
// terminal as they would be without us.
//
// Used by run. Bytes go to our own stdout and stderr as they come, and to a Courier with the time at which they were
// read. One object a process, on its main thread.
#pragma once

#include "feed/event_content.h"
#include "intake/courier.h"
#include "intake/signal_pipe.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct CommandPlan {
  std::vector<std::string> command;                  ///< and its words
  std::optional<std::chrono::milliseconds> timeout;  ///< then SIGTERM
  std::chrono::milliseconds kill_after{10'000};      ///< ... and so much later SIGKILL
  bool only_if_failed = false;                       ///< output counts only when the command failed
  std::function<Millis()> clock;                     ///< ms since 1970
  std::function<void(std::string_view)> say;         ///< tells the user of trouble
};

/// The streams, by their places in the packer's plan.
inline constexpr std::size_t stdout_stream = 0;
inline constexpr std::size_t stderr_stream = 1;

/// Runs the command until it has ended and its output was read to the end. A process that it left behind and that keeps
/// the output open is waited for as long as it writes, with pauses of half a second, and for five seconds at most.
/// The status is what this process has to exit with: 124 when the time was up, 126 and 127 for a command that could not be
/// started.
JobEnd run_command(const CommandPlan& plan, const SignalPipe& signals, Courier& courier);

}  // namespace ssblog
