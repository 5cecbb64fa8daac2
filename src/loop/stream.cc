// SPDX-License-Identifier: MIT
#include "loop/stream.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include <utility>

namespace ssblog {
namespace {

constexpr std::size_t read_size = 64 * 1024;

struct Write {
  uv_write_t request;
  ByteBuf bytes;
};

}  // namespace

void CloseStream::operator()(uv_stream_t* handle) const {
  // What it was made as is what has to be freed.
  if (handle->type == UV_NAMED_PIPE)
    CloseHandle<uv_pipe_t>()(reinterpret_cast<uv_pipe_t*>(handle));
  else
    CloseHandle<uv_tcp_t>()(reinterpret_cast<uv_tcp_t*>(handle));
}

Stream::Stream(StreamHandle handle, std::string name) : handle_(std::move(handle)), name_(std::move(name)) {
  handle_->data = this;
}

void Stream::start(Events events) {
  events_ = std::move(events);
  resume();
}

void Stream::resume() {
  if (reading_ || ended_) return;
  const int code = uv_read_start(
      handle_.get(),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        auto* self = static_cast<Stream*>(handle->data);
        if (self == nullptr) return;
        // libuv would read up to 32 times before it looks at the next connection. Without a buffer it goes on, and
        // comes back in the next turn.
        if (std::exchange(self->had_turn_, false)) return;
        // Idle connections hold no buffer.
        self->buffer_.resize(read_size);
        *buffer = uv_buf_init(reinterpret_cast<char*>(self->buffer_.data()), read_size);
      },
      [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) {
        auto* self = static_cast<Stream*>(handle->data);
        if (self == nullptr) return;
        self->take(count, buffer);
      });
  reading_ = code == 0;
}

void Stream::pause() {
  if (!reading_) return;
  uv_read_stop(handle_.get());
  reading_ = false;
}

std::optional<int> Stream::descriptor() const {
  uv_os_fd_t descriptor = -1;
  if (uv_fileno(reinterpret_cast<const uv_handle_t*>(handle_.get()), &descriptor) != 0) return std::nullopt;
  return descriptor;
}

std::size_t Stream::drain(std::size_t most) {
  pause();
  const std::optional<int> own = descriptor();
  if (ended_ || !own) return 0;
  const int descriptor = *own;
  for (std::size_t taken = 0; taken < most;) {
    buffer_.resize(read_size);
    const ssize_t got = ::recv(descriptor, buffer_.data(), read_size, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 0;  // nothing more, its end, or a dead line: what came before it is taken
    taken += static_cast<std::size_t>(got);
    const ByteBuf held = std::move(buffer_);
    if (events_.bytes) events_.bytes(ByteView(held).first(static_cast<std::size_t>(got)));
  }
  int left = 0;
  return ::ioctl(descriptor, FIONREAD, &left) == 0 && left > 0 ? static_cast<std::size_t>(left) : 0;
}

void Stream::take(ssize_t count, const uv_buf_t* buffer) {
  if (count == 0 || count == UV_ENOBUFS) return;  // nothing now
  if (count == UV_EOF) return end(nullptr);
  if (count < 0) {
    const Error error = failed(static_cast<int>(count));
    return end(&error);
  }
  had_turn_ = static_cast<std::size_t>(count) == read_size;
  // The call may end this object: the bytes must not go with it.
  const ByteBuf held = std::move(buffer_);
  if (events_.bytes)
    events_.bytes({reinterpret_cast<const std::uint8_t*>(buffer->base), static_cast<std::size_t>(count)});
}

void Stream::write(ByteBuf bytes) {
  if (dead_ || bytes.empty()) return;
  auto* write = new Write{{}, std::move(bytes)};
  write->request.data = write;
  waiting_ += write->bytes.size();
  const uv_buf_t buffer =
      uv_buf_init(reinterpret_cast<char*>(write->bytes.data()), static_cast<unsigned>(write->bytes.size()));
  const int code = uv_write(&write->request, handle_.get(), &buffer, 1, [](uv_write_t* request, int status) {
    const std::unique_ptr<Write> own(static_cast<Write*>(request->data));
    auto* self = static_cast<Stream*>(request->handle->data);
    if (self == nullptr) return;
    self->written(own->bytes.size(), status);
  });
  if (code == 0) return;
  waiting_ -= write->bytes.size();
  delete write;
}

void Stream::written(std::size_t bytes, int status) {
  waiting_ -= bytes;
  if (status != 0) {
    const Error error = failed(status);
    return end(&error);
  }
  if (waiting_ == 0 && events_.drained && !dead_) events_.drained();
}

void Stream::shut() {
  if (dead_) return;
  auto* request = new uv_shutdown_t;
  const int code = uv_shutdown(request, handle_.get(), [](uv_shutdown_t* done, int) { delete done; });
  if (code != 0) delete request;
}

void Stream::end(const Error* error) {
  if (dead_) return;
  dead_ = error != nullptr;
  if (ended_) return;
  ended_ = true;
  pause();
  const auto ended = std::move(events_.ended);
  if (ended) ended(error);
}

Error Stream::failed(int code) const { return uv_error(fmt::format("the connection with {}", name_), code); }

}  // namespace ssblog
