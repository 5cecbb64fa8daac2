// SPDX-License-Identifier: MIT
#include "cli/notify.h"

#include "store/files.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace ssblog {

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
