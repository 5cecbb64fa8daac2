// SPDX-License-Identifier: MIT
#include "cli/delivery.h"
#include "cli/settings.h"
#include "cli/units.h"
#include "feed/bytes.h"
#include "feed/utf.h"
#include "intake/command_run.h"
#include "intake/job_lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto start_patience = 10s;  // for the start record; then the command starts without
constexpr std::size_t longest_name = 256;
constexpr int busy_status = static_cast<int>(Code::busy);

/// The words as they were given, and what they mean.
struct RunWords {
  std::optional<std::string> job, destination, source, level, min_level, timeout, kill_after, batch, path;
  bool lock = false, quiet_ok = false, no_redact = false;
};

struct RunPlan {
  RunPacker::Plan packed;
  CommandPlan command;
  std::chrono::milliseconds batch{200};
};

Result<std::optional<Level>> level_of(std::string_view option, const std::optional<std::string>& text) {
  if (!text) return std::optional<Level>();
  const auto level = parse_level(*text);
  if (!level)
    return Error{Code::usage,
                 fmt::format("{} {}: use one of emerg alert crit err warning notice info debug, or 0 to 7",
                             option, decode_utf8(as_bytes(*text)))};
  return level;
}

Result<std::string> name_of(std::string_view option, const std::optional<std::string>& text) {
  if (text && text->size() > longest_name)
    return Error{Code::usage,
                 fmt::format("{} has {} bytes: at most {} are taken", option, text->size(), longest_name)};
  return decode_utf8(as_bytes(text.value_or("")));
}

Result<void> read_time(std::string_view option, const std::optional<std::string>& text,
                       std::chrono::milliseconds unit, std::chrono::hours most,
                       std::chrono::milliseconds& to) {
  if (!text) return {};
  auto time = parse_duration(option, *text, unit, most);
  if (!time) return time.error();
  to = *time;
  return {};
}

Result<RunPlan> plan_run(const RunWords& words, Words command) {
  if (!words.job || words.job->empty())
    return Error{Code::usage, "which job is it? ssblog run --job NAME -- COMMAND"};
  if (command.empty() || command.front().empty())
    return Error{Code::usage, "which command? It stands behind `--`: ssblog run --job NAME -- COMMAND"};
  RunPlan plan;
  auto job = name_of("--job", words.job);
  auto destination = name_of("--destination", words.destination);
  auto source = name_of("--source", words.source);
  for (const auto* name : {&job, &destination, &source}) {
    if (!*name) return name->error();
  }
  auto level = level_of("--level", words.level);
  auto filter = level_of("--min-level", words.min_level);
  for (const auto* one : {&level, &filter}) {
    if (!*one) return one->error();
  }
  std::chrono::milliseconds timeout{0};
  if (auto read = read_time("--timeout", words.timeout, 1s, 24h * 7, timeout); !read) return read.error();
  if (auto read = read_time("--kill-after", words.kill_after, 1s, 24h, plan.command.kill_after); !read)
    return read.error();
  if (auto read = read_time("--batch", words.batch, 1ms, 24h, plan.batch); !read) return read.error();
  if (timeout > 0ms) plan.command.timeout = timeout;
  plan.packed = {{*source, *job, *destination, draw_run()},
                 *level,
                 *filter,
                 {{"stdout", info_level}, {"stderr", warning_level}},
                 nullptr};
  if (!words.no_redact) {
    auto redactor = Redactor::create();
    if (!redactor) return redactor.error();
    plan.packed.redactor = std::make_shared<Redactor>(std::move(*redactor));
  }
  plan.command.command = std::move(command);
  plan.command.only_if_failed = words.quiet_ok;
  plan.command.clock = clock_now;
  plan.command.say = say;
  return plan;
}

std::string home_directory(const std::optional<std::string>& path) {
  auto home = path ? Result<Home>(home_at(*path)) : find_home();
  return home ? home->directory : "";
}

std::string describe(const JobLock::Holder& holder, const std::string& job, Millis now) {
  std::string text = fmt::format("the job {} is still running", job);
  if (holder.process) text += fmt::format(", as process {}", *holder.process);
  if (holder.since)
    text += fmt::format(", for {}",
                        age_text(std::chrono::milliseconds(std::max<Millis>(now - *holder.since, 0))));
  return text + "; this one is not started";
}

/// Waits for the start record. A signal that comes meanwhile is the end of it.
std::optional<int> wait_for_start(Courier& courier, const SignalPipe& signals) {
  const auto until = Courier::Clock::now() + start_patience;
  constexpr auto look = 50ms;
  while (!courier.wait_until_delivered(look)) {
    if (courier.is_in_trouble() || Courier::Clock::now() >= until) break;
  }
  while (const auto note = signals.next()) {
    if (note->signal != SIGCHLD && note->signal != SIGCONT && note->signal != SIGTSTP) return note->signal;
  }
  return std::nullopt;
}

JobEnd ended_by(int signal) {
  JobEnd end;
  end.status = 128 + signal;
  end.signal = signal;
  end.reason = "ended before the command was started";
  return end;
}

int close(Courier& courier, const JobRun& run, const JobEnd& end) {
  const auto closed = courier.close(job_end_content(run, end, clock_now()));
  if (closed.error)
    say(fmt::format("{} of the job {} is in the feed: {}", closed.any ? "not all" : "nothing", run.job,
                    closed.error->text));
  // A shell ends its script after Ctrl-C only when what it waited for has ended by that signal; 128 + n is the same to
  // all others.
  if (end.signal == SIGINT && end.status == 128 + SIGINT) end_by(SIGINT);
  return end.status;
}

}  // namespace

Result<int> run_run(const Words& words) {
  Options options("run",
                  "Runs a command, passes its output through and publishes it, line by line, with how\n"
                  "the command ended. Exits as the command did.",
                  "  ssblog run --job nightly --destination nas -- backup.sh /home\n"
                  "  ssblog run --job disks --quiet-ok --lock --timeout 1h -- check-disks");
  RunWords given;
  options.value("--job NAME", given.job, "What is run (needed)");
  options.value("--destination NAME", given.destination, "Where its work goes to");
  options.value("--source NAME", given.source, "What this host is called in the lines");
  options.value("--level LEVEL", given.level, "How bad all lines are: emerg to debug, or 0 to 7");
  options.value("--min-level LEVEL", given.min_level, "Publish only lines that are as bad, or worse");
  options.flag("--quiet-ok", given.quiet_ok, "Show and publish the output only when the command failed");
  options.flag("--no-redact", given.no_redact,
               "Publish passwords, tokens and keys as they stand in the output");
  options.flag("--lock", given.lock, "Do not start while the same job is running (exit 75)");
  options.value("--timeout TIME", given.timeout, "End the command when it takes longer (exit 124)");
  options.value("--kill-after TIME", given.kill_after, "... and kill it so much later; 10s unless told");
  options.value("--batch TIME", given.batch, "How long a line may wait for others; 200ms unless told");
  options.value("--path DIR", given.path, "Home of this host");
  const auto dashes = std::find(words.begin(), words.end(), "--");
  auto go_on = options.read(Words(words.begin(), dashes));
  if (!go_on && dashes == words.end())
    return Error{Code::usage,
                 go_on.error().text + "; the command stands behind `--`: ssblog run --job NAME -- COMMAND"};
  if (!go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  auto plan = plan_run(given, dashes == words.end() ? Words() : Words(dashes + 1, words.end()));
  if (!plan) return plan.error();
  JobRun& run = plan->packed.run;
  if (run.source.empty()) run.source = source_name(given.path);
  auto packer = RunPacker::create(plan->packed);
  if (!packer) return packer.error();

  std::optional<JobLock> lock;
  std::optional<JobLock::Holder> holder;
  if (given.lock) {
    auto taken = JobLock::take(home_directory(given.path), run.job, clock_now());
    if (!taken) return taken.error();
    if (auto* mine = std::get_if<JobLock>(&*taken)) lock = std::move(*mine);
    if (!lock) holder = std::get<JobLock::Holder>(*taken);
  }
  auto signals = SignalPipe::open();
  if (!signals) return signals.error();

  StoreDelivery delivery(given.path);
  Courier::Options how;
  how.batch = plan->batch;
  how.clock = clock_now;
  how.loss_reason = "could not be published in time";
  how.trouble = [&run](const Error& error) {
    say(fmt::format("nothing of the job {} can be published at the moment: {}; it runs all the same", run.job,
                    error.text));
  };
  Courier courier(
      std::move(*packer),
      [&delivery](std::span<const std::string> contents, std::size_t& delivered) {
        return delivery.deliver(contents, delivered);
      },
      std::move(how));
  if (holder) {
    say(describe(*holder, run.job, clock_now()));
    JobEnd end;
    end.status = busy_status;
    end.reason = "still running";
    return close(courier, run, end);
  }
  courier.add_record(job_start_content(run, clock_now()));
  const auto signal = wait_for_start(courier, *signals);
  return close(courier, run, signal ? ended_by(*signal) : run_command(plan->command, *signals, courier));
}

}  // namespace ssblog
