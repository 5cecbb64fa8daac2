// SPDX-License-Identifier: MIT
#include "loop/loop.h"

#include <fmt/format.h>

namespace ssblog {

Result<Loop> Loop::make() {
  auto raw = std::make_unique<uv_loop_t>();
  if (const int code = uv_loop_init(raw.get()); code != 0) return uv_error("cannot make an event loop", code);
  return Loop(std::unique_ptr<uv_loop_t, Close>(raw.release()));
}

void Loop::Close::operator()(uv_loop_t* loop) const {
  // The owners are gone, their handles are closing: this runs the close callbacks, and work under way.
  uv_run(loop, UV_RUN_DEFAULT);
  [[maybe_unused]] const int code = uv_loop_close(loop);
  assert(code == 0 && "a handle outlived its loop");
  delete loop;
}

bool Loop::settle() {
  for (int turns = 0; turns < 3; ++turns) uv_run(loop_.get(), UV_RUN_NOWAIT);
  return uv_loop_alive(loop_.get()) == 0;
}

void Loop::run() { uv_run(loop_.get(), UV_RUN_DEFAULT); }

Error uv_error(std::string_view doing, int code) {
  Code kind = Code::io;
  if (code == UV_EACCES || code == UV_EPERM) kind = Code::permission;
  if (code == UV_EADDRINUSE) kind = Code::unavailable;
  return Error{kind, fmt::format("{}: {}", doing, uv_strerror(code))};
}

}  // namespace ssblog
