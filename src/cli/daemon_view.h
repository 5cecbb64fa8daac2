// SPDX-License-Identifier: MIT
// cli/daemon_view.h - the view as a child of the daemon: the program ssblog-view, started again when it ends.
//
// Used by the daemon, where config.toml has [view]. The child is held by its stdin: however the daemon ends, it ends too.
// Nothing here waits for it. On the loop's thread.
#pragma once

#include "cli/view_program.h"
#include "loop/child_process.h"
#include "loop/timer.h"
#include "sink/backoff.h"
#include "sink/program_talk.h"
#include "store/daemon_state.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

class DaemonView {
 public:
  struct Options {
    Home home;
    ViewPlace place;
    FeedId own;
    bool sandboxed = true;
    std::function<void(bool trouble, const std::string& text)> log;  ///< a sentence
    std::function<void()> changed;                                   ///< its standing
  };

  /// Borrows the loop.
  DaemonView(Loop& loop, Options options);
  DaemonView(const DaemonView&) = delete;
  DaemonView& operator=(const DaemonView&) = delete;

  /// There is a store.
  void start();
  /// Has it end; `stopped` is called when it has.
  void stop(std::function<void()> stopped);

  ViewState state() const { return state_; }

 private:
  void run();
  Result<void> run_program();
  void heard(ByteView bytes);
  void said(ByteView bytes);
  void ended(const ChildProcess::Exit& exit);
  void rest(const std::string& why);
  void say(bool trouble, const std::string& text) const;

  Loop& loop_;
  const Options options_;
  ViewState state_;
  std::string last_why_;  ///< why it ended, as the log says it
  std::string told_;      ///< where it serves, as the log says it
  std::string port_line_;
  bool serves_ = false;
  std::unique_ptr<ChildProcess> child_,
      ended_child_;  ///< the second one's callback may still be on the stack
  ErrorTalk errors_;
  std::vector<std::string> first_words_;  ///< said before it served; the last tells why it could not
  std::chrono::milliseconds started_{};
  Backoff backoff_;
  std::function<void()> stopped_;
  bool stopping_ = false;
  Timer again_, kill_late_, over_late_;
};

}  // namespace ssblog
