// SPDX-License-Identifier: MIT
// intake/child.h - a command as a process: started as its words say, signalled, waited for.
//
// Used by run. No shell is between. stdin is inherited; nothing else that this process has open is. One thread.
#pragma once

#include "intake/signal_pipe.h"

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <variant>

namespace ssblog {

/// Why a command does not run.
struct NotStarted {
  int exit_code = 126;  ///< 127: there is no such command
  std::string reason;   ///< in a few words
  std::string text;     ///< a sentence
};

class Child {
 public:
  struct Streams {
    File out, err;  ///< where the command's stdout and stderr are read; reading never waits
  };
  struct Started;

  /// Starts `words` with execvp. A command without a terminal leads a process group of its own, so that all that it
  /// started can be signalled together; one with a terminal stays in ours, where Ctrl-C and Ctrl-Z reach it as ever.
  static std::variant<Started, NotStarted> start(std::span<const std::string> words,
                                                 const SignalPipe& signals);

  /// It is in our process group: what the terminal sends has reached it already.
  bool shares_terminal() const { return shares_terminal_; }

  /// Sends a signal to its group, or to it alone where it shares the terminal. Nothing happens once it has ended.
  void signal(int number) const;

  struct Change {
    bool stopped = false;       ///< stopped; otherwise it has ended
    int status = 0;             ///< that it exited with
    std::optional<int> signal;  ///< that ended or stopped it
  };
  /// What has happened to it since the last call. Never waits.
  std::optional<Change> look();

 private:
  Child(pid_t pid, bool shares_terminal) : pid_(pid), shares_terminal_(shares_terminal) {}
  pid_t pid_;
  bool shares_terminal_;
  bool ended_ = false;
};

struct Child::Started {
  Child child;
  Streams streams;
};

}  // namespace ssblog
