// SPDX-License-Identifier: MIT
#include "gossip/log_keeper.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto full_retry = 500ms;

}  // namespace

LogKeeper::LogKeeper(Scheduler& scheduler, Store& store, Limits limits,
                     std::function<void(const std::string&)> trouble)
    : scheduler_(scheduler),
      store_(store),
      limits_(limits),
      trouble_(std::move(trouble)),
      again_(scheduler, [this] {
        if (!busy_) start(Step::write_back);
      }) {
  store_.leave_log_to([this](std::size_t pages) { committed(pages); });
}

LogKeeper::~LogKeeper() {
  store_.leave_log_to(nullptr);
  store_.set_log_full(false);
}

/// Inside a commit of the store: nothing is asked of it here.
void LogKeeper::committed(std::size_t pages) {
  if (pages < pages_) begun_ = 0;
  pages_ = pages;
  // Readers may keep a checkpoint from its end: the next one waits until there is more to write back.
  if (!busy_ && pages_ >= begun_ + limits_.begin) start(Step::write_back);
  // A slow disk: what comes in must not outrun it.
  if (pages_ >= limits_.wait) store_.set_log_full(full_ || busy_);
}

void LogKeeper::start(Step step) {
  busy_ = true;
  begun_ = pages_;
  ticket_ = run_on_worker(
      scheduler_,
      [checkpointer = std::exchange(checkpointer_, std::nullopt), path = store_.path(), step]() mutable {
        return work(std::move(checkpointer), path, step);
      },
      [this, step](Answer answer) { ended(step, std::move(answer)); });
}

LogKeeper::Answer LogKeeper::work(std::optional<Checkpointer> checkpointer, const std::string& path,
                                  Step step) {
  Answer answer;
  if (!checkpointer) {
    auto opened = Checkpointer::open(path);
    if (!opened) {
      answer.error = opened.error();
      return answer;
    }
    checkpointer.emplace(std::move(*opened));
  }
  auto whole = step == Step::write_back ? checkpointer->write_back() : checkpointer->empty_log();
  if (whole)
    answer.whole = *whole;
  else
    answer.error = whole.error();
  answer.checkpointer = std::move(checkpointer);
  return answer;
}

void LogKeeper::ended(Step step, Answer answer) {
  busy_ = false;
  checkpointer_ = std::move(answer.checkpointer);
  if (!answer.error)
    told_.clear();
  else if (answer.error->code != Code::busy && std::exchange(told_, answer.error->text) != answer.error->text)
    trouble_(answer.error->text);
  if (step == Step::empty && answer.whole) pages_ = begun_ = 0;
  // The most of it was written back beside the writers. While they go on, they never leave a moment in which the log
  // could begin anew: for the little that they added they are kept off.
  const bool rest = step == Step::write_back && answer.whole && pages_ >= limits_.crowd;
  set_full(pages_ > limits_.most);
  store_.set_log_full(full_ || rest);
  if (rest) return start(Step::empty);
  // Where nothing is committed any more, nobody else would look again.
  if (full_)
    again_.start(full_retry);
  else if (!answer.error && pages_ >= begun_ + limits_.begin)
    start(Step::write_back);
}

void LogKeeper::set_full(bool full) {
  if (std::exchange(full_, full) == full) return;
  trouble_(full ? fmt::format("the log of the store has {} pages, since a program has been reading the store "
                              "for long: nothing more is copied until that ends",
                              pages_)
                : "the log of the store is written back; copying goes on");
}

}  // namespace ssblog
