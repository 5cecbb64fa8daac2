// SPDX-License-Identifier: MIT
#include "loop/datagrams.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#ifdef __linux__
#include <linux/filter.h>
#include <linux/sock_diag.h>
#endif

namespace ssblog {

#ifdef __linux__
using BatchHeader = mmsghdr;
#else
struct BatchHeader {
  msghdr msg_hdr;
  unsigned msg_len;
};
#endif

/// Room for the datagrams that are read by one call.
struct DatagramSocket::Batch {
  std::unique_ptr<std::uint8_t[]> bytes{
      new std::uint8_t[batch * longest]};  // what is not written to costs nothing
  std::array<iovec, batch> parts{};
  std::array<sockaddr_storage, batch> senders{};
  std::array<BatchHeader, batch> headers{};

  void prepare() {
    for (std::size_t i = 0; i < batch; ++i) {
      parts[i] = {bytes.get() + i * longest, longest};
      headers[i] = {};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
      headers[i].msg_hdr.msg_name = &senders[i];
      headers[i].msg_hdr.msg_namelen = sizeof senders[i];
    }
  }
};

namespace {

Error failed(const std::string& doing) { return uv_error(doing, uv_translate_sys_error(errno)); }

/// A socket that never waits and is no child's.
int new_socket(int family) {
  const int made = ::socket(family, SOCK_DGRAM, 0);
  if (made < 0) return made;
  if (::fcntl(made, F_SETFL, O_NONBLOCK) == 0 && ::fcntl(made, F_SETFD, FD_CLOEXEC) == 0) return made;
  const int why = errno;
  ::close(made);
  errno = why;
  return -1;
}

/// As much room as the system gives; root may have more than others.
void raise_room(int descriptor, int bytes) {
#ifdef SO_RCVBUFFORCE
  if (::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0) return;
#endif
  // Where that is refused too, there is what the system gives to everybody.
  (void)::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

/// Does anybody read from it? What a killed program left behind refuses.
bool is_read(const std::string& path) {
  const auto address = unix_address(path);
  const int probe = new_socket(AF_UNIX);
  if (probe < 0) return true;  // nobody knows, so it stays
  const bool refused = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
                       errno == ECONNREFUSED;
  ::close(probe);
  return !refused;
}

/// Every program writes to a log, whoever runs it. In a folder that others may write to, something else may stand there by
/// now, so it is the socket that was looked at that is changed, and no link is followed. False: errno says why.
bool let_everybody_write(const std::string& path, struct stat& there) {
  constexpr mode_t everybody = 0666;
#ifdef __linux__
  const int found = ::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (found < 0) return false;
  bool done = ::fstat(found, &there) == 0;
  if (done && !S_ISSOCK(there.st_mode)) {
    errno = EEXIST;
    done = false;
  }
  done = done && ::chmod(fmt::format("/proc/self/fd/{}", found).c_str(), everybody) == 0;
  const int why = errno;
  ::close(found);
  errno = why;
  return done;
#else
  return ::lstat(path.c_str(), &there) == 0 &&
         ::fchmodat(AT_FDCWD, path.c_str(), everybody, AT_SYMLINK_NOFOLLOW) == 0;
#endif
}

/// The number of datagrams that were read, or -1 and errno.
int receive(int descriptor, BatchHeader* headers, std::size_t count) {
#ifdef __linux__
  return ::recvmmsg(descriptor, headers, static_cast<unsigned>(count), MSG_TRUNC | MSG_DONTWAIT, nullptr);
#else
  std::size_t got = 0;
  for (; got < count; ++got) {
    const ssize_t size = ::recvmsg(descriptor, &headers[got].msg_hdr, 0);
    if (size < 0) break;
    headers[got].msg_len = static_cast<unsigned>(size);
  }
  return got > 0 ? static_cast<int>(got) : -1;
#endif
}

}  // namespace

DatagramSocket::DatagramSocket(int descriptor, Events events)
    : descriptor_(descriptor), events_(std::move(events)), batch_(std::make_unique<Batch>()) {}

Result<std::unique_ptr<DatagramSocket>> DatagramSocket::listen(Loop& loop, const SocketAddress& address,
                                                               Events events) {
  const std::string doing = fmt::format("cannot listen on UDP {}", address.text());
  const int family = address.raw.ss_family;
  const int made = new_socket(family);
  if (made < 0) return failed(doing);
  std::unique_ptr<DatagramSocket> socket(new DatagramSocket(made, std::move(events)));
  // IPv6 listens for itself: IPv4 has a socket of its own, and must not find its port taken.
  const int on = 1;
  if (family == AF_INET6 && ::setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
    return failed(doing);
  raise_room(made, wanted_room);
  socklen_t size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (::bind(made, reinterpret_cast<const sockaddr*>(&address.raw), size) != 0) return failed(doing);
  size = sizeof socket->local_.raw;
  if (::getsockname(made, reinterpret_cast<sockaddr*>(&socket->local_.raw), &size) != 0) return failed(doing);
  if (auto started = socket->start(loop); !started) return started.error();
  return socket;
}

Result<std::unique_ptr<DatagramSocket>> DatagramSocket::listen(Loop& loop, const std::string& path,
                                                               Events events) {
  const std::string doing = fmt::format("cannot listen on {}", path);
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return Error{Code::config, fmt::format("{}: the name of a socket may have {} bytes at most", doing,
                                           sizeof(sockaddr_un::sun_path) - 1)};
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode))
      return Error{
          Code::cannot_create,
          fmt::format("{}: what stands there is no socket; move it away, or name another path", doing)};
    if (is_read(path))
      return Error{
          Code::unavailable,
          fmt::format("{}: another program reads from it; stop that one, or name another path", doing)};
    if (::unlink(path.c_str()) != 0) return failed(doing);
  }
  const int made = new_socket(AF_UNIX);
  if (made < 0) return failed(doing);
  std::unique_ptr<DatagramSocket> socket(new DatagramSocket(made, std::move(events)));
  raise_room(made, wanted_room);
  const auto address = unix_address(path);
  if (::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return failed(doing);
  socket->path_ = path;
  if (!let_everybody_write(path, there)) return failed(doing);
  socket->device_ = there.st_dev;
  socket->inode_ = there.st_ino;
  if (auto started = socket->start(loop); !started) return started.error();
  return socket;
}

DatagramSocket::~DatagramSocket() {
  watch_.reset();
  ::close(descriptor_);
  if (path_.empty()) return;
  // Somebody may have put another in its place.
  struct stat there {};
  if (::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == inode_)
    ::unlink(path_.c_str());
}

Result<void> DatagramSocket::start(Loop& loop) {
  auto watch = ReadWatch::start(loop, descriptor_, [this] { ready(); });
  if (!watch) return watch.error();
  watch_.emplace(std::move(*watch));
  return {};
}

/// False: there was nothing.
bool DatagramSocket::ready() {
  std::size_t bytes = 0;
  bool any = false;
  for (std::size_t round = 0; round < batches_in_a_turn && bytes < bytes_in_a_turn; ++round) {
    batch_->prepare();
    const int count = receive(descriptor_, batch_->headers.data(), batch);
    if (count <= 0) break;  // nothing more; what else may fail comes back with the next turn
    any = true;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const auto& header = batch_->headers[i];
      const std::size_t size = std::min<std::size_t>(header.msg_len, longest);
      bytes += size;
      Datagram datagram;
      datagram.bytes = {batch_->bytes.get() + i * longest, size};
      datagram.cut = header.msg_len - size;
      SocketAddress from;
      if (path_.empty()) {
        from.raw = batch_->senders[i];
        datagram.from = &from;
      }
      events_.take(datagram);
    }
    if (static_cast<std::size_t>(count) < batch) break;
  }
  count_drops();
  return any;
}

/// Nothing comes in any more, so that who goes on sending does not keep us; what cannot be refused comes in.
void DatagramSocket::refuse_more() const {
  if (!path_.empty()) {
    (void)::shutdown(descriptor_, SHUT_RD);
    return;
  }
#ifdef __linux__
  // A filter that lets nothing through: the kernel counts what it keeps out among what it dropped.
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  (void)::setsockopt(descriptor_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
#endif
}

void DatagramSocket::drain() {
  constexpr int most_turns = 64;  // more than the room holds, where more was refused
  refuse_more();
  for (int turn = 0; turn < most_turns && ready(); ++turn) {
  }
}

/// The kernel drops when there is no room, and then there is something to be read: so it is enough to look here.
void DatagramSocket::count_drops() {
#if defined(__linux__) && defined(SO_MEMINFO)
  if (!path_.empty()) return;
  std::array<std::uint32_t, SK_MEMINFO_VARS> numbers{};
  socklen_t size = sizeof numbers;
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_MEMINFO, numbers.data(), &size) != 0) return;
  if (size < (SK_MEMINFO_DROPS + 1) * sizeof(std::uint32_t)) return;  // a kernel before 4.12
  const std::uint32_t before = std::exchange(drops_, numbers[SK_MEMINFO_DROPS]);
  if (drops_ != before && events_.dropped) events_.dropped(drops_ - before);  // 32 bits, and around
#endif
}

}  // namespace ssblog
