// SPDX-License-Identifier: MIT
#include "board/board_json.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace ssblog {
namespace {

std::string number_or_null(const std::optional<std::int64_t>& number) {
  return number ? fmt::format("{}", *number) : "null";
}

std::string json_of(const KnownRun& run) {
  return fmt::format(
      R"({{"run":{},"start":{},"end":{},"status":{},"signal":{},"duration":{},"lines":{},"errors":{},"reason":{}}})",
      json_string(run.name), run.start(), number_or_null(run.ended), number_or_null(run.status),
      number_or_null(run.signal), number_or_null(run.duration), number_or_null(run.lines),
      number_or_null(run.errors), json_string(run.reason));
}

std::string json_of(const std::optional<KnownRun>& run) { return run ? json_of(*run) : "null"; }

/// Two lists of the same order and length.
std::string glances_json(const std::vector<RunGlance>& runs) {
  std::string durations, states;
  for (const RunGlance& run : runs) {
    const std::string_view comma = durations.empty() ? "" : ",";
    fmt::format_to(std::back_inserter(durations), "{}{}", comma, number_or_null(run.duration));
    fmt::format_to(std::back_inserter(states), "{}\"{}\"", comma, word_of(run.state));
  }
  return fmt::format(R"("durations":[{}],"states":[{}])", durations, states);
}

/// What is known of an overdue run, in a word.
std::string reason_json(const BoardJob& job) {
  if (!job.overdue) return "null";
  switch (job.overdue->doubt) {
    case Doubt::waiting:
      return "\"waiting\"";
    case Doubt::cut_off:
      return "\"network-cut\"";
    case Doubt::none:
      break;
  }
  return fmt::format("\"{}\"", word_of(job.overdue->reason));
}

}  // namespace

std::string jobs_json(const Board& board) {
  std::string text = "[";
  for (const BoardJob& job : board.jobs) {
    fmt::format_to(
        std::back_inserter(text),
        R"({}{{"job":{},"source":{},"destination":{},"host":{},"id":"{}","state":"{}","since":{},"due":{},"rule":{},"reason":{},"ran":{},"usualDuration":{},"usualInterval":{},{},"last":{},"lastGood":{},"lastBad":{},"lastWords":{}}})",
        text.size() > 1 ? "," : "", json_string(job.job), json_string(job.source),
        json_string(job.destination), json_string(job.host), to_text(job.feed), word_of(job.standing.state),
        job.standing.since, number_or_null(job.standing.due),
        job.rule ? fmt::format("\"{}\"", to_hex(job.rule->view())) : "null", reason_json(job), job.ran,
        number_or_null(job.habit.duration), number_or_null(job.habit.interval), glances_json(job.runs),
        json_of(job.last), json_of(job.last_good), json_of(job.last_bad), json_string(job.last_words));
  }
  return text + "]";
}

std::string hosts_json(const Board& board, const std::vector<Succession>& successions) {
  std::string rows;
  for (const BoardHost& host : board.hosts) {
    const auto succession = std::find_if(successions.begin(), successions.end(), [&](const Succession& one) {
      return one.statement.supersedes == host.id;
    });
    rows += fmt::format(
        R"({}{{"id":"{}","name":{},"messages":{},"latest":{},"received":{},"behind":{},"via":{},"superseded":{}}})",
        rows.empty() ? "" : ",", to_text(host.id), json_string(host.name), host.messages, host.latest,
        host.received, host.behind, host.via ? json_string(to_text(*host.via)) : "null",
        succession == successions.end() ? "null" : json_string(to_text(succession->statement.successor)));
  }
  return "[" + rows + "]";
}

}  // namespace ssblog
