// SPDX-License-Identifier: MIT
#include "view/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

namespace ssblog {
namespace {

/// As it stands between quotes. There are parsers that end at a NUL, and the format has no escape for one.
std::string label(std::string_view value) {
  constexpr std::string_view replacement = "\xef\xbf\xbd";
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\0') {
      out += replacement;
    } else {
      out += c;
    }
  }
  return out;
}

std::string labels_of(const BoardJob& job) {
  return fmt::format(R"(job="{}",source="{}",destination="{}",host="{}",id="{}")", label(job.job),
                     label(job.source), label(job.destination), label(job.host), short_id(job.feed));
}

std::string labels_of(const BoardHost& host) {
  return fmt::format(R"(host="{}",id="{}")", label(host.name), short_id(host.id));
}

class MetricsText {
 public:
  void family(std::string_view name, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP ssblog_{0} {1}\n# TYPE ssblog_{0} gauge\n", name, help);
  }
  void value(std::string_view labels, double number) {
    fmt::format_to(std::back_inserter(text_), "ssblog_{}{}{}{} {}\n", name_, labels.empty() ? "" : "{",
                   labels, labels.empty() ? "" : "}", number);
  }
  template <class Of>
  void each(const std::vector<Of>& all, const std::function<std::optional<double>(const Of&)>& number) {
    for (const Of& one : all) {
      if (const auto known = number(one)) value(labels_of(one), *known);
    }
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_, name_;
};

std::optional<double> in_seconds(const std::optional<Millis>& time) {
  return time ? std::optional(static_cast<double>(*time) / 1000) : std::nullopt;
}

}  // namespace

std::string metrics_text(const Board& board, const ApiContext& context) {
  MetricsText text;
  text.family("uptime_seconds", "How long this server has run.");
  text.value("", std::chrono::duration<double>(context.uptime).count());
  text.family("job_trouble", "1 for a job that a person should look at.");
  text.each<BoardJob>(board.jobs,
                      [](const BoardJob& job) { return is_trouble(job.standing.state) ? 1.0 : 0.0; });
  text.family("job_last_good_timestamp_seconds", "When the last run ended that was well, since 1970.");
  text.each<BoardJob>(board.jobs, [](const BoardJob& job) {
    return job.last_good ? in_seconds(job.last_good->ended) : std::nullopt;
  });
  text.family("job_last_bad_timestamp_seconds", "When the last run ended that was not, since 1970.");
  text.each<BoardJob>(board.jobs, [](const BoardJob& job) {
    return job.last_bad ? in_seconds(job.last_bad->ended) : std::nullopt;
  });
  text.family("job_last_duration_seconds", "How long the last run took.");
  text.each<BoardJob>(board.jobs, [](const BoardJob& job) { return in_seconds(job.last.duration); });
  text.family("job_due_timestamp_seconds", "When the next run is overdue, since 1970.");
  text.each<BoardJob>(board.jobs, [](const BoardJob& job) { return in_seconds(job.standing.due); });
  text.family(
      "hosts_with_more_jobs",
      fmt::format("Hosts that have more than {} jobs; only so many of each are here.", most_jobs_of_feed));
  text.value("", static_cast<double>(board.left_out));
  text.family("host_messages", "Messages of the host that are here.");
  text.each<BoardHost>(board.hosts, [](const BoardHost& host) { return static_cast<double>(host.messages); });
  text.family("host_latest_timestamp_seconds", "Time of its last message, since 1970.");
  text.each<BoardHost>(board.hosts,
                       [](const BoardHost& host) { return static_cast<double>(host.latest) / 1000; });
  text.family("host_behind_messages", "Messages that others say to hold beyond those.");
  text.each<BoardHost>(board.hosts, [](const BoardHost& host) { return static_cast<double>(host.behind); });
  return text.take();
}

}  // namespace ssblog
