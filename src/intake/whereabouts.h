// SPDX-License-Identifier: MIT
// intake/whereabouts.h - at which path of the file system a worker is, for whoever waits for the worker.
//
// A call to a file system may never come back: its server is away. FileIntake looks at the whereabouts of its worker, and
// gives the worker up when one call lasts too long. Exactly one of two happens: the call came back, or the worker was
// given up inside it. So a worker that was given up is never inside a transaction, and it never begins one.
// Two threads: the worker calls `enter` and `leave`, the other one the rest. There is no lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace ssblog {

class Whereabouts {
 public:
  /// The worker calls the file system about a path from here on. False: it was given up, and may not.
  bool enter(const std::string& path);
  /// The call came back. False: the worker was given up meanwhile, and what the call told counts for nothing.
  bool leave();
  bool given_up() const { return state_.load(std::memory_order_acquire) == over; }

  /// The number of the call that is under way; 0: none is.
  std::uint64_t call() const;
  /// Gives the worker up if it is in this call still. From then on `path` stays as it is.
  bool give_up(std::uint64_t call);
  /// Where it was given up; may be asked for only then.
  const std::string& path() const { return path_; }

 private:
  static constexpr std::uint64_t over = 0;  ///< else twice the number of calls, plus 1 inside one
  std::atomic<std::uint64_t> state_ = 2;
  std::string path_;
};

}  // namespace ssblog
