// SPDX-License-Identifier: MIT
#include "loop/pipe.h"

#include "loop/listening.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

namespace ssblog {
namespace {

constexpr int backlog = 64;

/// Does anybody listen at a socket? What a killed program left behind refuses.
bool is_alive(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int probe = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (probe < 0) return false;
  ::fcntl(probe, F_SETFL, O_NONBLOCK);
  const bool alive =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
  ::close(probe);
  return alive;
}

int socket_of(const uv_pipe_t* handle) {
  uv_os_fd_t socket = -1;
  uv_fileno(reinterpret_cast<const uv_handle_t*>(handle), &socket);
  return socket;
}

}  // namespace

Result<std::unique_ptr<PipeListener>> PipeListener::listen(Loop& loop, const std::string& path,
                                                           const Rights& rights, Accept accept) {
  std::unique_ptr<PipeListener> listener(new PipeListener(loop, path, rights, std::move(accept)));
  if (auto opened = listener->open(); !opened) return opened.error();
  return listener;
}

PipeListener::PipeListener(Loop& loop, std::string path, const Rights& rights, Accept accept)
    : loop_(loop), path_(std::move(path)), rights_(rights), accept_(std::move(accept)), again_(loop, [this] {
        if (!open()) rest();
      }) {}

void PipeListener::rest() {
  listening_.reset();
  handle_.reset();
  again_.start(lack_pause);
}

Result<void> PipeListener::open() {
  const std::string& path = path_;
  const std::string doing = fmt::format("cannot listen on {}", path);
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return Error{Code::config, fmt::format("{}: the name of a socket may have {} bytes at most", doing,
                                           sizeof(sockaddr_un::sun_path) - 1)};
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode))
      return Error{Code::cannot_create,
                   fmt::format("{}: {} is in its place; move it away and start again", doing,
                               S_ISDIR(there.st_mode) ? "a directory" : "a file that is no socket")};
    if (is_alive(path))
      return Error{Code::unavailable, fmt::format("{}: another program listens there", doing)};
    if (::unlink(path.c_str()) != 0) return uv_error(doing, uv_translate_sys_error(errno));
  }
  auto raw = std::make_unique<uv_pipe_t>();
  if (const int code = uv_pipe_init(loop_.raw(), raw.get(), 0); code != 0) return uv_error(doing, code);
  raw->data = nullptr;
  Handle<uv_pipe_t> handle(raw.release());
  int code = uv_pipe_bind(handle.get(), path.c_str());
  if (code != 0) return uv_error(doing, code);
  // Nobody can connect before it listens. To change the group takes rights away, so it comes first.
  if (rights_.group && ::chown(path.c_str(), static_cast<uid_t>(-1), *rights_.group) != 0)
    return uv_error(fmt::format("cannot give {} to its group", path), uv_translate_sys_error(errno));
  if (::chmod(path.c_str(), rights_.mode) != 0) return uv_error(doing, uv_translate_sys_error(errno));
  auto listening = listen_at(
      loop_, socket_of(handle.get()), backlog, this,
      [](uv_poll_t* poll, int status, int) {
        if (poll->data != nullptr) static_cast<PipeListener*>(poll->data)->hear(status);
      },
      doing);
  if (!listening) return listening.error();
  handle_ = std::move(handle);
  listening_ = std::move(*listening);
  return {};
}

void PipeListener::hear(int status) {
  if (status < 0) return rest();
  const int descriptor = accept_at(socket_of(handle_.get()));
  if (descriptor >= 0) return take(descriptor);
  if (!is_passing(descriptor)) rest();
}

void PipeListener::take(int descriptor) {
  auto raw = std::make_unique<uv_pipe_t>();
  if (uv_pipe_init(loop_.raw(), raw.get(), 0) != 0) {
    ::close(descriptor);
    return;
  }
  raw->data = nullptr;
  Handle<uv_pipe_t> handle(raw.release());
  if (uv_pipe_open(handle.get(), descriptor) != 0) {
    ::close(descriptor);
    return;
  }
  accept_(std::make_unique<Stream>(StreamHandle(reinterpret_cast<uv_stream_t*>(handle.release())),
                                   "a program of this machine"));
}

}  // namespace ssblog
