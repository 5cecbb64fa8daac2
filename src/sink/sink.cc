// SPDX-License-Identifier: MIT
#include "sink/sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto save_pause = 200ms;     // what is taken meanwhile is saved together
constexpr auto idle_save_pause = 10s;  // where nothing was given: what is not wanted is passed over again
constexpr std::chrono::milliseconds busy_pause = 100ms,
                                    trouble_pause = 5s;  // before the store is asked again
constexpr int most_failed_saves = 20;                    // at the end
constexpr auto take_patience = 3s, end_patience = 2s;    // at the end, before the next step
constexpr auto longest_run = 300s;                       // SinkAck::exit: who takes longer hangs

std::string count_of_lines(std::uint64_t lines) {
  return fmt::format("{} line{}", lines, lines == 1 ? "" : "s");
}

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
      late_(loop, [this] { next_ending(); }) {}

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
    if (std::exchange(go_back_, false)) job->go_on_from = taken_;
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
  auto portion = job.reader->next(job.most_bytes);
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
      go_back_ = go_back_ || job.go_on_from.has_value();
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

// ---- what the program is given and takes ----

void Sink::take_portion(Portion portion) {
  for (const std::string& text : portion.troubles) say(true, text);
  if (settings_->ack == SinkAck::exit && !portion.more) {
    // What came while it was read waits for more.
    gathered_ = false;
    if (news_) gather_.start(settings_->gather);
  }
  news_ = news_ || portion.more;
  const bool starts_late = settings_->ack == SinkAck::exit && stopping_;
  if (settings_->skip_after_crash && !portion.text.empty()) {
    // It is saved: there is nothing left to be noted when it is taken.
    for (const auto& [feed, mark] : std::exchange(portion.steps, {})) {
      taken_[feed] = mark;
      unsaved_.erase(feed);
    }
  } else if (go_back_ || starts_late) {
    // The program ended meanwhile: this follows lines that were not taken.
    news_ = go_back_ = true;
    return;
  }
  if (settings_->ack == SinkAck::exit && !portion.text.empty()) {
    held_ = std::move(portion);
    return run_program();
  }
  if (!program_ && !portion.text.empty()) {
    held_ = std::move(portion);
    return;
  }
  give(std::move(portion));
}

void Sink::give(Portion portion) {
  outstanding_.give(portion.text.size(), portion.lines, std::move(portion.steps));
  if (!portion.text.empty()) program_->give(portion.text);
  took();
}

void Sink::run_program() {
  auto program = SinkProgram::start(loop_, *settings_,
                                    {[this] {
                                       took();
                                       look();
                                     },
                                     [this](const std::string& line) { say(false, "it said: " + line); },
                                     [this](const std::string& how) { program_ended(how); }});
  if (!program) {
    ++failures_;
    // A portion is read again, unless it must not be.
    if (!settings_->skip_after_crash && std::exchange(held_, std::nullopt))
      news_ = go_back_ = gathered_ = true;
    return rest(program.error().text, "", 0ms, false);
  }
  program_ = std::move(*program);
  environment_.changed();
  if (held_) give(*std::exchange(held_, std::nullopt));
  if (settings_->ack != SinkAck::exit) return;
  program_->end_input();
  if (stopping_) ending_ = Ending::letting_end;
  late_.start(stopping_ ? end_patience : longest_run);
}

/// The program took something, or portions without lines came.
void Sink::took() {
  CursorSteps steps;
  const auto bytes = outstanding_.bytes(), lines = outstanding_.lines();
  switch (settings_->ack) {
    case SinkAck::read:
      outstanding_.took_bytes(program_ ? program_->bytes_taken() : 0, steps);
      break;
    case SinkAck::reply:
      outstanding_.took_lines(program_ ? program_->lines_taken() : 0, steps);
      break;
    case SinkAck::exit:  // told by its end; what has no lines is taken at once
      if (outstanding_.bytes() == 0) outstanding_.took_all(steps);
      break;
  }
  note(bytes, lines, steps);
}

/// `before`: what was outstanding before these steps.
void Sink::note(std::uint64_t bytes_before, std::uint64_t lines_before, const CursorSteps& steps) {
  const std::uint64_t bytes = bytes_before - outstanding_.bytes();
  lines_ += lines_before - outstanding_.lines();
  for (const auto& [feed, mark] : steps) taken_[feed] = unsaved_[feed] = mark;
  if (bytes > 0 && !std::exchange(trouble_, {}).empty()) environment_.changed();
  if (bytes > 0 && unsaved_bytes_ == 0)
    save_soon_.start(save_pause);
  else if (!steps.empty() && !save_soon_.running())
    save_soon_.start(idle_save_pause);
  unsaved_bytes_ += bytes;
  if (unsaved_bytes_ >= settings_->window / 4) save_now_ = true;
}

void Sink::program_ended(const std::string& how) {
  took();
  const auto ran = program_->runs_for();
  const bool done = settings_->ack == SinkAck::exit && how.empty();
  if (done) {
    CursorSteps steps;
    const auto bytes = outstanding_.bytes(), lines = outstanding_.lines();
    outstanding_.took_all(steps);
    note(bytes, lines, steps);
    backoff_.succeeded();
  }
  const std::uint64_t left = outstanding_.lines();
  const bool took_some = outstanding_.lines_taken() > 0;
  outstanding_.clear();
  late_.stop();
  ended_program_ = std::move(program_);
  if (!settings_->skip_after_crash && !done) news_ = go_back_ = gathered_ = true;
  if (done || stopping_) return look();
  ++failures_;
  std::string more;
  if (left > 0)
    more = fmt::format("; {} that it may not have taken {}", count_of_lines(left),
                       settings_->skip_after_crash ? "will not come again" : "will come again");
  rest(fmt::format("{} {}", settings_->exec.front(),
                   how.empty() ? "ended, though there is more to come" : how),
       more, ran, took_some);
}

/// Said once, until it changes; how many lines it concerns is no change.
void Sink::rest(const std::string& why, const std::string& more, std::chrono::milliseconds ran,
                bool took_some) {
  const auto pause = backoff_.failed(ran, took_some);
  if (std::exchange(trouble_, why) != why)
    say(true, fmt::format("{}; it is started again in {} s{}", why, pause / 1s, more));
  again_.start(pause);
  environment_.changed();
  look();
}

// ---- the end ----

void Sink::stop(std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  again_.stop();
  gather_.stop();
  retry_.stop();
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
  late_.stop();
  save_soon_.stop();
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

SinkStanding Sink::standing() const {
  SinkStanding standing;
  standing.name = settings_->name;
  standing.state = again_.running() ? "resting" : !open_ ? "starting" : program_ ? "running" : "idle";
  standing.trouble = trouble_.empty() ? store_trouble_ : trouble_;
  standing.lines = lines_;
  standing.unanswered = outstanding_.lines();
  standing.failures = failures_;
  return standing;
}

}  // namespace ssblog
