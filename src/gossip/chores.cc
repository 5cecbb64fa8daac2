// SPDX-License-Identifier: MIT
#include "gossip/chores.h"

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_waiting = 10'000;  // a disk that stays full must not fill the memory
constexpr auto busy_retry = 20ms;
constexpr auto trouble_retry = 5s;

}  // namespace

Chores::Chores(Scheduler& scheduler, Store& store, std::function<Millis()> clock, std::function<void()> done)
    : store_(store), clock_(std::move(clock)), done_(std::move(done)), soon_(scheduler, [this] {
        if (auto run_now = run(); !run_now)
          return soon_.start(run_now.error().code == Code::busy ? busy_retry : trouble_retry);
        done_();
      }) {}

void Chores::add(Chore chore, bool urgent) {
  if (waiting_.size() >= most_waiting && !urgent) return;
  urgent_ = urgent_ || urgent;
  waiting_.push_back(std::move(chore));
  if (!soon_.running()) soon_.start(0ms);
}

Result<void> Chores::run() {
  if (waiting_.empty()) return {};
  auto batch = Batch::begin(store_, urgent_ ? Durability::full : Durability::normal);
  if (!batch) return batch.error();
  for (const Chore& chore : waiting_) {
    if (auto done = chore(*batch); !done) return done;
  }
  if (auto committed = batch->commit(clock_()); !committed) return committed;
  waiting_.clear();
  urgent_ = false;
  return {};
}

void Chores::finish() {
  soon_.stop();
  // Clocks and acknowledgements come again at the next meeting.
  if (auto done = run(); !done) waiting_.clear();
}

}  // namespace ssblog
