// SPDX-License-Identifier: MIT
// hostile/suite.h - runs cases, and looks during and after each whether the daemon is what it was.
#pragma once

#include "hostile/honest.h"
#include "hostile/message_cases.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ssblog::hostile {

class Suite {
 public:
  /// `sanitized`: the daemon takes more memory, and more time.
  Suite(World& world, bool sanitized) : world_(world), sanitized_(sanitized) {}

  /// What the daemon costs now is what it may cost in the end, and a bound more.
  void begin();
  void run(const Cases& cases);
  /// Each false message by ebt.replicate, and by createHistoryStream; `feeds` are wanted by the daemon and have three
  /// messages, two of them for each of `all`.
  void run(const std::vector<FalseMessage>& all, const std::vector<OwnFeed>& feeds);
  /// So many connections of each kind, and one more.
  void run_limits();
  /// Many connections at once.
  void run_floods();
  /// Datagrams into the ear of the LAN.
  void run_datagrams();
  /// Connections that say a byte now and then: begun first, looked at last.
  void begin_slow();
  void end_slow();
  /// What must be true of the daemon at the end of all; it is stopped.
  void end();

  std::size_t count() const { return count_; }
  std::size_t failures() const { return failures_; }
  /// The longest that an honest host waited between two cases, or during one.
  milliseconds slowest() const { return slowest_; }

 private:
  void begin_case(std::string name);
  void fail(std::string_view why);
  /// True if so; else it is a failure of this case.
  bool check(bool so, std::string_view otherwise);
  void check_served(std::string_view when);
  void run(const Case& one);
  void run_by_ebt(const FalseMessage& one, const OwnFeed& feed);
  void run_by_history(const std::vector<FalseMessage>& all, std::span<const OwnFeed> feeds);
  void run_idle(std::size_t connections, Depth depth, const std::string& what);
  bool is_served_in_flood(const std::function<void(const std::string& address)>& attack, bool one_address);
  void run_limits_of_silence();
  void run_limits_of_strangers();
  void run_limit_of_all();
  void run_limits_of_guests();
  void run_limits_of_programs();
  void run_halves();
  void run_greedy();
  void check_settled();

  World& world_;
  const bool sanitized_;
  Cost begun_;
  std::size_t most_bytes_ = 0;
  milliseconds slowest_{0};
  std::string name_;
  std::size_t count_ = 0;
  std::size_t failures_ = 0;
  std::thread slow_;
  std::size_t slow_cut_ = 0;    ///< of the thread, until it is joined
  milliseconds silent_for_{0};  ///< how long one was kept that said nothing; likewise
};

}  // namespace ssblog::hostile
