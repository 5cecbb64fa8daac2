// SPDX-License-Identifier: MIT
// sink/sink_program.h - the program of a sink while it runs: what it is given, what it took, what it says, how it is ended.
//
// Used by Sink. It leads a process group, so that what a shell starts ends with it. On the loop's thread.
#pragma once

#include "loop/child_process.h"
#include "loop/timer.h"
#include "sink/program_talk.h"
#include "sink/sink_settings.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace ssblog {

class SinkProgram {
 public:
  struct Events {
    std::function<void()> took;                         ///< more than before
    std::function<void(const std::string&)> said;       ///< a line for the log
    std::function<void(const std::string& how)> ended;  ///< "ended with 1: no such host"; "" is a good end
  };

  /// Code::unavailable when there is no such program.
  static Result<std::unique_ptr<SinkProgram>> start(Loop& loop, const SinkSettings& settings, Events events);
  SinkProgram(const SinkProgram&) = delete;
  SinkProgram& operator=(const SinkProgram&) = delete;

  /// `lines`: so many are in the text.
  void give(std::string_view text, std::uint64_t lines);
  void end_input();
  /// Asks it to end, and after a while makes it.
  void end();

  /// Since it started, as far as it is known: bytes (SinkAck::read), lines (SinkAck::reply).
  std::uint64_t bytes_taken() const { return bytes_taken_; }
  std::uint64_t lines_taken() const { return count_.lines(); }
  std::chrono::milliseconds runs_for() const { return loop_.now() - started_; }

 private:
  SinkProgram(Loop& loop, SinkAck ack, Events events);
  void look();
  void look_at_read();
  void break_off(std::string why);
  void reply(ByteView bytes);
  void tell(const std::vector<std::string>& lines);
  void ended(const ChildProcess::Exit& exit);

  Loop& loop_;
  const SinkAck ack_;
  Events events_;
  std::unique_ptr<ChildProcess> child_;
  const std::chrono::milliseconds started_;
  std::uint64_t given_ = 0, lines_given_ = 0, bytes_taken_ = 0;
  TakenCount count_;
  ErrorTalk errors_;
  std::string broke_;  ///< why it is ended by us; empty: it is not
  bool over_ = false;
  std::chrono::milliseconds look_pause_;
  Timer look_soon_, closed_late_, kill_late_, over_late_;
};

}  // namespace ssblog
