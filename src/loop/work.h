// SPDX-License-Identifier: MIT
// loop/work.h - a pure function on a thread of the worker pool, its result back on the loop.
//
// Values are moved in and moved out: the worker sees nothing that the loop's thread can change.
#pragma once

#include "loop/loop.h"

#include <functional>
#include <optional>
#include <utility>

namespace ssblog {

/// The owner's end of work under way. When it goes, the result is dropped; the work itself runs to its end.
class Ticket {
 public:
  Ticket() = default;
  Ticket(Ticket&& other) noexcept : wanted_(std::move(other.wanted_)) {}
  Ticket& operator=(Ticket&& other) noexcept {
    drop();
    wanted_ = std::move(other.wanted_);
    return *this;
  }
  ~Ticket() { drop(); }

 private:
  template <class Job, class Done>
  friend Ticket run_on_worker(Loop& loop, Job job, Done done);
  explicit Ticket(std::shared_ptr<bool> wanted) : wanted_(std::move(wanted)) {}
  void drop() {
    if (wanted_) *wanted_ = false;
  }
  std::shared_ptr<bool> wanted_;  // read and written on the loop's thread alone
};

/// Calls `job()` on a worker, then `done(its result)` on the loop, unless the ticket is gone by then.
template <class Job, class Done>
[[nodiscard]] Ticket run_on_worker(Loop& loop, Job job, Done done) {
  using Answer = decltype(job());
  struct Request {
    uv_work_t work;
    Job job;
    Done done;
    std::optional<Answer> answer;
    std::shared_ptr<bool> wanted;
  };
  auto wanted = std::make_shared<bool>(true);
  auto* request = new Request{{}, std::move(job), std::move(done), std::nullopt, wanted};
  request->work.data = request;
  uv_queue_work(
      loop.raw(), &request->work,
      [](uv_work_t* work) {
        auto* own = static_cast<Request*>(work->data);
        own->answer.emplace(own->job());
      },
      [](uv_work_t* work, int) {
        const std::unique_ptr<Request> own(static_cast<Request*>(work->data));
        if (*own->wanted && own->answer) own->done(std::move(*own->answer));
      });
  return Ticket(std::move(wanted));
}

}  // namespace ssblog
