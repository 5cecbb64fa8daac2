// SPDX-License-Identifier: MIT
#include "cli/board_check.h"

#include "assemble/escape.h"
#include "cli/board_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::size_t most_named = 3;  // in the line: a pager shows no more

std::string_view word_of_code(CheckCode code) {
  switch (code) {
    case CheckCode::ok:
      return "OK";
    case CheckCode::warning:
      return "WARNING";
    case CheckCode::critical:
      return "CRITICAL";
    case CheckCode::unknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

/// The bar parts the text from the counts, so there is none in either.
std::string without_bars(std::string text) {
  std::replace(text.begin(), text.end(), '|', '/');
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string counts(const Board& board) {
  std::string text = fmt::format("jobs={}", board.jobs.size());
  for (const auto& [state, name] :
       {std::pair(JobState::ok, "ok"), std::pair(JobState::running, "running"),
        std::pair(JobState::failed, "failed"), std::pair(JobState::silent, "silent"),
        std::pair(JobState::never_ended, "never_ended"), std::pair(JobState::late, "late")}) {
    const JobState wanted = state;
    text += fmt::format(" {}={}", name,
                        std::count_if(board.jobs.begin(), board.jobs.end(),
                                      [&](const BoardJob& job) { return job.standing.state == wanted; }));
  }
  return text;
}

}  // namespace

CheckResult check_board(const Board& board, const std::vector<std::string>& warnings) {
  std::vector<std::string> said;
  for (const BoardJob& job : board.jobs) {
    if (!is_trouble(job.standing.state)) continue;
    const std::string why = trouble_text(job, board.now);
    said.push_back(
        fmt::format("{} {}{}{}", name_text(job), word_of(job.standing.state), why.empty() ? "" : ": ", why));
  }
  CheckResult result;
  result.code = !said.empty() ? CheckCode::critical : !warnings.empty() ? CheckCode::warning : CheckCode::ok;
  said.insert(said.end(), warnings.begin(), warnings.end());
  std::string text = said.empty() ? count_text(board) : "";
  for (std::size_t i = 0; i < std::min(said.size(), most_named); ++i) text += (i == 0 ? "" : "; ") + said[i];
  if (said.size() > most_named) text += fmt::format("; and {} more", said.size() - most_named);
  result.line =
      fmt::format("{}: {} | {}\n", word_of_code(result.code), without_bars(std::move(text)), counts(board));
  return result;
}

CheckResult unknown_check(std::string_view why) {
  std::string text;
  escape_line(as_bytes(why), text);
  return {CheckCode::unknown,
          fmt::format("{}: {}\n", word_of_code(CheckCode::unknown), without_bars(std::move(text)))};
}

}  // namespace ssblog
