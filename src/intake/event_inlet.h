// SPDX-License-Identifier: MIT
// intake/event_inlet.h - a receiver's way in: where the kernel, the journal, syslog senders and applications put events.
//
// Receivers live on the loop's thread and hold an EventInlet each; EventQueue is one. What is put in waits in a queue of
// bounded bytes until it is committed.
#pragma once

#include "intake/event.h"

#include <functional>
#include <string>

namespace ssblog {

/// On the loop's thread.
class EventInlet {
 public:
  virtual ~EventInlet() = default;
  /// False: there is no room, and the event is as it was. Who can hold its sender back (kernel, journal, TCP) keeps it
  /// and goes on when `when_room` calls; others (datagrams) count it with `lose`.
  virtual bool put(Event&& event) = 0;
  /// The same, and when it is committed the cursor is, too: what a receiver needs to go on behind it.
  virtual bool put(Event&& event, std::string cursor) = 0;
  /// Records that were lost before they came here. There is always room for the count.
  virtual void lose(LostEvents lost) = 0;
  /// The same, and when the count is committed the cursor is, too, so that it is counted once.
  virtual void lose(LostEvents lost, std::string cursor) = 0;
  /// The cursor that was committed last; empty: none.
  virtual const std::string& cursor() const = 0;
  /// Called each time when room was made after `put` said false; an empty function ends it.
  virtual void when_room(std::function<void()> call) = 0;
};

}  // namespace ssblog
