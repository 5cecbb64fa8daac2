// SPDX-License-Identifier: MIT
#include "loop/loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <system_error>
#include <thread>
#include <utility>

namespace ssblog {
namespace {

thread_local const uv_timer_t* calling = nullptr;  // whose call is under way

class LoopAlarm final : public Alarm {
 public:
  LoopAlarm(uv_loop_t* loop, std::function<void()> due) : handle_(new uv_timer_t), due_(std::move(due)) {
    uv_timer_init(loop, handle_.get());  // never fails
    handle_->data = this;
  }

  void start(std::chrono::milliseconds after) override {
    // Before libuv 1.49 a timer that starts itself anew with 0 is due in the same turn again, and again: nothing else is
    // heard until it stops.
    const std::int64_t least = calling == handle_.get() ? 1 : 0;
    const auto wait = static_cast<std::uint64_t>(std::max<std::int64_t>(after.count(), least));
    uv_timer_start(
        handle_.get(),
        [](uv_timer_t* handle) {
          auto* own = static_cast<LoopAlarm*>(handle->data);
          if (own == nullptr) return;
          calling = handle;
          own->due_();
          calling = nullptr;
        },
        wait, 0);
  }
  void stop() override { uv_timer_stop(handle_.get()); }
  bool running() const override {
    return uv_is_active(reinterpret_cast<const uv_handle_t*>(handle_.get())) != 0;
  }

 private:
  Handle<uv_timer_t> handle_;
  std::function<void()> due_;
};

}  // namespace

Result<Loop> Loop::make() {
  auto raw = std::make_unique<uv_loop_t>();
  if (const int code = uv_loop_init(raw.get()); code != 0) return uv_error("cannot make an event loop", code);
  return Loop(std::unique_ptr<uv_loop_t, Close>(raw.release()));
}

void Loop::Close::operator()(uv_loop_t* loop) const {
  // A child that was let go may still run: nobody waits for it any more.
  uv_walk(
      loop,
      [](uv_handle_t* handle, void*) {
        if (handle->type == UV_PROCESS && handle->data == nullptr && uv_is_closing(handle) == 0)
          CloseHandle<uv_process_t>()(reinterpret_cast<uv_process_t*>(handle));
      },
      nullptr);
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

std::unique_ptr<Alarm> Loop::make_alarm(std::function<void()> due) {
  return std::make_unique<LoopAlarm>(loop_.get(), std::move(due));
}

void Loop::run_elsewhere(std::function<void()> job, std::function<void()> done) {
  struct Request {
    uv_work_t work;
    std::function<void()> job, done;
  };
  auto* request = new Request{{}, std::move(job), std::move(done)};
  request->work.data = request;
  uv_queue_work(
      loop_.get(), &request->work, [](uv_work_t* work) { static_cast<Request*>(work->data)->job(); },
      [](uv_work_t* work, int) {
        const std::unique_ptr<Request> own(static_cast<Request*>(work->data));
        own->done();
      });
}

Result<void> Loop::run_apart(std::function<void()> job, std::function<void()> done) {
  struct Errand {
    uv_async_t ended{};
    std::function<void()> job, done;
    std::atomic<bool> is_over{false};
  };
  auto errand = std::make_unique<Errand>();
  errand->job = std::move(job);
  errand->done = std::move(done);
  const auto back = [](uv_async_t* ended) {
    auto* own = static_cast<Errand*>(ended->data);
    // What the job wrote is seen behind this; that libuv's word orders it, too, is no promise of its manual.
    [[maybe_unused]] const bool is_over = own->is_over.load(std::memory_order_acquire);
    assert(is_over);
    own->done();
    uv_close(reinterpret_cast<uv_handle_t*>(ended),
             [](uv_handle_t* closed) { delete static_cast<Errand*>(closed->data); });
  };
  if (const int code = uv_async_init(loop_.get(), &errand->ended, back); code != 0)
    return uv_error("cannot begin work", code);
  Errand* const own = errand.release();
  own->ended.data = own;
  try {
    std::thread([own] {
      own->job();
      own->is_over.store(true, std::memory_order_release);
      uv_async_send(&own->ended);
    }).detach();
  } catch (const std::system_error& error) {
    uv_close(reinterpret_cast<uv_handle_t*>(&own->ended),
             [](uv_handle_t* closed) { delete static_cast<Errand*>(closed->data); });
    return Error{Code::unavailable, fmt::format("cannot begin a thread: {}", error.what())};
  }
  return {};
}

void Loop::run() { uv_run(loop_.get(), UV_RUN_DEFAULT); }

Error uv_error(std::string_view doing, int code) {
  Code kind = Code::io;
  if (code == UV_EACCES || code == UV_EPERM) kind = Code::permission;
  if (code == UV_EADDRINUSE) kind = Code::unavailable;
  return Error{kind, fmt::format("{}: {}", doing, uv_strerror(code))};
}

}  // namespace ssblog
