// SPDX-License-Identifier: MIT
#include "store/daemon_door.h"

#include "store/socket_place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

namespace ssblog {
namespace {

std::string lock_path(const std::string& directory) { return directory + "/daemon.lock"; }
std::string door_path(const Home& home) { return home.directory + "/daemon.door"; }

/// The address of a socket, whose path may be longer than an address has room for: then by way of `directory`,
/// which is to stay open.
std::optional<sockaddr_un> address_of(const std::string& path, File& directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string name = path;
#ifdef __linux__
  if (name.size() >= sizeof address.sun_path) {
    const auto slash = path.rfind('/');
    directory = File(::open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return std::nullopt;
    name = fmt::format("/proc/self/fd/{}{}", directory.get(), path.substr(slash));
  }
#endif
  if (name.size() >= sizeof address.sun_path) return std::nullopt;
  name.copy(address.sun_path, name.size());
  return address;
}

File datagram_socket() {
  File socket(::socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!socket) return socket;
  ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
  return socket;
}

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::optional<int> holder_in(const std::string& directory) {
  const File file(::open(lock_path(directory).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct flock lock = whole_file(F_WRLCK);
  if (!file || ::fcntl(file.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return static_cast<int>(lock.l_pid);
}

Result<File> open_in(const std::string& directory) {
  const std::string path = lock_path(directory);
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!file) return file_error("open", path, errno);
  return file;
}

/// A lock of the process, not of the file: it goes with the process, however that ends, and can be asked for.
Result<File> take_in(const std::string& directory) {
  const std::string path = lock_path(directory);
  auto opened = open_in(directory);
  if (!opened) return opened.error();
  File file = std::move(*opened);
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(file.get(), F_SETLK, &lock) == 0) return file;
  if (errno != EACCES && errno != EAGAIN) return file_error("lock", path, errno);
  const auto process = holder_in(directory);
  return Error{Code::busy, fmt::format("there is a daemon for {} already{}; one is enough", directory,
                                       process ? fmt::format(" (pid {})", *process) : "")};
}

}  // namespace

Result<DaemonLock> DaemonLock::take(const Home& home) {
  auto file = take_in(home.directory);
  if (!file) return file.error();
  const auto apart = key_directory_apart(home);
  if (!apart) return DaemonLock(std::move(*file), File());
  auto beside_key = take_in(*apart);
  if (!beside_key) return beside_key.error();
  return DaemonLock(std::move(*file), std::move(*beside_key));
}

Result<void> DaemonLock::make_file(const Home& home) {
  auto file = open_in(home.directory);
  if (!file) return file.error();
  return {};
}

std::optional<int> DaemonLock::holder(const Home& home) { return holder_in(home.directory); }

Result<DaemonDoor> DaemonDoor::open(const Home& home) {
  const std::string path = door_path(home);
  if (auto removed = remove_left_socket(path); !removed) return removed.error();
  File directory;
  const auto address = address_of(path, directory);
  if (!address) return Error{Code::config, fmt::format("the path of {} is too long for a socket", path)};
  File socket = datagram_socket();
  if (!socket) return file_error("make", path, errno);
  const mode_t before = ::umask(S_IRWXG | S_IRWXO);
  const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  const int error = errno;
  ::umask(before);
  if (bound != 0) return file_error("make", path, error);
  return DaemonDoor(std::move(socket), path);
}

DaemonDoor::~DaemonDoor() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::optional<std::string> DaemonDoor::next() {
  std::string word(longest_word, '\0');
  const ssize_t size = ::recv(socket_.get(), word.data(), word.size(), MSG_DONTWAIT);
  if (size < 0) return std::nullopt;
  word.resize(static_cast<std::size_t>(size));
  return word;
}

bool tell_daemon(const Home& home, std::string_view word) {
  File directory;
  const auto address = address_of(door_path(home), directory);
  if (!address) return false;
  const File socket = datagram_socket();
  if (!socket) return false;
  // A door that is full has been told already that there is news.
  const ssize_t sent = ::sendto(socket.get(), word.data(), word.size(), MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  return sent >= 0 || errno == EAGAIN || errno == ENOBUFS;
}

}  // namespace ssblog
