// SPDX-License-Identifier: MIT
#include "cli/pager.h"

#include "feed/result.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ssblog {
namespace {

std::atomic<pid_t> running = -1;

std::string pager_command() {
  for (const char* name : {"SSBLOG_PAGER", "PAGER"}) {
    if (const char* command = std::getenv(name); command != nullptr) return command;
  }
  return "less";
}

/// True: it could not be run, as the shell says, so nobody saw anything.
bool wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127);
}

/// May be called by a handler of signals.
[[noreturn]] void end_without_pager() {
  constexpr std::string_view text =
      "ssblog: the pager cannot be run; --no-pager shows the lines without one, SSBLOG_PAGER names another\n";
  [[maybe_unused]] const ssize_t heard = ::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(static_cast<int>(Code::unavailable));
}

/// The person quit the pager, or pressed Ctrl-C: the terminal is the pager's until that has ended.
void end_with_pager(int signal) {
  const pid_t child = running.load();
  if (child > 0) {
    ::close(STDOUT_FILENO);
    if (wait_for(child)) end_without_pager();
  }
  ::_exit(signal == SIGPIPE ? 0 : 128 + signal);
}

}  // namespace

Pager::Pager() {
  const std::string command = pager_command();
  if (command.empty() || command == "cat") return;
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return;
  child_ = ::fork();
  if (child_ == 0) {
    ::dup2(ends[0], STDIN_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    // As journalctl sets them: colours pass, long lines are chopped, one page ends at once, Ctrl-C quits.
    ::setenv("LESS", "FRSXMK", 0);
    ::setenv("LESSCHARSET", "utf-8", 0);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(ends[0]);
  if (child_ < 0) {
    ::close(ends[1]);
    return;
  }
  running = child_;
  ::dup2(ends[1], STDOUT_FILENO);
  ::close(ends[1]);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) std::signal(signal, end_with_pager);
}

Pager::~Pager() {
  if (child_ < 0) return;
  std::fflush(stdout);
  ::close(STDOUT_FILENO);
  running = -1;
  if (wait_for(child_)) end_without_pager();
}

}  // namespace ssblog
