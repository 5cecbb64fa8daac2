// SPDX-License-Identifier: MIT
#include "intake/pass_through.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace ssblog {
namespace {

constexpr int look_ms = 100;

/// A pipe that poll calls writable takes this much without waiting; so does a terminal.
constexpr std::size_t most_to_pipe = 4096;
static_assert(most_to_pipe <= PIPE_BUF || PIPE_BUF < 4096);

bool is_writable(int descriptor, int timeout) {
  pollfd waiting{descriptor, POLLOUT, 0};
  return ::poll(&waiting, 1, timeout) == 1;
}

}  // namespace

PassThrough::PassThrough(int descriptor) : descriptor_(descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return;
  if (S_ISREG(status.st_mode) || (S_ISCHR(status.st_mode) && ::isatty(descriptor) == 0)) kind_ = Kind::file;
  if (S_ISSOCK(status.st_mode)) kind_ = Kind::socket;
}

void PassThrough::write(std::string_view bytes) {
  if (closed_) return;
  waiting_.erase(0, taken_);
  taken_ = 0;
  waiting_ += bytes;
  go_on();
}

void PassThrough::go_on() {
  while (is_waiting() && (kind_ != Kind::other || is_writable(descriptor_, 0))) {
    if (!write_some()) return;
  }
}

void PassThrough::wait_and_go_on() {
  if (is_writable(descriptor_, look_ms)) go_on();
}

/// False: it takes no more for now.
bool PassThrough::write_some() {
  const char* const at = waiting_.data() + taken_;
  const std::size_t left = waiting_.size() - taken_;
  const ssize_t written =
      kind_ == Kind::socket
          ? ::send(descriptor_, at, left, MSG_DONTWAIT)
          : ::write(descriptor_, at, kind_ == Kind::file ? left : std::min(left, most_to_pipe));
  if (written >= 0) {
    taken_ += static_cast<std::size_t>(written);
    return true;
  }
  if (errno == EINTR) return true;
  if (errno == EAGAIN) return false;
  if (errno != EPIPE) error_ = errno;
  close();
  return false;
}

void PassThrough::close() {
  closed_ = true;
  waiting_.clear();
  taken_ = 0;
}

}  // namespace ssblog
