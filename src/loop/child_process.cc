// SPDX-License-Identifier: MIT
#include "loop/child_process.h"

#include <fmt/format.h>

#include <array>
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

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(Loop& loop, const std::vector<std::string>& words,
                                                          Events events) {
  const std::string doing = fmt::format("cannot run {}", words.front());
  auto out = make_pipe(loop);
  if (!out) return out.error();
  auto err = make_pipe(loop);
  if (!err) return err.error();
  std::array<uv_stdio_container_t, 3> streams{};
  streams[0].flags = UV_IGNORE;
  for (std::size_t i = 1; i < streams.size(); ++i)
    streams[i].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
  streams[1].data.stream = out->get();
  streams[2].data.stream = err->get();
  std::vector<char*> argv;
  // libuv only reads from them.
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  uv_process_options_t options{};
  options.file = argv.front();
  options.args = argv.data();
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
  child->out_ = std::make_unique<Stream>(std::move(*out), words.front());
  child->err_ = std::make_unique<Stream>(std::move(*err), words.front());
  auto* self = child.get();
  self->out_->start({[self](ByteView bytes) { self->events_.out(bytes); },
                     [self](const Error*) {
                       self->out_ended_ = true;
                       self->look();
                     },
                     [] {}});
  self->err_->start({[self](ByteView bytes) { self->events_.err(bytes); },
                     [self](const Error*) {
                       self->err_ended_ = true;
                       self->look();
                     },
                     [] {}});
  return child;
}

ChildProcess::~ChildProcess() {
  if (!handle_ || handle_->data == nullptr || exited_) return;
  uv_process_kill(handle_.get(), SIGTERM);
  // libuv reaps only a child whose handle is open: that one closes itself then, and no loop waits for it.
  uv_process_t* left = handle_.release();
  left->data = nullptr;
  uv_unref(reinterpret_cast<uv_handle_t*>(left));
}

void ChildProcess::look() {
  if (exited_ && out_ended_ && err_ended_) events_.ended(exit_);
}

}  // namespace ssblog
