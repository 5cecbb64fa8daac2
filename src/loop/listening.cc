// SPDX-License-Identifier: MIT
#include "loop/listening.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

namespace ssblog {

Result<Handle<uv_poll_t>> listen_at(Loop& loop, int socket, int backlog, void* owner, uv_poll_cb heard,
                                    std::string_view doing) {
  if (::listen(socket, backlog) != 0) return uv_error(doing, uv_translate_sys_error(errno));
  auto raw = std::make_unique<uv_poll_t>();
  if (const int code = uv_poll_init(loop.raw(), raw.get(), socket); code != 0) return uv_error(doing, code);
  Handle<uv_poll_t> handle(raw.release());
  handle->data = owner;
  if (const int code = uv_poll_start(handle.get(), UV_READABLE, heard); code != 0)
    return uv_error(doing, code);
  return handle;
}

int accept_at(int socket) {
#ifdef __linux__
  const int taken = ::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
  const int taken = ::accept(socket, nullptr, nullptr);
  if (taken >= 0) ::fcntl(taken, F_SETFD, FD_CLOEXEC);
#endif
  return taken >= 0 ? taken : uv_translate_sys_error(errno);
}

bool is_lack(int uv_status) {
  return uv_status == UV_EMFILE || uv_status == UV_ENFILE || uv_status == UV_ENOMEM ||
         uv_status == UV_ENOBUFS;
}

}  // namespace ssblog
