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

bool is_passing(int uv_status) {
  switch (uv_status) {
    case UV_EAGAIN:
    case UV_EINTR:
    case UV_ECONNABORTED:
    // Linux tells at accept what happened to the connection meanwhile. Source: accept(2), "Error handling".
    case UV_ENETDOWN:
    case UV_EPROTO:
    case UV_EHOSTDOWN:
    case UV_EHOSTUNREACH:
    case UV_ENETUNREACH:
    case UV_ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace ssblog
