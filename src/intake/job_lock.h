// SPDX-License-Identifier: MIT
// intake/job_lock.h - one run of a job at a time.
//
// Used by run --lock. The lock is the operating system's: it goes with the process that holds it, however that ends.
#pragma once

#include "feed/record.h"
#include "store/files.h"

#include <optional>
#include <string>
#include <variant>

namespace ssblog {

class JobLock {
 public:
  /// Who has it.
  struct Holder {
    std::optional<int> process;
    std::optional<Millis> since;
  };

  /// Takes the lock of a job of a home. It lies in the home, or, where this user cannot write there (or `home` is empty:
  /// there is none), in XDG_RUNTIME_DIR or /tmp. Code::cannot_create when it can be nowhere.
  static Result<std::variant<JobLock, Holder>> take(const std::string& home, const std::string& job,
                                                    Millis now);

 private:
  explicit JobLock(File file) : file_(std::move(file)) {}
  File file_;
};

}  // namespace ssblog
