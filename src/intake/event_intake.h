// SPDX-License-Identifier: MIT
// intake/event_intake.h - the daemon's taking of events: collects what the receivers put in, and has it published on a
// worker, with each receiver's cursor in the same transaction.
//
// Receivers (kernel, journal, syslog, datagrams) live on the loop's thread and hold an EventInlet. What comes within 50 ms
// is one transaction. What is put in waits in a queue of bounded bytes: while the store is busy or full, or publishing is
// held, it fills, and receivers hold their senders back or count what they lose. A source with a `buffer` is committed
// when that is three quarters full, each 10 minutes, at the end, and when something of level err or worse came. That it
// gathers what cannot be asked for again is noted in the store once, so that a kill leaves a `loss`.
#pragma once

#include "feed/keys.h"
#include "intake/event_commit.h"
#include "intake/event_inlet.h"
#include "intake/event_queue.h"
#include "intake/event_receiver.h"
#include "intake/event_source.h"
#include "intake/redacted_events.h"
#include "intake/redactor.h"
#include "loop/timer.h"
#include "loop/work.h"
#include "store/home.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ssblog {

class EventIntake {
 public:
  struct Options {
    Home home;
    std::optional<SigningKey> hmac;
    std::string host;                           ///< `source` of what is published
    std::function<Millis()> clock;              ///< ms since 1970
    std::chrono::milliseconds patience{0};      ///< how long a write waits for the store's turn
    std::chrono::milliseconds gather{600'000};  ///< how long a source with a `buffer` waits at most
    /// Masks the secrets of sources that want it; null: nothing is masked.
    std::shared_ptr<const Redactor> redactor;
    EventSay log;
    std::function<void()> published;  ///< something new is in the feed
  };

  EventIntake(Scheduler& scheduler, Options options, const std::vector<EventSource>& sources);
  EventIntake(const EventIntake&) = delete;
  EventIntake& operator=(const EventIntake&) = delete;

  /// The way in of a source, by its place among them; as long as this lives.
  EventInlet& inlet(std::size_t source) { return *lanes_.at(source)->queue; }

  /// Reads the cursors; then calls `ready`, which starts the receivers that need theirs.
  void start(std::function<void()> ready);

  /// Commits all that waits; then, or when that cannot be, calls `stopped`. Nothing is taken from here on.
  void stop(std::function<void()> stopped);

 private:
  /// A source and what waits of it.
  struct Lane {
    std::string name;
    std::string stream;  ///< of what is said of it as a whole
    EventHead head;
    std::unique_ptr<EventQueue> queue;
    bool redact = true;
    EventStates states;     ///< behind what is committed
    bool draining = false;  ///< was due, and is committed until nothing waits
    bool notes = false;     ///< what waits is lost with this program, so that it waits is noted in the store
    bool noted = false;     ///< it is
    bool stuck = false;     ///< what waits could not be packed; it is tried again after a while
    std::string trouble;    ///< that was told last
  };
  /// What goes to the worker, and comes back.
  struct Job {
    std::unique_ptr<EventCommit> commit;
    std::vector<std::pair<std::size_t, EventBatch>> batches;  ///< by the lane
    std::vector<bool> more;                                   ///< of those: the lane has more that waits
    std::vector<std::size_t> notes;                           ///< lanes of which it is noted that they gather
    std::vector<EventStates> states;                          ///< of all lanes
    std::vector<bool> gathered;                               ///< with `cursors`: lanes that were killed so
    std::vector<std::string> cursors;                         ///< of all lanes, when nothing is committed
    Result<Committed> result = Committed{};
  };
  static bool is_to_be_noted(const Lane& lane);
  void changed();
  void run();
  std::unique_ptr<Job> next_job();
  void work_on(std::unique_ptr<Job> job);
  void ended(std::unique_ptr<Job> job);
  void loaded(Job& job);
  void failed(const Error& error);
  void give_up();
  void tell_once(std::string& told, const std::string& text);

  Scheduler& scheduler_;
  const Options options_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<EventCommit> commit_;  ///< while no worker has it; none before the first job
  std::function<void()> ready_, stopped_;
  bool loaded_ = false;  ///< the cursors are known
  bool busy_ = false;
  bool stopping_ = false;
  int failures_ = 0;                     ///< one behind the other, while stopping
  std::string trouble_, guard_trouble_;  ///< told last
  Ticket ticket_;
  Timer soon_, gathered_, retry_, unstick_;
};

}  // namespace ssblog
