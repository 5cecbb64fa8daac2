// SPDX-License-Identifier: MIT
#include "assemble/alert_text.h"

#include "assemble/escape.h"
#include "assemble/time_text.h"
#include "feed/json.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

std::string name_or_dash(const std::string& name) { return name.empty() ? "-" : escape_name(name); }

std::string time_text(Millis time) {
  std::string text;
  append_utc_time(text, time);
  return text.substr(0, 19) + "Z";
}

/// What is the matter, in words of ours but for the detail.
std::string matter_text(const AlertRecord& alert) {
  std::string text;
  switch (alert.kind) {
    case AlertKind::late:
      text = "was due " + time_text(alert.due);
      break;
    case AlertKind::silent:
      text = fmt::format("was due {}, and never ran since the rule was made", time_text(alert.due));
      break;
    case AlertKind::failed:
    case AlertKind::too_long:
    case AlertKind::too_short:
      text = "the run of " + time_text(alert.due);
      break;
    case AlertKind::recovered:
      return fmt::format("ran well, from {} on", time_text(alert.due));
  }
  if (!alert.detail.empty()) {
    text += ", ";
    escape_line(as_bytes(alert.detail), text);
  }
  if (alert.reason != AlertReason::none) text += "; " + reason_text(alert.reason);
  return text;
}

}  // namespace

std::string job_text(const WatchedJob& of, const std::string& host) {
  std::string way;
  if (!of.source.empty() || !of.destination.empty()) {
    way = of.destination.empty()
              ? fmt::format(" ({})", escape_name(of.source))
              : fmt::format(" ({} > {})", name_or_dash(of.source), escape_name(of.destination));
  }
  return fmt::format("{}{} on {}@{}", name_or_dash(of.job), way, escape_name(host), short_id(of.host));
}

std::string reason_text(AlertReason reason) {
  switch (reason) {
    case AlertReason::job_absent:
      return "the host is up, the job did not run";
    case AlertReason::host_not_seen:
      return "nobody has seen the host since";
    case AlertReason::found_later:
      return "its feed showed it afterwards";
    case AlertReason::cut_off:
      return "this host hears of too few others to know: is its network cut?";
    case AlertReason::none:
      break;
  }
  return "";
}

Result<std::string> host_name_of(Store& store, const FeedId& id) {
  auto feed = store.feed(id);
  if (!feed) return feed.error();
  return *feed ? store.name_before((*feed)->number, max_sequence) : Result<std::string>("");
}

Result<ShownAlert> shown_alert(Store& store, KnownAlert known) {
  auto host = host_name_of(store, known.alert.of.host);
  if (!host) return host.error();
  auto author = host_name_of(store, known.author);
  if (!author) return author.error();
  return ShownAlert{std::move(known), std::move(*host), std::move(*author)};
}

std::string alert_line(const ShownAlert& shown) {
  const AlertRecord& alert = shown.known.alert;
  return fmt::format("{} {}: {}", word_of(alert.kind), job_text(alert.of, shown.host), matter_text(alert));
}

std::string alert_json(const ShownAlert& shown) {
  const AlertRecord& alert = shown.known.alert;
  return fmt::format(
      R"({{"id":"{}","kind":"{}","rule":"{}","host":"{}","hostName":{},"job":{},"source":{},"destination":{},"due":{},"after":{},"reason":"{}","run":{},"detail":{},"time":{},"by":"{}","byName":{},"over":{},"text":{}}})",
      to_hex(shown.known.id.view()), word_of(alert.kind), to_hex(alert.rule.view()), to_text(alert.of.host),
      json_string(shown.host), json_string(alert.of.job), json_string(alert.of.source),
      json_string(alert.of.destination), alert.due, alert.after, word_of(alert.reason),
      json_string(alert.run), json_string(alert.detail), shown.known.made, to_text(shown.known.author),
      json_string(shown.author), shown.known.over, json_string(alert_line(shown)));
}

std::vector<std::pair<std::string, std::string>> alert_environment(const ShownAlert& shown) {
  const AlertRecord& alert = shown.known.alert;
  return {{"SSBLOG_ALERT_ID", to_hex(shown.known.id.view())},
          {"SSBLOG_ALERT_KIND", std::string(word_of(alert.kind))},
          {"SSBLOG_ALERT_HOST", to_text(alert.of.host)},
          {"SSBLOG_ALERT_HOST_NAME", escape_name(shown.host)},
          {"SSBLOG_ALERT_JOB", escape_name(alert.of.job)},
          {"SSBLOG_ALERT_SOURCE", escape_name(alert.of.source)},
          {"SSBLOG_ALERT_DESTINATION", escape_name(alert.of.destination)},
          {"SSBLOG_ALERT_DUE", std::to_string(alert.due)},
          {"SSBLOG_ALERT_REASON", std::string(word_of(alert.reason))},
          {"SSBLOG_ALERT_TEXT", alert_line(shown)}};
}

}  // namespace ssblog
