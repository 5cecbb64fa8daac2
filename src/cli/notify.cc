// SPDX-License-Identifier: MIT
#include "cli/notify.h"

#include "cli/command.h"
#include "store/files.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace ssblog {
namespace {

/// JOURNAL_STREAM names the device and inode of the journal's socket.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

}  // namespace

void log_line(int level, std::string_view text) {
  static const bool journal = stderr_is_journal();
  if (!journal) return say(text);
  std::string line = fmt::format("<{}>{}\n", level, text);
  std::replace(line.begin(), line.end() - 1, '\n', ' ');
  // A journal that is gone must not end the daemon.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

void notify_manager(std::string_view words) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || *path == '\0') return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t size = std::strlen(path);
  if (size >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, size);
  if (*path == '@') address.sun_path[0] = '\0';
  const File socket(::socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!socket) return;
  // Whether the manager hears it is its own business.
  ::sendto(socket.get(), words.data(), words.size(), MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size));
}

std::chrono::milliseconds watchdog_time() {
  const char* text = std::getenv("WATCHDOG_USEC");
  std::int64_t microseconds = 0;
  if (text == nullptr) return {};
  std::from_chars(text, text + std::strlen(text), microseconds);
  return std::chrono::milliseconds(microseconds / 1000);
}

}  // namespace ssblog
