// SPDX-License-Identifier: MIT
#include "board/board_rules.h"

#include <algorithm>

namespace ssblog {
namespace {

void note(const RuleStanding& one, BoardJob& job) {
  // Of several rules the one that is overdue longest counts, or the one that is due next.
  if (one.due && (!job.rule || *one.due < job.standing.due.value_or(*one.due))) job.standing.due = one.due;
  if (one.overdue && (!job.overdue || one.overdue->due < job.overdue->due)) {
    job.overdue = one.overdue;
    job.rule = one.rule.id;
  }
  if (!job.rule) job.rule = one.rule.id;
  if (job.standing.state == JobState::silent) {
    job.standing.state = job.last.ended ? JobState::ok : JobState::lines;
    job.standing.since = job.last.ended.value_or(job.last.latest);
  }
  // What went wrong says more than that nothing came since.
  const JobState state = job.standing.state;
  if (!job.overdue || state == JobState::failed || state == JobState::never_ended) return;
  job.standing.state = JobState::late;
  job.standing.since = job.overdue->due;
}

BoardJob row_for(const RuleStanding& one, const Board& board) {
  BoardJob job;
  job.feed = one.of.host;
  job.job = one.of.job;
  job.source = one.of.source;
  job.destination = one.of.destination;
  job.ran = false;
  const auto host = std::find_if(board.hosts.begin(), board.hosts.end(),
                                 [&](const BoardHost& known) { return known.id == one.of.host; });
  if (host != board.hosts.end()) job.host = host->name;
  return job;
}

}  // namespace

void apply_rules(const std::vector<RuleStanding>& standings, Board& board) {
  for (const RuleStanding& one : standings) {
    if (!one.due) continue;
    const auto job = std::find_if(board.jobs.begin(), board.jobs.end(), [&](const BoardJob& row) {
      return WatchedJob{row.feed, row.job, row.source, row.destination} == one.of;
    });
    if (job != board.jobs.end()) {
      note(one, *job);
    } else if (!one.ran && one.overdue) {
      board.jobs.push_back(row_for(one, board));
      note(one, board.jobs.back());
    }
  }
}

}  // namespace ssblog
