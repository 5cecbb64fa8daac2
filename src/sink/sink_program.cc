// SPDX-License-Identifier: MIT
#include "sink/sink_program.h"

#include "loop/child_environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

// Nobody tells that a pipe was read: it is looked at, less and less often while nothing moves.
constexpr auto first_look = 1ms, longest_look = 200ms;
constexpr auto term_patience = 2s;  // before it is killed
// Who ends closes its stdin a moment before: then its status says more.
constexpr auto closed_patience = 1s;
// What it started may hold its stderr open for ever.
constexpr auto output_patience = 1s;

}  // namespace

SinkProgram::SinkProgram(Loop& loop, SinkAck ack, Events events)
    : loop_(loop),
      ack_(ack),
      events_(std::move(events)),
      started_(loop.now()),
      look_pause_(first_look),
      look_soon_(loop, [this] { look(); }),
      closed_late_(loop, [this] { break_off("it closed its stdin, though there is more to come"); }),
      kill_late_(loop,
                 [this] {
                   if (child_) child_->send(SIGKILL);
                 }),
      over_late_(loop, [this] { ended(child_->exit()); }) {}

Result<std::unique_ptr<SinkProgram>> SinkProgram::start(Loop& loop, const SinkSettings& settings,
                                                        Events events) {
  std::unique_ptr<SinkProgram> program(new SinkProgram(loop, settings.ack, std::move(events)));
  auto* self = program.get();
  auto child = ChildProcess::start(
      loop,
      {.words = settings.exec,
       .takes_in = true,
       // Else to nowhere: a program that prints what it takes would have it logged, and read into the feed again.
       .gives_out = settings.ack == SinkAck::reply,
       .leads_group = true,
       .environment = child_environment({{"SSBLOG_SINK", settings.name}})},
      {[self](ByteView bytes) { self->reply(bytes); },
       [self](ByteView bytes) { self->tell(self->errors_.take(bytes, self->loop_.now())); },
       [self](const ChildProcess::Exit& exit) { self->ended(exit); },
       [self] { self->over_late_.start(output_patience); }});
  if (!child) return child.error();
  program->child_ = std::move(*child);
  return program;
}

void SinkProgram::give(std::string_view text, std::uint64_t lines) {
  given_ += text.size();
  lines_given_ += lines;
  child_->give(ByteBuf(text.begin(), text.end()));
  if (ack_ == SinkAck::exit) return;  // its status says all
  look_pause_ = first_look;
  if (!look_soon_.running()) look_soon_.start(look_pause_);
}

void SinkProgram::look() {
  if (ack_ == SinkAck::exit) return;
  if (ack_ == SinkAck::read) look_at_read();
  const bool waits = ack_ == SinkAck::read ? bytes_taken_ < given_ : count_.lines() < lines_given_;
  if (!waits || closed_late_.running()) return;
  if (child_->input_closed()) return closed_late_.start(closed_patience);
  look_soon_.start(look_pause_);
  look_pause_ = std::min<std::chrono::milliseconds>(look_pause_ * 2, longest_look);
}

/// What it took out of the pipe.
void SinkProgram::look_at_read() {
  const auto unread = child_->unread();
  if (!unread) return;  // it closed its stdin, or ended: what it took is not known any more
  const std::uint64_t taken = given_ - std::min<std::uint64_t>(*unread, given_);
  if (taken <= bytes_taken_) return;
  look_pause_ = first_look;
  bytes_taken_ = taken;
  events_.took();
}

void SinkProgram::reply(ByteView bytes) {
  if (!broke_.empty()) return;
  const auto before = count_.lines();
  if (auto counted = count_.take(bytes, lines_given_); !counted) return break_off(counted.error().text);
  if (count_.lines() > before) events_.took();
}

/// It cannot go on: its owner learns why when it has ended.
void SinkProgram::break_off(std::string why) {
  if (broke_.empty()) broke_ = std::move(why);
  end();
}

void SinkProgram::end_input() {
  look();
  child_->end_input();
}

void SinkProgram::end() {
  child_->send(SIGTERM);
  if (!kill_late_.running()) kill_late_.start(term_patience);
}

void SinkProgram::tell(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) events_.said(line);
}

void SinkProgram::ended(const ChildProcess::Exit& exit) {
  if (std::exchange(over_, true)) return;
  look_soon_.stop();
  closed_late_.stop();
  kill_late_.stop();
  over_late_.stop();
  tell(errors_.finish());
  std::string how;
  if (!broke_.empty())
    how = fmt::format("was ended: {}", broke_);
  else if (exit.signal != 0)
    how = fmt::format("was ended by signal {}", exit.signal);
  else if (exit.status != 0)
    how = fmt::format("ended with {}", exit.status);
  if (!how.empty() && broke_.empty() && !errors_.last().empty()) how += ": " + errors_.last();
  const auto tell_end = events_.ended;
  tell_end(how);  // the owner may end this
}

}  // namespace ssblog
