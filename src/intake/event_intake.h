// SPDX-License-Identifier: MIT
// intake/event_intake.h - the daemon's taking of events: collects what the receivers put in, and has it published on a
// worker, with each receiver's cursor in the same transaction.
//
// Receivers (kernel, journal, syslog, datagrams) live on the loop's thread and hold an EventInlet. What is put in waits in
// a queue of bounded bytes; what does not fit is counted, and becomes a `loss` record when there is room again.
#pragma once

#include "intake/event.h"

#include <functional>
#include <optional>
#include <string>

namespace ssblog {

/// A receiver's way in. On the loop's thread.
class EventInlet {
 public:
  virtual ~EventInlet() = default;
  /// False: there is no room. Who can hold its sender back (kernel, journal, TCP) keeps the event and goes on when
  /// `when_room` is called; for others (datagrams) it is counted here as lost.
  virtual bool put(Event event) = 0;
  /// The same, and when it is committed the cursor is, too: what a receiver needs to go on behind it.
  virtual bool put(Event event, std::string cursor) = 0;
  /// Records that were lost before they came here.
  virtual void lose(LostEvents lost) = 0;
  /// The cursor that was committed last; empty: none.
  virtual const std::string& cursor() const = 0;
  /// Called each time when room was made after `put` said false.
  virtual void when_room(std::function<void()> call) = 0;
};

}  // namespace ssblog
