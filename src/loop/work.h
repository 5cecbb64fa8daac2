// SPDX-License-Identifier: MIT
// loop/work.h - a pure function on a thread of the worker pool, its result back on the loop.
//
// Values are moved in and moved out: the worker sees nothing that the loop's thread can change.
#pragma once

#include "loop/scheduler.h"

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
  friend Ticket run_on_worker(Scheduler& scheduler, Job job, Done done);
  explicit Ticket(std::shared_ptr<bool> wanted) : wanted_(std::move(wanted)) {}
  void drop() {
    if (wanted_) *wanted_ = false;
  }
  std::shared_ptr<bool> wanted_;  // read and written on the loop's thread alone
};

/// Calls `job()` on a worker, then `done(its result)` on the loop, unless the ticket is gone by then.
template <class Job, class Done>
[[nodiscard]] Ticket run_on_worker(Scheduler& scheduler, Job job, Done done) {
  using Answer = decltype(job());
  struct Request {
    Job job;
    Done done;
    std::optional<Answer> answer;
    std::shared_ptr<bool> wanted;
  };
  auto wanted = std::make_shared<bool>(true);
  auto request = std::make_shared<Request>(Request{std::move(job), std::move(done), std::nullopt, wanted});
  scheduler.run_elsewhere([request] { request->answer.emplace(request->job()); },
                          [request] {
                            if (*request->wanted && request->answer)
                              request->done(std::move(*request->answer));
                          });
  return Ticket(std::move(wanted));
}

}  // namespace ssblog
