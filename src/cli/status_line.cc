// SPDX-License-Identifier: MIT
#include "cli/status_line.h"

#include "board/board.h"
#include "cli/board_check.h"
#include "cli/own_feed.h"
#include "cli/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ssblog {

StatusLine::StatusLine(Scheduler& scheduler, Options options)
    : scheduler_(scheduler), options_(std::move(options)), next_(scheduler, [this] { look(); }) {
  next_.start(options_.interval);
}

void StatusLine::look() {
  ticket_ = run_on_worker(
      scheduler_, [options = options_, state = options_.state()] { return line_of(options, state); },
      [this](const std::string& line) {
        options_.say("status: " + line);
        next_.start(options_.interval);
      });
}

std::string StatusLine::line_of(const Options& options, const DaemonState& state) {
  const auto look = [&]() -> Result<Board> {
    auto store = open_to_read(options.home);
    if (!store) return store.error();
    return read_board(*store, onlooker(options.own, options.not_seen, state), clock_now());
  };
  const auto board = look();
  if (!board) return board.error().text;
  const std::size_t connected = connected_in(state);
  std::uint64_t messages = 0, behind = 0;
  for (const BoardHost& host : board->hosts) {
    messages += host.messages;
    behind += host.behind;
  }
  std::string jobs = check_board(*board, state.troubles).line;
  // The counts for machines stand behind the bar.
  jobs.resize(std::min(jobs.find(" | "), jobs.size()));
  return fmt::format("{} host{} connected, {} messages of {} feeds here, {} elsewhere; jobs {}", connected,
                     connected == 1 ? "" : "s", messages, board->hosts.size(), behind, jobs);
}

}  // namespace ssblog
