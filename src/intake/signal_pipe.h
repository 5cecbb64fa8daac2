// SPDX-License-Identifier: MIT
// intake/signal_pipe.h - signals as bytes of a pipe, for a program that passes them on to another.
//
// Used by run. Signals that were ignored when the program began stay so (`nohup`). Handlers, and not SIG_IGN, stand for
// the others, since what is ignored would be ignored by a command that we start. One object a process; it lasts to the
// end of the process.
#pragma once

#include "feed/result.h"
#include "store/files.h"

#include <csignal>
#include <optional>

namespace ssblog {

class SignalPipe {
 public:
  struct Note {
    int signal = 0;
    bool by_process = false;  ///< by kill(2); otherwise the terminal sent it to its whole group
  };

  /// From now on SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT and SIGCHLD are noted, and a closed
  /// pipe is an error of write.
  static Result<SignalPipe> open();

  /// Readable when there is a note.
  int descriptor() const { return read_.get(); }
  std::optional<Note> next() const;

  /// No signal comes to this thread from here on, until `let_through`.
  void hold_back() const;
  void let_through() const;

  /// In a child, before it executes a command: signals are as this process found them.
  void restore() const;

 private:
  SignalPipe() = default;
  File read_, write_;
  sigset_t before_{};  ///< the mask
  bool child_ignored_ = false, pipe_ignored_ = false;
};

}  // namespace ssblog
