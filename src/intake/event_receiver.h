// SPDX-License-Identifier: MIT
// intake/event_receiver.h - what takes events from outside and puts them into an EventInlet; one for each kind of source.
//
// Used by the daemon. On the loop's thread. A receiver that is in trouble says so once, and tries again by itself.
#pragma once

#include "intake/event_inlet.h"
#include "intake/event_source.h"
#include "loop/loop.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ssblog {

/// A line for the log.
using EventSay = std::function<void(bool trouble, const std::string& text)>;

/// What a receiver that listens needs of its owner.
struct ReceiverOptions {
  EventSource source;
  std::vector<std::string> own_names;  ///< of this host
  std::function<Millis()> clock;       ///< ms since 1970
  EventSay say;
};

/// Takes nothing any more when it goes.
class EventReceiver {
 public:
  EventReceiver() = default;
  EventReceiver(const EventReceiver&) = delete;
  EventReceiver& operator=(const EventReceiver&) = delete;
  virtual ~EventReceiver() = default;
  /// Begins to take. The inlet knows its cursor by now.
  virtual void start() = 0;
  /// SIGHUP came: what it has read of files is to be read again.
  virtual void reload() {}
};

/// The receiver of a source. `clock`: ms since 1970. Loop and inlet must outlive it.
/// @return Code::config for a source that cannot be.
Result<std::unique_ptr<EventReceiver>> make_receiver(Loop& loop, const EventSource& source, EventInlet& inlet,
                                                     std::function<Millis()> clock, EventSay say);

}  // namespace ssblog
