// SPDX-License-Identifier: MIT
#include "store/socket_place.h"

#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

namespace ssblog {
namespace {

/// What nobody listens at any more refuses; one of datagrams is of another kind, and never counts.
bool is_alive(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const File probe(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (!probe) return false;
  ::fcntl(probe.get(), F_SETFL, O_NONBLOCK);
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
         errno == EAGAIN;
}

/// False: nothing is there. Code::cannot_create for what is no socket.
Result<bool> is_socket(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return false;
  if (S_ISSOCK(there.st_mode)) return true;
  return Error{Code::cannot_create,
               fmt::format("cannot make the socket {}: {} is in its place; move it away and start again",
                           path, S_ISDIR(there.st_mode) ? "a directory" : "a file that is no socket")};
}

}  // namespace

Result<void> remove_left_socket(const std::string& path) {
  auto there = is_socket(path);
  if (!there) return there.error();
  if (*there && ::unlink(path.c_str()) != 0) return file_error("replace", path, errno);
  return {};
}

Result<void> clear_socket_place(const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return Error{Code::config,
                 fmt::format("cannot listen at {}: the name of a socket may have {} bytes at most", path,
                             sizeof(sockaddr_un::sun_path) - 1)};
  auto there = is_socket(path);
  if (!there) return there.error();
  if (*there && is_alive(path))
    return Error{Code::unavailable, fmt::format("cannot listen at {}: another program listens there", path)};
  return remove_left_socket(path);
}

Result<void> open_socket_place(const std::string& path, mode_t mode, std::optional<gid_t> group) {
  // To change the group takes rights away, so it comes first.
  if (group && ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0)
    return file_error(fmt::format("give to the group {}", *group), path, errno);
  if (::chmod(path.c_str(), mode) != 0) return file_error("set the mode of", path, errno);
  return {};
}

}  // namespace ssblog
