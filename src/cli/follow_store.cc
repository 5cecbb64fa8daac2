// SPDX-License-Identifier: MIT
#include "cli/follow_store.h"

#include "cli/command.h"
#include "store/files.h"
#include "store/store_watch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <utility>

namespace ssblog {
namespace {

volatile std::sig_atomic_t stop_end =
    -1;  // of a pipe; closed when a signal came, so that its other end hangs up
volatile std::sig_atomic_t stop_told = 0;
volatile std::sig_atomic_t ends_at_once = 0;  // a round may wait for its reader
extern "C" void close_stop_end(int signal) {
  stop_told = 1;
  const int end = stop_end;
  if (end < 0 || ends_at_once != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  stop_end = -1;
  if (end >= 0) ::close(end);
}

/// A descriptor that hangs up when it is time to stop.
Result<File> listen_to_signals() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return file_error("make", "a pipe", errno);
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  stop_end = ends[1];
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    if (std::signal(signal, close_stop_end) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
  return File(ends[0]);
}

/// Rounds that find something in use, one behind the other.
class BusyTime {
 public:
  void note(const Error& error) {
    if (rounds_++ == 0) since_ = Clock::now();
    if (Clock::now() - since_ < long_busy || std::exchange(told_, true)) return;
    say(fmt::format("{}; it is tried again and again", error.text));
  }
  /// Not for the first time: then it is asked less and less often.
  bool goes_on() const { return rounds_ > 1; }
  void over() {
    rounds_ = 0;
    told_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr auto long_busy = std::chrono::seconds(30);
  Clock::time_point since_{};
  std::uint64_t rounds_ = 0;
  bool told_ = false;
};

bool hung_up(int descriptor) {
  pollfd wish{descriptor, 0, 0};
  return descriptor >= 0 && ::poll(&wish, 1, 0) > 0 && (wish.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

Result<void> follow_store(Store& store, int output, const std::function<Result<void>()>& round,
                          RoundWaits waits, std::chrono::seconds each) {
  auto stop = listen_to_signals();
  if (!stop) return stop.error();
  StoreWatch watch(store.path());
  BusyTime busy;
  auto last_round = std::chrono::steady_clock::now();
  for (std::int64_t version = -1;;) {
    auto now = store.data_version();
    const bool news = !now || *now != version;
    if (news || std::chrono::steady_clock::now() - last_round >= each) {
      last_round = std::chrono::steady_clock::now();
      ends_at_once = output >= 0 && waits == RoundWaits::deaf ? 1 : 0;
      auto updated = now ? round() : Result<void>(now.error());
      ends_at_once = 0;
      if (!updated && updated.error().code != Code::busy) return updated;
      updated ? busy.over() : busy.note(updated.error());
      version = updated ? *now : -1;
    }
    if (!watch.wait(news && !busy.goes_on(), stop->get()) || hung_up(output)) return {};
  }
}

bool told_to_stop() { return stop_told != 0; }

}  // namespace ssblog
