// SPDX-License-Identifier: MIT
#include "cli/log_lines.h"

#include "cli/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

namespace ssblog {
namespace {

constexpr int warning = 4;  // of syslog's levels

/// JOURNAL_STREAM names the device and inode of the journal's socket.
bool is_journal(const struct stat& status) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  return stream != nullptr && fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

/// A pipe or terminal opened by its name under /proc is an open file of our own: O_NONBLOCK there changes nothing for
/// those who share the descriptor.
File open_anew(int descriptor) {
#ifdef __linux__
  return File(::open(fmt::format("/proc/self/fd/{}", descriptor).c_str(),
                     O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
#else
  static_cast<void>(descriptor);  // /dev/fd gives the same open file again
  return File();
#endif
}

bool has_room(int descriptor) {
  pollfd wish{descriptor, POLLOUT, 0};
  return ::poll(&wish, 1, 0) == 1;
}

}  // namespace

LogLines::LogLines(int descriptor) : descriptor_(descriptor), journal_(false), kind_(Kind::plain) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return;
  journal_ = is_journal(status);
  if (S_ISSOCK(status.st_mode)) {
    kind_ = Kind::socket;
  } else if (S_ISFIFO(status.st_mode) || ::isatty(descriptor) == 1) {
    own_ = open_anew(descriptor);
    kind_ = own_ ? Kind::opened : Kind::shared;
  }
}

bool LogLines::write(int level, std::string_view text) {
  if (settle() && put(framed(level, text))) return true;
  ++lost_;
  return false;
}

bool LogLines::settle() {
  if (lost_ == 0) return true;
  if (!put(framed(warning, fmt::format("{} line{} of this log {} lost: nobody read them", lost_,
                                       lost_ == 1 ? "" : "s", lost_ == 1 ? "was" : "were"))))
    return false;
  lost_ = 0;
  return true;
}

std::string LogLines::framed(int level, std::string_view text) const {
  std::string lines = journal_ ? fmt::format("<{}>{}\n", level, text) : as_talk(text);
  if (journal_) std::replace(lines.begin(), lines.end() - 1, '\n', ' ');
  // What has more bytes a pipe may take in part.
  if (lines.size() > PIPE_BUF) lines.replace(PIPE_BUF - 4, std::string::npos, "...\n");
  return lines;
}

/// False: there is no room. What cannot be written for another reason is as good as heard: a log that is gone must not
/// end the daemon.
bool LogLines::put(std::string_view line) {
  const auto send = [this](std::string_view bytes) -> ssize_t {
    if (kind_ == Kind::socket)
      return ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    // A pipe that polls as writable takes PIPE_BUF bytes at once; only another writer in between could make us wait.
    if (kind_ == Kind::shared && !has_room(descriptor_)) return errno = EAGAIN, -1;
    return ::write(own_ ? own_.get() : descriptor_, bytes.data(), bytes.size());
  };
  const auto full = [] { return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS; };
  for (; !rest_.empty();) {
    const ssize_t sent = send(rest_);
    if (sent < 0 && full()) return false;
    rest_.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : rest_.size());
  }
  const ssize_t sent = send(line);
  if (sent < 0) return !full();
  rest_ = line.substr(static_cast<std::size_t>(sent));
  return true;
}

}  // namespace ssblog
