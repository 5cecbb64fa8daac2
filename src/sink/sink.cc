// SPDX-License-Identifier: MIT
#include "sink/sink.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds busy_pause{100}, trouble_pause{5'000};  // before the store is asked again
constexpr int most_failed_saves = 20;                                       // at the end
constexpr auto take_patience = 3s;  // at the end, before its input ends
constexpr auto stop_patience = 8s;  // a disk that does not answer is not waited for

}  // namespace

Sink::Sink(Loop& loop, SinkSettings settings, Environment environment)
    : loop_(loop),
      settings_(std::make_shared<const SinkSettings>(std::move(settings))),
      environment_(std::move(environment)),
      again_(loop,
             [this] {
               if (settings_->ack != SinkAck::exit || held_) run_program();
               look();
             }),
      gather_(loop,
              [this] {
                gathered_ = true;
                look();
              }),
      save_soon_(loop,
                 [this] {
                   save_now_ = true;
                   look();
                 }),
      retry_(loop, [this] { look(); }),
      late_(loop, [this] { next_ending(); }),
      show_soon_(loop, [this] { environment_.changed(); }),
      give_up_(loop, [this] { end(); }) {}

Sink::~Sink() { *alive_ = false; }

void Sink::news() {
  news_ = true;
  if (settings_->ack == SinkAck::exit && !gathered_ && !gather_.running()) gather_.start(settings_->gather);
  look();
}

// ---- what is to be done in the store ----

bool Sink::wants_portion() const {
  if (!news_ || stopping_ || held_) return false;
  if (settings_->ack == SinkAck::exit)
    return gathered_ && !program_ && outstanding_.is_empty() && !again_.running();
  return program_ && unsettled_bytes() < settings_->window / 2;
}

void Sink::look() {
  if (busy_ || retry_.running()) return;
  if (!open_ && !stopping_) return begin(Task::open);
  if (wants_portion()) return begin(Task::read);
  if (!unsaved_.empty() && (save_now_ || (stopping_ && !program_ && failed_saves_ < most_failed_saves)))
    return begin(Task::save);
  if (stopping_) wind_up();
}

void Sink::begin(Task task) {
  auto job = std::make_shared<Job>();
  job->task = task;
  job->reader = std::move(reader_);
  if (task == Task::read) {
    news_ = false;
    if (std::exchange(go_back_, false)) {
      job->go_on_from = taken_;
      job->rest = std::exchange(rest_, std::nullopt);
    }
    job->most_bytes = settings_->window / (settings_->ack == SinkAck::exit ? 1 : 4);
  }
  if (task == Task::save || save_now_) {
    job->save.assign(unsaved_.begin(), unsaved_.end());
    unsaved_.clear();
    saving_bytes_ = std::exchange(unsaved_bytes_, 0);
    save_now_ = false;
    save_soon_.stop();
  }
  busy_ = true;
  auto begun = loop_.run_apart(
      [job, settings = settings_, store_path = environment_.store_path, now = environment_.clock()] {
        if (auto done = work(*job, *settings, store_path, now); !done) job->error = done.error();
      },
      [this, job, alive = alive_] {
        if (*alive) finished(*job);
      });
  if (begun) return;
  job->error = begun.error();
  finished(*job);
}

/// On a thread of its own.
Result<void> Sink::work(Job& job, const SinkSettings& settings, const std::string& store_path, Millis now) {
  if (!job.reader) {
    auto opened = PortionReader::open(store_path, settings);
    if (!opened) return opened.error();
    job.reader = std::move(*opened);
  }
  if (job.task == Task::open) {
    auto cursor = job.reader->begin(now);
    if (!cursor) return cursor.error();
    job.cursor = std::move(*cursor);
    return {};
  }
  if (!job.save.empty()) {
    if (auto saved = job.reader->save(job.save, now); !saved) return saved;
    job.save.clear();
  }
  if (job.task != Task::read) return {};
  if (job.go_on_from) job.reader->go_on_from(*job.go_on_from);
  auto portion = job.rest ? job.reader->rest_of(*job.rest) : job.reader->next(job.most_bytes);
  if (!portion) return portion.error();
  // Before it is given: whatever happens then, it is not given again.
  if (settings.skip_after_crash && !portion->text.empty()) {
    if (auto saved = job.reader->save(portion->steps, now); !saved) return saved;
  }
  job.reader->given(portion->steps);
  job.portion = std::move(*portion);
  return {};
}

void Sink::finished(Job& job) {
  busy_ = false;
  reader_ = std::move(job.reader);
  const auto saving = std::exchange(saving_bytes_, 0);
  if (!job.save.empty()) {
    unsaved_bytes_ += saving;
    for (const auto& [feed, mark] : job.save) unsaved_.try_emplace(feed, mark);
    save_now_ = true;
  }
  if (job.error) {
    if (job.task == Task::read) {
      news_ = true;
      if (job.go_on_from && !go_back_) {
        go_back_ = true;
        rest_ = std::move(job.rest);
      }
    }
    return store_failed(*job.error);
  }
  failed_saves_ = 0;
  if (!std::exchange(store_trouble_, {}).empty()) environment_.changed();
  if (job.task == Task::open) {
    open_ = true;
    taken_ = std::move(job.cursor);
    if (settings_->ack == SinkAck::exit)
      gather_.start(settings_->gather);
    else if (!stopping_)
      run_program();
  } else if (job.task == Task::read) {
    take_portion(std::move(job.portion));
  }
  look();
}

void Sink::store_failed(const Error& error) {
  if (stopping_ && ++failed_saves_ >= most_failed_saves) {
    if (!unsaved_.empty())
      say(true,
          fmt::format("its cursor could not be saved: {}; lines that it took are given again", error.text));
    return look();
  }
  // A store that another program writes to for a moment is no trouble.
  if (error.code != Code::busy && std::exchange(store_trouble_, error.text) != error.text) {
    say(true, error.text);
    environment_.changed();
  }
  retry_.start(error.code == Code::busy || stopping_ ? busy_pause : trouble_pause);
}

// ---- the end ----

void Sink::stop(std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  again_.stop();
  gather_.stop();
  retry_.stop();
  give_up_.start(stop_patience);
  if (program_) {
    ending_ = Ending::letting_take;
    late_.start(take_patience);
  }
  look();
}

/// Nobody works on the store. Who reads is waited for before its input ends: then nobody could tell what it read.
void Sink::wind_up() {
  if (program_) {
    const bool all_taken = settings_->ack != SinkAck::read || outstanding_.is_empty();
    if (ending_ == Ending::letting_take && all_taken) next_ending();
    return;
  }
  end();
}

void Sink::end() {
  for (Timer* timer : {&late_, &save_soon_, &show_soon_, &retry_, &give_up_}) timer->stop();
  if (stopped_) std::exchange(stopped_, nullptr)();
}

/// What it had time for is over.
void Sink::next_ending() {
  if (!program_) return;
  if (ending_ == Ending::letting_take) {
    ending_ = Ending::letting_end;
    program_->end_input();
    late_.start(end_patience);
    return;
  }
  if (!stopping_)
    say(true, fmt::format("{} takes longer than {} s", settings_->exec.front(), longest_run / 1s));
  ending_ = Ending::made_to_end;
  program_->end();
}

void Sink::say(bool trouble, const std::string& text) const {
  environment_.log(trouble, fmt::format("sink {}: {}", settings_->name, text));
}

SinkState Sink::state() const {
  SinkState state;
  state.name = settings_->name;
  state.state = again_.running() ? "resting" : !open_ ? "starting" : program_ ? "running" : "idle";
  state.trouble = trouble_.empty() ? store_trouble_ : trouble_;
  state.lines = lines_;
  state.unanswered = outstanding_.lines();
  state.failures = failures_;
  return state;
}

}  // namespace ssblog
