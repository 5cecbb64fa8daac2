// SPDX-License-Identifier: MIT
// sink/sink.h - one sink: a program that is given the lines of the store as they come, and its cursor.
//
// Used by Sinks. What it has to read or write in the store is done by a thread of its own, one job at a time; its program
// runs as long as the daemon, or, with SinkAck::exit, for a portion. Nothing here waits, and no sink waits for another.
// On the loop's thread. Its jobs in the store and its end are in sink.cc, its program in sink_giving.cc.
//
// Three places in the feeds: what was given, what of that was taken, what of that is in the store. Between the first and
// the last lie at most `window` bytes, or the lines of one message: so much may come twice after the daemon crashed. When a
// program does, only what it did not take comes again.
#pragma once

#include "sink/backoff.h"
#include "sink/outstanding.h"
#include "sink/portion_reader.h"
#include "sink/sink_program.h"
#include "store/daemon_state.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ssblog {

class Sink {
 public:
  struct Environment {
    std::string store_path;
    std::function<Millis()> clock;                                   ///< ms since 1970
    std::function<void(bool trouble, const std::string& text)> log;  ///< a sentence
    std::function<void()> changed;                                   ///< its state, in a way worth showing
  };

  /// Borrows the loop.
  Sink(Loop& loop, SinkSettings settings, Environment environment);
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink();

  void start() { look(); }

  /// The store may have something new.
  void news();

  /// Lets the program take what it was given, and end; `stopped` is called when that and the cursor are done with.
  void stop(std::function<void()> stopped);

  SinkState state() const;

 private:
  static constexpr std::chrono::seconds end_patience{2};   ///< at the end, before the next step
  static constexpr std::chrono::seconds longest_run{300};  ///< SinkAck::exit: who takes longer hangs
  enum class Task { open, read, save };
  struct Job {
    Task task = Task::open;
    std::unique_ptr<PortionReader> reader;
    std::optional<SinkCursor> go_on_from;
    std::optional<PortionRest> rest;  ///< to be read instead of what is next
    std::uint64_t most_bytes = 0;
    CursorSteps save;  ///< with whatever else is done
    // What came of it.
    std::optional<Error> error;
    SinkCursor cursor;
    Portion portion;
  };
  enum class Ending { no, letting_take, letting_end, made_to_end };
  static Result<void> work(Job& job, const SinkSettings& settings, const std::string& store_path, Millis now);

  void look();
  bool wants_portion() const;
  std::uint64_t unsettled_bytes() const { return outstanding_.bytes() + unsaved_bytes_ + saving_bytes_; }
  void begin(Task task);
  void finished(Job& job);
  void store_failed(const Error& error);
  void take_portion(Portion portion);
  void give(Portion portion);
  void run_program();
  void took();
  void took_all();
  std::optional<PortionRest> rest_of_portion() const;
  void note(std::uint64_t bytes_before, std::uint64_t lines_before, const CursorSteps& steps);
  void program_ended(const std::string& how);
  void rest(const std::string& why, const std::string& more, std::chrono::milliseconds ran, bool took_some);
  void wind_up();
  void next_ending();
  void end();
  void say(bool trouble, const std::string& text) const;

  Loop& loop_;
  const std::shared_ptr<const SinkSettings> settings_;  ///< a worker may outlive this
  const Environment environment_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::unique_ptr<PortionReader> reader_;  ///< while no worker has it
  bool busy_ = false;                      ///< one has
  bool open_ = false;                      ///< the cursor is known
  bool news_ = true;                       ///< there may be something to read
  bool gathered_ = false;                  ///< SinkAck::exit: it has waited for more
  bool go_back_ = false;                   ///< what is read next follows what was taken, not what was given
  std::optional<PortionRest> rest_;        ///< with `go_back_`: what is to be read first
  SinkCursor taken_;
  std::map<FeedId, FeedMark> unsaved_;  ///< of `taken_`
  std::uint64_t unsaved_bytes_ = 0, saving_bytes_ = 0;
  bool save_now_ = false;

  Outstanding outstanding_;
  std::optional<Portion> held_;  ///< for a program that does not run: what is saved already
  std::unique_ptr<SinkProgram> program_;
  std::unique_ptr<SinkProgram> ended_program_;  ///< whose callback may still be on the stack
  Backoff backoff_;
  std::uint64_t lines_ = 0, failures_ = 0;
  std::string trouble_, store_trouble_;

  bool stopping_ = false;
  Ending ending_ = Ending::no;
  int failed_saves_ = 0;
  std::function<void()> stopped_;
  Timer again_, gather_, save_soon_, retry_, late_, show_soon_, give_up_;
};

}  // namespace ssblog
