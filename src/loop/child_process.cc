// SPDX-License-Identifier: MIT
#include "loop/child_process.h"

#include "loop/child_environment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace ssblog {
namespace {

/// A pipe that is not connected yet, as the handle of a stream.
Result<StreamHandle> make_pipe(Loop& loop) {
  auto raw = std::make_unique<uv_pipe_t>();
  if (const int code = uv_pipe_init(loop.raw(), raw.get(), 0); code != 0)
    return uv_error("cannot make a pipe", code);
  raw->data = nullptr;
  return StreamHandle(reinterpret_cast<uv_stream_t*>(raw.release()));
}

/// A pipe of its own for what it is given. libuv would make a socket: its /dev/stdin could not be opened, and how much of
/// it is unread would not be known.
struct InputPipe {
  StreamHandle ours;
  int theirs = -1;

  InputPipe() = default;
  InputPipe(InputPipe&& other) noexcept
      : ours(std::move(other.ours)), theirs(std::exchange(other.theirs, -1)) {}
  InputPipe& operator=(InputPipe&&) = delete;
  ~InputPipe() {
    if (theirs >= 0) ::close(theirs);
  }

  static Result<InputPipe> make(Loop& loop) {
    InputPipe pipe;
    auto handle = make_pipe(loop);
    if (!handle) return handle.error();
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return uv_error("cannot make a pipe", uv_translate_sys_error(errno));
    pipe.theirs = ends[0];
    if (const int code = uv_pipe_open(reinterpret_cast<uv_pipe_t*>(handle->get()), ends[1]); code != 0) {
      ::close(ends[1]);
      return uv_error("cannot make a pipe", code);
    }
    pipe.ours = std::move(*handle);
    return pipe;
  }
};

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(Loop& loop, const Command& command, Events events) {
  const std::string doing = fmt::format("cannot run {}", command.words.front());
  auto out = make_pipe(loop);
  if (!out) return out.error();
  auto err = make_pipe(loop);
  if (!err) return err.error();
  std::optional<InputPipe> in;
  std::array<uv_stdio_container_t, 3> streams{};  // UV_IGNORE: /dev/null
  const auto read_from = [&](std::size_t number, const StreamHandle& handle) {
    streams[number].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
    streams[number].data.stream = handle.get();
  };
  if (command.takes_in) {
    auto made = InputPipe::make(loop);
    if (!made) return made.error();
    in.emplace(std::move(*made));
    streams[0].flags = UV_INHERIT_FD;
    streams[0].data.fd = in->theirs;
  }
  if (command.gives_out) read_from(1, *out);
  read_from(2, *err);
  std::vector<char*> argv = pointers_to(command.words), environment;
  uv_process_options_t options{};
  options.file = argv.front();
  options.args = argv.data();
  if (command.environment) {
    environment = pointers_to(*command.environment);
    options.env = environment.data();
  }
  if (command.leads_group) options.flags = UV_PROCESS_DETACHED;
  options.stdio = streams.data();
  options.stdio_count = static_cast<int>(streams.size());
  options.exit_cb = [](uv_process_t* process, std::int64_t status, int signal) {
    auto* self = static_cast<ChildProcess*>(process->data);
    if (self == nullptr) {
      CloseHandle<uv_process_t>()(process);
      return;
    }
    self->exit_ = {static_cast<int>(status), signal};
    self->exited_ = true;
    if (self->events_.exited) self->events_.exited();
    self->look();
  };

  std::unique_ptr<ChildProcess> child(new ChildProcess());
  auto raw = std::make_unique<uv_process_t>();
  raw->data = nullptr;
  const int code = uv_spawn(loop.raw(), raw.get(), &options);
  child->handle_.reset(raw.release());  // closed also when nothing was started
  if (code == UV_ENOENT)
    return Error{Code::unavailable, fmt::format("{}: there is no such program on this machine", doing)};
  if (code != 0) return uv_error(doing, code);
  child->handle_->data = child.get();
  child->events_ = std::move(events);
  child->leads_group_ = command.leads_group;
  auto* self = child.get();
  const auto read = [&](StreamHandle handle, std::function<void(ByteView)> bytes, bool& ended) {
    auto stream = std::make_unique<Stream>(std::move(handle), command.words.front());
    stream->start({std::move(bytes),
                   [self, &ended](const Error*) {
                     ended = true;
                     self->look();
                   },
                   [] {}});
    return stream;
  };
  if (command.gives_out) {
    self->out_ = read(
        std::move(*out), [self](ByteView bytes) { self->events_.out(bytes); }, self->out_ended_);
  } else {
    self->out_ended_ = true;
  }
  self->err_ = read(
      std::move(*err), [self](ByteView bytes) { self->events_.err(bytes); }, self->err_ended_);
  if (in) {
    self->in_ = std::make_unique<Stream>(std::move(in->ours), command.words.front());
    // Nothing is read from it; that it was closed over there is told when the next bytes are given.
    self->in_->start({[](ByteView) {}, [self](const Error*) { self->input_broken_ = true; },
                      [self] {
                        if (self->input_ends_) self->in_.reset();
                      }});
  }
  return child;
}

ChildProcess::~ChildProcess() {
  if (!handle_ || handle_->data == nullptr || exited_) return;
  send(SIGTERM);
  // libuv reaps only a child whose handle is open: that one closes itself then, and no loop waits for it.
  uv_process_t* left = handle_.release();
  left->data = nullptr;
  uv_unref(reinterpret_cast<uv_handle_t*>(left));
}

void ChildProcess::give(ByteBuf bytes) {
  if (in_ && !input_ends_) in_->write(std::move(bytes));
}

std::optional<std::size_t> ChildProcess::unread() const {
  if (!in_ || input_broken_) return std::nullopt;
  const std::optional<int> pipe = in_->descriptor();
  int left = 0;
  // Asked of our end, it is the same pipe's.
  if (!pipe || ::ioctl(*pipe, FIONREAD, &left) != 0 || left < 0) return std::nullopt;
  return in_->unsent() + static_cast<std::size_t>(left);
}

bool ChildProcess::input_closed() const {
  if (!in_) return false;
  const std::optional<int> pipe = in_->descriptor();
  if (input_broken_ || !pipe) return true;
  pollfd wish{*pipe, 0, 0};
  return ::poll(&wish, 1, 0) > 0 && (wish.revents & POLLERR) != 0;
}

void ChildProcess::end_input() {
  input_ends_ = true;
  if (in_ && in_->waiting() == 0) in_.reset();
}

void ChildProcess::send(int signal) {
  if (!handle_ || exited_ || handle_->pid <= 0) return;
  uv_kill(leads_group_ ? -handle_->pid : handle_->pid, signal);
}

void ChildProcess::look() {
  if (exited_ && out_ended_ && err_ended_) events_.ended(exit_);
}

}  // namespace ssblog
