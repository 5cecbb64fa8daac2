// SPDX-License-Identifier: MIT
#include "cli/rule_text.h"

#include "assemble/escape.h"
#include "cli/units.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

std::string wait_text(Millis time) { return age_text(std::chrono::milliseconds(time)); }

}  // namespace

std::string wish_text(const Expectation& rule) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (rule.every) add("every " + wait_text(*rule.every));
  if (!rule.calendar.empty()) {
    std::string calendar;
    escape_line(as_bytes(rule.calendar), calendar);
    add(fmt::format("at {} {}", calendar, rule.zone.empty() ? "UTC" : escape_name(rule.zone)));
  }
  if (rule.grace > 0) add(fmt::format("{} late at most", wait_text(rule.grace)));
  if (rule.longest) add(wait_text(*rule.longest) + " long at most");
  if (rule.shortest) add(wait_text(*rule.shortest) + " at least");
  add(rule.fail_after == 1 ? std::string("no bad run")
                           : fmt::format("fewer than {} bad runs in a row", rule.fail_after));
  return text;
}

std::string doubt_text(const Overdue& overdue) {
  switch (overdue.doubt) {
    case Doubt::none:
      return reason_text(overdue.reason);
    case Doubt::waiting:
      return "its feed may be on its way";
    case Doubt::cut_off:
      return reason_text(AlertReason::cut_off);
  }
  return "";
}

}  // namespace ssblog
