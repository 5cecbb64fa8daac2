// SPDX-License-Identifier: MIT
#include "cli/follow_store.h"

#include "cli/store_watch.h"
#include "store/files.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace ssblog {
namespace {

volatile std::sig_atomic_t stop_end =
    -1;  // of a pipe; closed when a signal came, so that its other end hangs up
volatile std::sig_atomic_t stop_told = 0;
extern "C" void close_stop_end(int) {
  stop_told = 1;
  const int end = stop_end;
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

bool hung_up(int descriptor) {
  pollfd wish{descriptor, 0, 0};
  return descriptor >= 0 && ::poll(&wish, 1, 0) > 0 && (wish.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

Result<void> follow_store(Store& store, int output, const std::function<Result<void>()>& round) {
  auto stop = listen_to_signals();
  if (!stop) return stop.error();
  StoreWatch watch(store.path());
  for (std::int64_t version = -1;;) {
    auto now = store.data_version();
    if (!now) return now.error();
    bool news = *now != version;
    if (news) {
      version = *now;
      if (auto done = round(); !done) {
        if (done.error().code != Code::busy) return done;
        version = -1;
        news = false;  // somebody else has the turn: no hurry
      }
    }
    if (!watch.wait(news, stop->get()) || hung_up(output)) return {};
  }
}

bool told_to_stop() { return stop_told != 0; }

}  // namespace ssblog
