// SPDX-License-Identifier: MIT
#include "intake/signal_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ssblog {
namespace {

constexpr std::array noted = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT};

volatile std::sig_atomic_t note_to = -1;

bool is_sent_by_process(const siginfo_t& info) {
#ifdef SI_TKILL
  if (info.si_code == SI_TKILL) return true;
#endif
  return info.si_code == SI_USER || info.si_code == SI_QUEUE;
}

void note(int signal, siginfo_t* info, void*) {
  const int before = errno;
  const SignalPipe::Note what{signal, is_sent_by_process(*info)};
  // A pipe that is full holds thousands of signals already.
  [[maybe_unused]] const auto written = ::write(note_to, &what, sizeof what);
  errno = before;
}

/// @return whether the signal was ignored before.
bool handle(int signal, struct sigaction& action, bool even_if_ignored) {
  struct sigaction before {};
  ::sigaction(signal, nullptr, &before);
  const bool ignored = before.sa_handler == SIG_IGN;
  if (!ignored || even_if_ignored) ::sigaction(signal, &action, nullptr);
  return ignored;
}

}  // namespace

Result<SignalPipe> SignalPipe::open() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return file_error("make", "a pipe", errno);
  SignalPipe pipe;
  pipe.read_ = File(ends[0]);
  pipe.write_ = File(ends[1]);
  for (const int end : ends) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(end, F_SETFL, O_NONBLOCK);
  }
  note_to = ends[1];

  struct sigaction action {};
  action.sa_sigaction = note;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  for (const int signal : noted) handle(signal, action, false);
  // What a SIGCHLD is ignored for would take the command's status away.
  pipe.child_ignored_ = handle(SIGCHLD, action, true);
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  pipe.pipe_ignored_ = handle(SIGPIPE, nothing, true);

  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::pthread_sigmask(SIG_UNBLOCK, &child, &pipe.before_);
  return pipe;
}

std::optional<SignalPipe::Note> SignalPipe::next() const {
  Note got;
  if (::read(read_.get(), &got, sizeof got) != sizeof got) return std::nullopt;
  return got;
}

void SignalPipe::hold_back() const {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void SignalPipe::let_through() const {
  sigset_t mask = before_;
  ::sigdelset(&mask, SIGCHLD);
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
}

void SignalPipe::restore() const {
  struct sigaction action {};
  // A signal that comes before the command is there ends this process, and writes into no pipe.
  action.sa_handler = SIG_DFL;
  for (const int signal : noted) handle(signal, action, false);
  action.sa_handler = child_ignored_ ? SIG_IGN : SIG_DFL;
  ::sigaction(SIGCHLD, &action, nullptr);
  action.sa_handler = pipe_ignored_ ? SIG_IGN : SIG_DFL;
  ::sigaction(SIGPIPE, &action, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace ssblog
