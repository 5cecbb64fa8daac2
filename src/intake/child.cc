// SPDX-License-Identifier: MIT
#include "intake/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace ssblog {
namespace {

struct Pipe {
  File read, write;
};

/// Both ends are closed when another program is executed. False: errno says why not.
bool open_pipe(Pipe& pipe) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return false;
  pipe = {File(ends[0]), File(ends[1])};
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  return true;
}

bool has_terminal() { return static_cast<bool>(File(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC))); }

NotStarted explain(const std::string& command, int why) {
  if (why == ENOENT)
    return {127, "not found",
            fmt::format("cannot run {}: there is no such command, or what its first line names is not there",
                        command)};
  if (why == EACCES)
    return {126, "not executable",
            fmt::format("cannot run {}: it is not executable, or this user may not run it", command)};
  return {126, std::strerror(why), fmt::format("cannot run {}: {}", command, std::strerror(why))};
}

}  // namespace

std::variant<Child::Started, NotStarted> Child::start(std::span<const std::string> words,
                                                      const SignalPipe& signals) {
  Pipe out, err;
  Pipe failed;  // brings back why exec failed, and is closed when it did not
  if (!open_pipe(out) || !open_pipe(err) || !open_pipe(failed)) return explain(words[0], errno);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const bool shares_terminal = has_terminal();

  signals.hold_back();
  const pid_t pid = ::fork();
  if (pid == 0) {
    // Only what is safe behind fork in a process with threads.
    if (!shares_terminal) ::setpgid(0, 0);
    int error = 0;
    if (::dup2(out.write.get(), STDOUT_FILENO) < 0 || ::dup2(err.write.get(), STDERR_FILENO) < 0)
      error = errno;
    signals.restore();
    if (error == 0) {
      ::execvp(argv[0], argv.data());
      error = errno;
    }
    [[maybe_unused]] const auto told = ::write(failed.write.get(), &error, sizeof error);
    ::_exit(127);
  }
  const int fork_error = errno;
  // By both, so that it is so whoever comes first.
  if (pid > 0 && !shares_terminal) ::setpgid(pid, pid);
  signals.let_through();
  if (pid < 0) return explain(words[0], fork_error);

  failed.write = File();
  out.write = File();
  err.write = File();
  int why = 0;
  ssize_t got = 0;
  do {
    got = ::read(failed.read.get(), &why, sizeof why);
  } while (got < 0 && errno == EINTR);
  if (got == sizeof why) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
    return explain(words[0], why);
  }
  ::fcntl(out.read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(err.read.get(), F_SETFL, O_NONBLOCK);
  return Started{Child(pid, shares_terminal), {std::move(out.read), std::move(err.read)}};
}

void Child::signal(int number) const {
  if (!ended_) ::kill(shares_terminal_ ? pid_ : -pid_, number);
}

std::optional<Child::Change> Child::look() {
  int status = 0;
  if (ended_ || ::waitpid(pid_, &status, WNOHANG | WUNTRACED) != pid_) return std::nullopt;
  if (WIFSTOPPED(status)) return Change{true, 0, WSTOPSIG(status)};
  ended_ = true;
  if (WIFSIGNALED(status)) return Change{false, 128 + WTERMSIG(status), WTERMSIG(status)};
  return Change{false, WEXITSTATUS(status), std::nullopt};
}

}  // namespace ssblog
