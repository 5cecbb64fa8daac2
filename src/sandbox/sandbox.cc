// SPDX-License-Identifier: MIT
#include "sandbox/sandbox.h"

#include "sandbox/call_filter.h"

#include <fmt/format.h>

#ifdef __linux__
#include <sys/prctl.h>

#include <filesystem>
#include <iterator>
#endif

namespace ssblog {
namespace {

#ifdef __linux__

/// Limits on files bind the thread that asks for them: one that runs already would stay free.
Result<void> alone() {
  std::error_code failed;
  std::filesystem::directory_iterator thread("/proc/self/task", failed);
  if (failed) return Error{Code::unavailable, "/proc does not say how many threads there are"};
  if (std::distance(thread, {}) != 1) return Error{Code::unavailable, "there are threads already"};
  return {};
}

Result<void> renounce_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) return {};
  return Error{Code::unavailable, "this kernel does not know no-new-privs"};
}

#else

Result<void> alone() { return {}; }
Result<void> renounce_privileges() {
  return Error{Code::unavailable, "this system has nothing of what Linux has"};
}

#endif

/// The tools in such a build look at the process from outside, and write where they like.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool instrumented = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool instrumented = true;
#else
constexpr bool instrumented = false;
#endif
#else
constexpr bool instrumented = false;
#endif

}  // namespace

std::string enter_sandbox(const FilePlan& plan, bool only_serves) {
  if (instrumented) return "none; this build has a sanitizer in it";
  if (auto renounced = renounce_privileges(); !renounced)
    return fmt::format("none; {}", renounced.error().text);
  std::string force = "no new privileges", lack;
  const auto note = [&](const Result<void>& done, std::string_view name) {
    (done ? force : lack) += done ? fmt::format(", {}", name) : fmt::format("; {}", done.error().text);
  };
  auto files = alone();
  if (files) files = limit_files(plan);
  note(files, plan.read_all ? "limits on written files" : "limits on files");
  const bool programs = plan.run_all || !plan.run.empty();
  note(filter_calls({.programs = programs, .only_serves = only_serves}), "a filter of system calls");
  return fmt::format("{}{}", force, lack);
}

}  // namespace ssblog
