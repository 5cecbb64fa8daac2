// SPDX-License-Identifier: MIT
// intake/kernel_receiver.h - the kernel's log into an inlet: /dev/kmsg from the oldest record on, crash logs of the last
// boot before it.
//
// Made by make_receiver. The device is read as it says that there is something; what finds no room stays in the kernel's
// buffer, and what is overwritten there is counted by the numbers of the records. On the loop's thread.
#pragma once

#include "intake/event_receiver.h"
#include "intake/kmsg.h"
#include "loop/timer.h"
#include "loop/watch.h"
#include "store/files.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

class KernelReceiver final : public EventReceiver {
 public:
  KernelReceiver(Loop& loop, const EventSource& source, EventInlet& inlet, std::function<Millis()> clock,
                 EventSay say);
  ~KernelReceiver() override;
  void start() override;

 private:
  struct Waiting {
    Event event;
    std::string cursor;
  };
  void read_crashes();
  void open();
  void read();
  void take(std::string_view record, Millis clock_minus_up);
  bool put(Event&& event);
  void go_on();
  void rest();
  void trouble(const std::string& text);

  Loop& loop_;
  const EventSource source_;
  const std::string stream_;
  EventInlet& inlet_;
  const std::function<Millis()> clock_;
  const EventSay say_;
  std::string boot_;  ///< 32 hex digits; empty: the system does not say
  std::optional<KernelLog> log_;
  std::vector<Waiting> waiting_;  ///< found no room, in order: crash logs, or the record that was read last
  File device_;
  std::optional<ReadWatch> watch_;
  bool resting_ = false;  ///< nothing is read, though the watch may call
  bool broken_ = false;   ///< the device is to be opened again
  std::string told_;      ///< trouble that was told last
  bool found_wrong_ = false;
  std::chrono::milliseconds pause_;
  Timer rest_, again_;
};

}  // namespace ssblog
