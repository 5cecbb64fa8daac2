// SPDX-License-Identifier: MIT
#include "cli/board_html.h"

#include "assemble/escape.h"
#include "assemble/time_text.h"
#include "cli/board_text.h"
#include "cli/units.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

constexpr std::string_view head = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>ssblog: jobs and hosts</title>
<style>
:root { --ink: #1b1f24; --paper: #ffffff; --faint: #59636e; --rule: #d1d9e0; --bad: #b3261e; --warn: #8a5a00; --good: #1a7f37; --run: #0757b6 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #11151a; --faint: #9aa4b0; --rule: #30363d; --bad: #ff8a80; --warn: #f0b849; --good: #5fd07a; --run: #79b8ff }
}
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 1.5rem auto; padding: 0 1rem; max-width: 80rem }
h1 { font-size: 1.3rem } h2 { font-size: 1.1rem; margin-top: 2rem }
p { color: var(--faint) }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .35rem .7rem; border-bottom: 1px solid var(--rule); vertical-align: top }
th { color: var(--faint); font-weight: 600 }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.state { font-weight: 600; white-space: nowrap }
.failed, .never { color: var(--bad) } .silent { color: var(--warn) } .ok { color: var(--good) } .running { color: var(--run) }
.why { color: var(--faint); font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere }
</style>
</head>
<body>
)html";

std::string_view class_of(JobState state) {
  if (state == JobState::late) return "silent";  // of one colour, and the head is what a board is known by
  return state == JobState::never_ended ? "never" : word_of(state);
}

/// Names and lines are escaped as in a log first: nothing in them is invisible, or turns the text around.
std::string html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string words(std::string_view text) {
  std::string safe;
  escape_line(as_bytes(text), safe);
  return html(safe);
}

std::string time_cell(std::optional<Millis> time, Millis now) {
  if (!time) return R"(<td class="number">-</td>)";
  std::string when;
  append_utc_time(when, *time);
  return fmt::format(R"(<td class="number"><time datetime="{0}" title="{0}">{1} ago</time></td>)", when,
                     age_text(std::chrono::milliseconds(std::max<Millis>(now - *time, 0))));
}

std::string duration_cell(std::optional<Millis> duration) {
  return fmt::format(R"(<td class="number">{}</td>)",
                     duration ? age_text(std::chrono::milliseconds(*duration)) : "-");
}

std::string row_of(const BoardJob& job, Millis now) {
  const auto ended = [](const std::optional<KnownRun>& run) { return run ? run->ended : std::nullopt; };
  std::string row = fmt::format("<tr><td class=\"state {}\">{}</td><td>{}", class_of(job.standing.state),
                                word_of(job.standing.state), words(job.job));
  if (is_trouble(job.standing.state))
    row += fmt::format("<div class=\"why\">{}</div>", html(trouble_text(job, now)));
  row += fmt::format("</td><td>{}</td><td>{}</td><td>{}@{}</td>", words(job.source), words(job.destination),
                     html(escape_name(job.host)), short_id(job.feed));
  row += time_cell(ended(job.last_good), now) + time_cell(ended(job.last_bad), now);
  row += duration_cell(job.last.duration) + duration_cell(job.habit.duration);
  return row + fmt::format("<td class=\"number\">{}</td></tr>\n",
                           job.last.lines ? fmt::format("{}", *job.last.lines) : "-");
}

}  // namespace

std::string_view board_head() { return head; }

std::string board_html(const Board& board, std::string_view shown_by) {
  std::string now;
  append_utc_time(now, board.now);
  std::string text(head);
  text +=
      fmt::format("<h1>Jobs and hosts</h1>\n<p>As {} knew them at <time datetime=\"{}\">{}</time>: {}.</p>\n",
                  html(shown_by), now, now, html(count_text(board)));
  text +=
      "<h2>Jobs</h2>\n<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">State</th><th "
      "scope=\"col\">Job</th>"
      "<th scope=\"col\">From</th><th scope=\"col\">To</th><th scope=\"col\">Host</th>"
      "<th scope=\"col\" class=\"number\">Last good</th><th scope=\"col\" class=\"number\">Last bad</th>"
      "<th scope=\"col\" class=\"number\">Took</th><th scope=\"col\" class=\"number\">Usually</th>"
      "<th scope=\"col\" class=\"number\">Lines</th></tr></thead>\n<tbody>\n";
  for (const BoardJob& job : board.jobs) text += row_of(job, board.now);
  text +=
      "</tbody></table></div>\n<h2>Hosts</h2>\n<div class=\"wide\"><table>\n<thead><tr><th "
      "scope=\"col\">Host</th>"
      "<th scope=\"col\" class=\"number\">Messages</th><th scope=\"col\" class=\"number\">Its last "
      "message</th>"
      "<th scope=\"col\" class=\"number\">Came here</th><th scope=\"col\" class=\"number\">Behind "
      "by</th></tr></thead>\n"
      "<tbody>\n";
  for (const BoardHost& host : board.hosts) {
    text += fmt::format(
        "<tr><td>{}@{}</td><td class=\"number\">{}</td>{}{}<td class=\"number\">{}</td></tr>\n",
        html(escape_name(host.name)), short_id(host.id), host.messages, time_cell(host.latest, board.now),
        time_cell(host.received > 0 ? std::optional(host.received) : std::nullopt, board.now), host.behind);
  }
  return text + "</tbody></table></div>\n</body>\n</html>\n";
}

}  // namespace ssblog
