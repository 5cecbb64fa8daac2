// SPDX-License-Identifier: MIT
// loop/child_process.h - another program whose output is read on the loop, and which may be given input.
//
// Used by the journal receiver and the sinks.
#pragma once

#include "loop/stream.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

class ChildProcess {
 public:
  struct Exit {
    int status = 0;  ///< that it exited with
    int signal = 0;  ///< that ended it; 0: none
  };
  /// What to start, and how it is tied to us.
  struct Command {
    std::vector<std::string> words;  ///< the first one is found on PATH
    bool takes_in = false;           ///< a pipe is its stdin; else it has none
    bool gives_out = true;           ///< its stdout is read; else it goes nowhere
    bool leads_group = false;        ///< signals go to all that it starts, too
    std::optional<std::vector<std::string>> environment = std::nullopt;  ///< "NAME=value"; none: ours
  };
  struct Events {
    std::function<void(ByteView)> out;  ///< came from its stdout; the view lives as long as the call
    std::function<void(ByteView)> err;  ///< from its stderr
    std::function<void(const Exit&)>
        ended;  ///< it has ended, and all of its output came; the owner may end this as its last act
    /// It has ended; what it started may still hold its output open. May be left out. Nothing may be ended in it.
    std::function<void()> exited = {};
  };

  /// Code::unavailable when there is no such program.
  static Result<std::unique_ptr<ChildProcess>> start(Loop& loop, const Command& command, Events events);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// Sends SIGTERM, if it has not ended, and waits for nothing.
  ~ChildProcess();

  /// Its stdout is not read, so that it soon waits; and is read on.
  void pause() { out_->pause(); }
  void resume() { out_->resume(); }

  /// Gives it bytes behind all that it was given. What it does not take waits here; who closed its stdin gets nothing. SIGPIPE must be
  /// ignored.
  void give(ByteBuf bytes);
  /// Bytes that it was given and has not read: with us, and in the pipe. Nothing once it closed its stdin, or it ended:
  /// what was lost with the pipe is not known.
  std::optional<std::size_t> unread() const;
  /// It closed its stdin, though we did not, or it ended. Looked up, and seen whether anything waits or not.
  bool input_closed() const;
  /// Its stdin ends behind what it was given.
  void end_input();

  /// How it ended; once `exited` was called.
  const Exit& exit() const { return exit_; }

  /// Sends a signal, to its group if it leads one. Nothing once it has ended.
  void send(int signal);

 private:
  ChildProcess() = default;
  void look();

  Handle<uv_process_t> handle_;
  std::unique_ptr<Stream> in_, out_, err_;
  Events events_;
  Exit exit_;
  bool leads_group_ = false;
  bool input_ends_ = false;    ///< as soon as nothing waits here
  bool input_broken_ = false;  ///< it closed its stdin
  bool exited_ = false, out_ended_ = false, err_ended_ = false;
};

}  // namespace ssblog
