// SPDX-License-Identifier: MIT
// sink/sink_giving.cc - what the program of a sink is given and takes, and what follows when it ends.
#include "sink/sink.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto save_pause = 200ms;     // what is taken meanwhile is saved together
constexpr auto idle_save_pause = 10s;  // where nothing was given: what is not wanted is passed over again
constexpr auto show_pause = 2s;        // while lines are taken

std::string count_of_lines(std::uint64_t lines) {
  return fmt::format("{} line{}", lines, lines == 1 ? "" : "s");
}

}  // namespace

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
  if (!portion.text.empty()) program_->give(portion.text, portion.size().lines);
  outstanding_.give(std::move(portion));
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

void Sink::took_all() {
  CursorSteps steps;
  const auto bytes = outstanding_.bytes(), lines = outstanding_.lines();
  outstanding_.took_all(steps);
  note(bytes, lines, steps);
}

/// What a program that ended left of the portion under way.
std::optional<PortionRest> Sink::rest_of_portion() const {
  switch (settings_->ack) {
    case SinkAck::read:
      return outstanding_.rest_behind_bytes(program_->bytes_taken());
    case SinkAck::reply:
      return outstanding_.rest_behind_lines(program_->lines_taken());
    case SinkAck::exit:
      return std::nullopt;
  }
  return std::nullopt;
}

/// `before`: what was outstanding before these steps.
void Sink::note(std::uint64_t bytes_before, std::uint64_t lines_before, const CursorSteps& steps) {
  const std::uint64_t bytes = bytes_before - outstanding_.bytes();
  lines_ += lines_before - outstanding_.lines();
  if (bytes > 0 && !show_soon_.running()) show_soon_.start(show_pause);
  for (const auto& [feed, mark] : steps) taken_[feed] = unsaved_[feed] = mark;
  if (bytes > 0 && !std::exchange(trouble_, {}).empty()) environment_.changed();
  if (!steps.empty() && !save_soon_.running()) save_soon_.start(idle_save_pause);
  if (settings_->skip_after_crash) return;  // the lines were noted before they were given
  if (bytes > 0 && unsaved_bytes_ == 0) save_soon_.start(save_pause);
  unsaved_bytes_ += bytes;
  if (unsaved_bytes_ >= settings_->window / 4) save_now_ = true;
}

void Sink::program_ended(const std::string& how) {
  took();
  const auto ran = program_->runs_for();
  const bool done = settings_->ack == SinkAck::exit && how.empty();
  // Who ended well at the end of its input has read all of it.
  if (done || (settings_->ack == SinkAck::read && ending_ == Ending::letting_end && how.empty())) took_all();
  if (done) backoff_.succeeded();
  const bool goes_back = !settings_->skip_after_crash && !done;
  rest_ = goes_back ? rest_of_portion() : std::nullopt;
  if (rest_) lines_ += rest_->lines;
  const std::uint64_t left = outstanding_.lines() - (rest_ ? rest_->lines : 0);
  const bool took_some = outstanding_.lines_taken() > 0 || rest_;
  outstanding_.clear();
  late_.stop();
  ended_program_ = std::move(program_);
  if (goes_back) news_ = go_back_ = gathered_ = true;
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

}  // namespace ssblog
