// SPDX-License-Identifier: MIT
#include "intake/command_run.h"

#include "intake/child.h"
#include "intake/held_output.h"
#include "intake/pass_through.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t block_bytes = 64 * 1024;
constexpr auto quiet_time = 500ms;  // of pipes that somebody keeps open after the command's end
constexpr auto longest_drain = 5s;  // of pipes that somebody goes on writing to
constexpr std::size_t most_in_pipe = 1024 * 1024;
constexpr auto room_pause = 20ms;  // while the courier has no room
constexpr int timed_out_status = 124;

/// One of the command's two streams.
struct Stream {
  File in;
  PassThrough out;
  std::uint64_t lines = 0;
  bool in_line = false;            ///< the last line did not end
  bool was_empty = false;          ///< nothing was left of what the command itself wrote
  std::size_t read_since_end = 0;  ///< bytes, since the command ended
  std::uint64_t all_lines() const { return lines + (in_line ? 1 : 0); }
};

class CommandRun {
 public:
  CommandRun(const CommandPlan& plan, const SignalPipe& signals, Courier& courier, Child::Started started)
      : plan_(plan),
        signals_(signals),
        courier_(courier),
        child_(started.child),
        streams_{Stream{std::move(started.streams.out), PassThrough(STDOUT_FILENO)},
                 Stream{std::move(started.streams.err), PassThrough(STDERR_FILENO)}},
        begun_(Clock::now()) {
    if (plan.timeout) stop_at_ = begun_ + *plan.timeout;
    if (plan.only_if_failed) hold();
  }

  JobEnd run() {
    while (!is_over()) {
      wait();
      take_signals();
      look_at_child();
      look_at_time();
      for (std::size_t i = 0; i < streams_.size(); ++i) move(i);
    }
    if (held_ && end_.status != 0) give_back();
    for (Stream& stream : streams_) {
      stream.out.drain([this] { return is_to_leave(); });
      if (const auto why = stream.out.error())
        plan_.say(fmt::format("not all of the output could be passed on: {}", std::strerror(*why)));
    }
    end_.lines = streams_[0].all_lines() + streams_[1].all_lines();
    end_.error_lines = streams_[1].all_lines();
    return end_;
  }

 private:
  bool is_open(const Stream& stream) const { return static_cast<bool>(stream.in); }

  bool may_read(const Stream& stream) {
    if (!is_open(stream) || stream.out.is_waiting()) return false;
    return held_ || courier_.has_room() || courier_.is_in_trouble();
  }

  /// Waits until something can be done.
  void wait() {
    std::array<pollfd, 5> on{};
    std::size_t count = 0;
    on[count++] = {signals_.descriptor(), POLLIN, 0};
    bool needs_room = false, waits_for_reader = false;
    for (Stream& stream : streams_) {
      if (stream.out.is_waiting()) {
        on[count++] = {stream.out.descriptor(), POLLOUT, 0};
        waits_for_reader = true;
      } else if (may_read(stream)) {
        on[count++] = {stream.in.get(), POLLIN, 0};
      } else if (is_open(stream)) {
        needs_room = true;
      }
    }
    std::optional<Clock::time_point> until;
    if (!ended_at_) {
      until = stop_at_;
    } else if (!needs_room && !waits_for_reader) {
      // How long the command's pipes are quiet counts only while all of them are read.
      until = std::min(last_read_ + quiet_time, *ended_at_ + longest_drain);
    }
    int timeout = -1;
    if (until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now());
      timeout = static_cast<int>(std::clamp<std::chrono::milliseconds>(left, 0ms, 1h).count());
    }
    if (needs_room) timeout = room_pause.count();
    ::poll(on.data(), count, timeout);
  }

  /// Passes on what waits, then reads once.
  void move(std::size_t number) {
    Stream& stream = streams_.at(number);
    if (stream.out.is_waiting()) stream.out.go_on();
    if (!may_read(stream)) return;
    const ssize_t got = ::read(stream.in.get(), block_.data(), block_.size());
    if (got < 0) {
      if (errno == EAGAIN && ended_at_) stream.was_empty = true;
      if (errno == EAGAIN || errno == EINTR) return;
    }
    if (got <= 0) {
      stream.in = File();
      return;
    }
    last_read_ = Clock::now();
    const std::string_view bytes(block_.data(), static_cast<std::size_t>(got));
    if (ended_at_) stream.read_since_end += bytes.size();
    stream.lines += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    stream.in_line = bytes.back() != '\n';
    const Millis now = plan_.clock();
    if (held_) {
      auto kept = held_->add(number, bytes, now);
      if (kept) return;
      plan_.say(
          fmt::format("the output cannot be held back any longer, and is shown: {}", kept.error().text));
      give_back();
      held_.reset();
    }
    stream.out.write(bytes);
    courier_.add(number, bytes, now);
  }

  void hold() {
    auto held = HeldOutput::open();
    if (held)
      held_ = std::move(*held);
    else
      plan_.say(fmt::format("the output cannot be held back, and is shown: {}", held.error().text));
  }

  /// Shows and records what was held back.
  void give_back() {
    auto given = held_->give_back([this](std::size_t number, std::string_view bytes, Millis time) {
      streams_.at(number).out.write(bytes);
      streams_.at(number).out.drain([this] { return is_to_leave(); });
      while (!courier_.has_room() && !courier_.is_in_trouble() && !is_to_leave())
        ::poll(nullptr, 0, room_pause.count());
      courier_.add(number, bytes, time);
    });
    if (!given) plan_.say(fmt::format("not all of the output is there: {}", given.error().text));
  }

  /// Asked while something is waited for outside of the loop. True: somebody wants the end, and there is no command any
  /// more that could be told; who does not read our output is not waited for.
  bool is_to_leave() {
    take_signals();
    look_at_child();
    look_at_time();
    if (leaves_) {
      for (Stream& stream : streams_) stream.out.close();
    }
    return leaves_;
  }

  void take_signals() {
    while (const auto note = signals_.next()) {
      if (note->signal == SIGCHLD) continue;
      if (ended_at_ && note->signal != SIGCONT && note->signal != SIGTSTP) {
        for (Stream& stream : streams_) stream.in = File();
        leaves_ = true;
      }
      // What the terminal sends, it sends to all of its group.
      if (note->by_process || !child_.shares_terminal()) child_.signal(note->signal);
    }
  }

  void look_at_child() {
    while (const auto change = child_.look()) {
      if (change->stopped) {
        if (child_.shares_terminal()) stop_too();
        continue;
      }
      ended_at_ = last_read_ = Clock::now();
      end_.duration = std::chrono::duration_cast<std::chrono::milliseconds>(*ended_at_ - begun_);
      end_.signal = change->signal;
      end_.status = killed_ ? timed_out_status : change->status;
    }
  }

  /// The shell that started us is to see that its job has stopped, and continues both of us.
  void stop_too() {
    const auto rest = courier_.rest();
    ::raise(SIGSTOP);
    child_.signal(SIGCONT);
  }

  void look_at_time() {
    if (ended_at_ || !stop_at_ || Clock::now() < *stop_at_) return;
    child_.signal(killed_ ? SIGKILL : SIGTERM);
    child_.signal(SIGCONT);  // a stopped command could not end
    stop_at_.reset();
    if (!std::exchange(killed_, true)) {
      stop_at_ = Clock::now() + plan_.kill_after;
      end_.reason =
          fmt::format("timed out after {} s", std::chrono::duration<double>(*plan_.timeout).count());
    }
  }

  bool is_over() {
    const auto has_ended = [this](const Stream& stream) {
      if (!is_open(stream)) return !stream.out.is_waiting() || leaves_;
      // What the command itself wrote is in the pipe by now, and is read to its end.
      if (stream.out.is_waiting() || !(stream.was_empty || stream.read_since_end >= most_in_pipe))
        return false;
      const auto now = Clock::now();
      return now >= last_read_ + quiet_time || now >= *ended_at_ + longest_drain;
    };
    return ended_at_ && std::all_of(streams_.begin(), streams_.end(), has_ended);
  }

  const CommandPlan& plan_;
  const SignalPipe& signals_;
  Courier& courier_;
  Child child_;
  std::array<Stream, 2> streams_;
  std::optional<HeldOutput> held_;
  std::array<char, block_bytes> block_{};
  const Clock::time_point begun_;
  std::optional<Clock::time_point> stop_at_;   ///< then it is signalled
  bool killed_ = false;                        ///< its time was up
  std::optional<Clock::time_point> ended_at_;  ///< the command, not what it left behind
  Clock::time_point last_read_;
  bool leaves_ = false;
  JobEnd end_;
};

}  // namespace

JobEnd run_command(const CommandPlan& plan, const SignalPipe& signals, Courier& courier) {
  auto started = Child::start(plan.command, signals);
  if (const auto* not_started = std::get_if<NotStarted>(&started)) {
    plan.say(not_started->text);
    JobEnd end;
    end.status = not_started->exit_code;
    end.reason = not_started->reason;
    return end;
  }
  return CommandRun(plan, signals, courier, std::move(std::get<Child::Started>(started))).run();
}

}  // namespace ssblog
