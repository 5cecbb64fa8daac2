// SPDX-License-Identifier: MIT
#include "cli/board_text.h"

#include "assemble/escape.h"
#include "cli/rule_text.h"
#include "cli/text_table.h"
#include "cli/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

constexpr JobState states[] = {JobState::never_ended, JobState::failed, JobState::late, JobState::silent,
                               JobState::running,     JobState::ok,     JobState::lines};

std::string_view colour_of(JobState state) {
  switch (state) {
    case JobState::never_ended:
    case JobState::failed:
      return "1;31";  // red
    case JobState::late:
    case JobState::silent:
      return "1;33";  // yellow
    case JobState::running:
      return "34";  // blue
    case JobState::ok:
      return "32";  // green
    case JobState::lines:
      return "";
  }
  return "";
}

std::string duration_text(Millis ms) { return age_text(std::chrono::milliseconds(std::max<Millis>(ms, 0))); }

std::string ago(Millis then, Millis now) { return duration_text(now - then) + " ago"; }

std::string name_or_dash(const std::string& name) { return name.empty() ? "-" : escape_name(name); }

std::string way_text(const BoardJob& job) {
  if (job.source.empty() && job.destination.empty()) return "-";
  return job.destination.empty()
             ? escape_name(job.source)
             : fmt::format("{} > {}", name_or_dash(job.source), escape_name(job.destination));
}

std::string host_text(const BoardJob& job) {
  return fmt::format("{}@{}", escape_name(job.host), short_id(job.feed));
}

/// How long the last run took, or takes, against what is usual.
std::string took_text(const BoardJob& job, Millis now) {
  std::string took;
  if (job.last.duration) {
    took = duration_text(*job.last.duration);
  } else if (job.standing.state == JobState::running) {
    took = duration_text(now - job.last.start());
  } else {
    return "-";
  }
  if (job.habit.duration) took += fmt::format(" of {}", duration_text(*job.habit.duration));
  return took;
}

std::string lines_text(const BoardJob& job) {
  if (!job.last.lines) return "-";
  const auto errors = job.last.errors.value_or(0);
  return errors > 0 ? fmt::format("{} ({} err)", *job.last.lines, errors)
                    : fmt::format("{}", *job.last.lines);
}

TextTable::Row row_of(const BoardJob& job, Millis now) {
  const auto when = [&](const std::optional<KnownRun>& run) {
    return run ? ago(*run->ended, now) : std::string("-");
  };
  TextTable::Row row;
  row.cells = {std::string(word_of(job.standing.state)),
               name_or_dash(job.job),
               way_text(job),
               host_text(job),
               !job.ran                 ? "-"
               : job.last.has_records() ? when(job.last_good)
                                        : ago(job.last.latest, now),
               when(job.last_bad),
               took_text(job, now),
               lines_text(job)};
  row.colour = colour_of(job.standing.state);
  if (is_trouble(job.standing.state)) row.below = trouble_text(job, now);
  return row;
}

}  // namespace

std::string name_text(const BoardJob& job) {
  const std::string way = way_text(job);
  return fmt::format("{}{} on {}", name_or_dash(job.job), way == "-" ? "" : fmt::format(" ({})", way),
                     host_text(job));
}

std::string trouble_text(const BoardJob& job, Millis now) {
  const KnownRun& run = job.last;
  std::string text;
  switch (job.standing.state) {
    case JobState::failed:
      if (run.signal) {
        text = fmt::format("ended by signal {}", *run.signal);
      } else if (run.status) {
        text = fmt::format("exit {}", *run.status);
      } else {
        text = "ended without a status";
      }
      if (!run.reason.empty()) {
        text += ", ";
        escape_line(as_bytes(run.reason), text);
      }
      break;
    case JobState::never_ended:
      text = fmt::format("began {}, and nothing says that it ended", ago(run.start(), now));
      break;
    case JobState::late:
      text = job.ran ? fmt::format("last ran {}; ", ago(run.start(), now)) : "never ran; ";
      if (job.overdue)
        text += fmt::format("was due {}: {}", ago(job.overdue->due, now), doubt_text(*job.overdue));
      return text;
    case JobState::silent:
      return fmt::format("last ran {}; it used to run every {} or sooner", ago(run.start(), now),
                         duration_text(job.habit.interval.value_or(0)));
    case JobState::running:
    case JobState::ok:
    case JobState::lines:
      return text;
  }
  if (!job.last_words.empty()) {
    text += ": ";
    escape_line(as_bytes(job.last_words), text);
  }
  return text;
}

std::string count_text(const Board& board) {
  std::string text;
  for (const JobState state : states) {
    const auto count = std::count_if(board.jobs.begin(), board.jobs.end(),
                                     [&](const BoardJob& job) { return job.standing.state == state; });
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word_of(state));
  }
  return text.empty() ? "no jobs yet" : text;
}

std::string jobs_text(const Board& board, const TerminalLook& look, bool all) {
  if (board.jobs.empty()) return "";
  TextTable table({{"STATE", false, 0, 0},
                   {"JOB", false, 24, 0},
                   {"FROM > TO", false, 10, 3},
                   {"HOST", false, 10, 2},
                   {"LAST GOOD", true, 0, 0},
                   {"LAST BAD", true, 0, 1},
                   {"TOOK", true, 0, 4},
                   {"LINES", true, 0, 5}});
  std::size_t good = 0, left_out = 0;
  for (const BoardJob& job : board.jobs) {
    const bool is_well = job.standing.state == JobState::ok || job.standing.state == JobState::lines;
    if (is_well && !all && ++good > most_good_jobs) {
      ++left_out;
      continue;
    }
    table.add(row_of(job, board.now));
  }
  std::string text =
      fmt::format("jobs        {}\n\n{}", count_text(board), table.text(look.width, look.colours));
  if (left_out > 0)
    text += fmt::format("and {} more that are well; `ssblog status --all` shows them\n", left_out);
  if (board.left_out > 0)
    text += fmt::format("{} host{} more than {} jobs: the others are not shown\n", board.left_out,
                        board.left_out == 1 ? " has" : "s have", most_jobs_of_feed);
  return text;
}

}  // namespace ssblog
