// SPDX-License-Identifier: MIT
#include "cli/alert_teller.h"

#include "assemble/alert_text.h"
#include "board/watch.h"
#include "cli/hook.h"
#include "cli/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace ssblog {
namespace {

/// Who began so long ago crashed.
constexpr auto crash_patience = 2 * hook_patience;

/// What notify-send takes as markup.
std::string without_markup(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c == '&') {
      plain += "&amp;";
    } else if (c == '<') {
      plain += "&lt;";
    } else if (c == '>') {
      plain += "&gt;";
    } else {
      plain += c;
    }
  }
  return plain;
}

Result<void> by_desktop(const ShownAlert& alert, const TellWays& ways) {
  const std::vector<std::string> words = {
      "notify-send",
      "--app-name=ssblog",
      alert.known.alert.kind == AlertKind::recovered ? "--urgency=normal" : "--urgency=critical",
      "--",
      fmt::format("ssblog: {}", word_of(alert.known.alert.kind)),
      without_markup(alert_line(alert))};
  auto run = run_hook(words, {}, "", hook_patience, ways.stopped);
  // Its last word is of the alert; its name says more of what failed.
  if (!run) return Error{run.error().code, "notify-send did not show an alert"};
  return {};
}

Result<void> by_command(const ShownAlert& alert, const TellWays& ways) {
  const std::vector<std::string> words = {"/bin/sh", "-c", ways.command};
  return run_hook(words, alert_environment(alert), alert_json(alert) + "\n", hook_patience, ways.stopped);
}

}  // namespace

Result<void> tell_alerts(Store& store, const FeedId& own, const TellWays& ways, Millis since,
                         const std::vector<AlertRecord>& doubtful,
                         const std::function<void(const std::string&)>& trouble) {
  const auto is_stopped = [&] { return ways.stopped && ways.stopped(); };
  std::vector<std::string> names;
  if (!ways.command.empty()) names.push_back(ways.command);
  if (ways.desktop) names.emplace_back("desktop");
  const Millis remembered = clock_now() - longest_memory;
  auto alerts = AlertBook(store, own).alerts_of_rules(since);
  if (!alerts) return alerts.error();
  for (const AlertRecord& alert : doubtful) alerts->push_back(doubtful_alert(alert, own, clock_now()));
  for (KnownAlert& known : *alerts) {
    if (known.made < std::min(since, remembered)) continue;
    auto shown = shown_alert(store, std::move(known));
    if (!shown) return shown.error();
    for (const std::string& name : names) {
      if (is_stopped()) return {};
      auto ours = begin_telling(store, shown->known.id, name, clock_now(), crash_patience);
      if (!ours) return ours.error();
      if (!*ours) continue;
      const bool is_desktop = name == "desktop" && ways.desktop;
      auto told = is_desktop ? by_desktop(*shown, ways) : by_command(*shown, ways);
      // No mark: it may not have come to anybody, and is told again after a while.
      if (!told && is_stopped()) return {};
      if (!told) trouble(told.error().text);
      if (auto noted = note_told(store, shown->known.id, name, clock_now()); !noted) return noted;
    }
  }
  return {};
}

}  // namespace ssblog
