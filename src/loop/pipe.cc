// SPDX-License-Identifier: MIT
#include "loop/pipe.h"

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
  handle->data = this;
  code =
      uv_listen(reinterpret_cast<uv_stream_t*>(handle.get()), backlog, [](uv_stream_t* server, int status) {
        auto* self = static_cast<PipeListener*>(server->data);
        if (self == nullptr) return;
        if (status == 0) return self->take();
        if (is_lack(status)) self->rest();
      });
  if (code != 0) return uv_error(doing, code);
  handle_ = std::move(handle);
  return {};
}

void PipeListener::take() {
  auto raw = std::make_unique<uv_pipe_t>();
  if (uv_pipe_init(handle_->loop, raw.get(), 0) != 0) return;
  raw->data = nullptr;
  StreamHandle handle(reinterpret_cast<uv_stream_t*>(raw.release()));
  if (uv_accept(reinterpret_cast<uv_stream_t*>(handle_.get()), handle.get()) != 0) return;
  accept_(std::make_unique<Stream>(std::move(handle), "a program of this machine"));
}

}  // namespace ssblog
