// SPDX-License-Identifier: MIT
// intake/journal_receiver.h - systemd's journal into an inlet, through journalctl.
//
// Made by make_receiver. journalctl runs as a child for as long as this lives, and is started again when it ends, behind
// the last entry that came. What finds no room holds journalctl back. On the loop's thread.
#pragma once

#include "intake/event_receiver.h"
#include "intake/journal_export.h"
#include "loop/child_process.h"
#include "loop/timer.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

class JournalReceiver final : public EventReceiver {
 public:
  JournalReceiver(Loop& loop, const EventSource& source, EventInlet& inlet, std::function<Millis()> clock,
                  EventSay say);
  ~JournalReceiver() override;
  void start() override;

 private:
  struct Waiting {
    Event event;
    std::string cursor;
  };
  std::vector<std::string> words() const;
  void run_child();
  void take(ByteView bytes);
  void read_on();
  void go_on();
  void ended(const ChildProcess::Exit& exit);
  void trouble(const std::string& text);

  Loop& loop_;
  const EventSource source_;
  const std::string stream_;
  EventInlet& inlet_;
  const std::function<Millis()> clock_;
  const EventSay say_;
  std::unique_ptr<ChildProcess> child_;
  std::optional<ChildProcess::Exit> exit_;  ///< it has ended, while something of it waited
  JournalExport export_;
  bool broken_ = false;             ///< what the child says cannot be read any more
  ByteBuf held_;                    ///< came, and is not read yet: there was no room
  std::optional<Waiting> waiting_;  ///< the entry that found no room
  std::string cursor_;              ///< of the last one that was put
  std::string last_words_;          ///< what journalctl said last
  std::string told_;                ///< trouble that was told last
  std::chrono::milliseconds pause_;
  Timer soon_, again_;
};

}  // namespace ssblog
