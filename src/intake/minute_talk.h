// SPDX-License-Identifier: MIT
// intake/minute_talk.h - what senders do wrong, said once a minute for each sender and reason, with the count.
//
// Used by the receivers, whose senders must not fill the log. Memory is bounded: what finds no place is said of all the
// other senders together. On the loop's thread.
#pragma once

#include "loop/timer.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace ssblog {

class MinuteTalk {
 public:
  using Say = std::function<void(const std::string& sentence)>;

  static constexpr std::size_t most = 100;  ///< pairs of sender and reason
  static constexpr std::chrono::seconds window{60};

  /// `what` is done with them: "syslog: dropped"; `thing` is one of them: "datagram".
  MinuteTalk(Scheduler& scheduler, std::string what, std::string thing, Say say);

  /// The first one of a minute is said at once, the others at its end.
  void count(std::string_view sender, std::string_view reason, std::uint64_t number = 1);

  /// What was counted and not said yet; at the end.
  void settle();

 private:
  struct Kind {
    std::uint64_t unsaid = 0;
  };
  void tell(const std::string& kind, std::uint64_t number, bool more);

  const std::string what_, thing_;
  const Say say_;
  std::map<std::string, Kind> kinds_;  ///< by "SENDER: REASON"
  Timer minute_;
};

}  // namespace ssblog
