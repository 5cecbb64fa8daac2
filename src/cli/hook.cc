// SPDX-License-Identifier: MIT
#include "cli/hook.h"

#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

extern char** environ;

namespace ssblog {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto first_pause = 2ms;
constexpr auto longest_pause = 100ms;

/// The child's part: only what is safe behind fork in a process with threads.
[[noreturn]] void become(char* const* words, char** environment, int input) {
  ::setpgid(0, 0);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGXFSZ}) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::dup2(input, STDIN_FILENO) >= 0 && ::dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) {
    environ = environment;
    ::execvp(words[0], words);
  }
  ::_exit(errno == ENOENT ? 127 : 126);
}

/// As much as it takes; who reads nothing misses nothing.
void give(File& to, std::string_view& input) {
  if (to.get() < 0) return;
  while (!input.empty()) {
    const ssize_t written = ::write(to.get(), input.data(), input.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) return;
    if (written < 0) break;
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  to = File();
}

Result<void> as_result(const std::string& command, int status) {
  if (WIFSIGNALED(status))
    return Error{Code::failed, fmt::format("{} was ended by signal {}", command, WTERMSIG(status))};
  if (WEXITSTATUS(status) == 0) return {};
  return Error{Code::failed, WEXITSTATUS(status) == 127
                                 ? fmt::format("{}: there is no such command", command)
                                 : fmt::format("{} ended with {}", command, WEXITSTATUS(status))};
}

}  // namespace

Result<void> run_hook(std::span<const std::string> words, const Environment& more, std::string_view input,
                      std::chrono::milliseconds patience, const std::function<bool()>& stopped) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return Error{Code::unavailable, fmt::format("cannot make a pipe: {}", std::strerror(errno))};
  File from(ends[0]), to(ends[1]);
  ::fcntl(to.get(), F_SETFL, O_NONBLOCK);
  const std::vector<std::string> kept(words.begin(), words.end());
  const std::vector<std::string> variables = child_environment(more);
  std::vector<char*> argv = pointers_to(kept), environment = pointers_to(variables);
  const auto deadline = Clock::now() + patience;
  const pid_t pid = ::fork();
  if (pid == 0) become(argv.data(), environment.data(), from.get());
  if (pid < 0)
    return Error{Code::unavailable, fmt::format("cannot run {}: {}", kept.front(), std::strerror(errno))};
  ::setpgid(pid, pid);  // by both, so that it is so whoever comes first
  from = File();
  bool is_stopped = false;
  for (auto pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
    give(to, input);
    int status = 0;
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) return as_result(kept.back(), status);
    if (ended < 0 && errno != EINTR)
      return Error{Code::unavailable,
                   fmt::format("cannot wait for {}: {}", kept.back(), std::strerror(errno))};
    is_stopped = stopped && stopped();
    if (is_stopped || Clock::now() >= deadline) break;
    std::this_thread::sleep_for(pause);
  }
  ::kill(-pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
  if (is_stopped) return Error{Code::failed, fmt::format("{} was killed: it is time to stop", kept.back())};
  return Error{Code::failed, fmt::format("{} was killed: it took longer than {} s", kept.back(),
                                         std::chrono::duration_cast<std::chrono::seconds>(patience).count())};
}

}  // namespace ssblog
