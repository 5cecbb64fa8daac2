// SPDX-License-Identifier: MIT
#include "board/calendar.h"

#include "board/calendar_words.h"
#include "feed/json.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace ssblog {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

LocalSeconds local(sys_seconds time, seconds offset) {
  return LocalSeconds(time.time_since_epoch() + offset);
}
sys_seconds universal(LocalSeconds time, seconds offset) {
  return sys_seconds(time.time_since_epoch() - offset);
}

/// A table of zones begins and ends far outside of what is asked for; its ends must not overflow when an offset is added.
constexpr sys_seconds earliest{std::chrono::sys_days(std::chrono::year(1900) / 1 / 1)};
constexpr sys_seconds latest{std::chrono::sys_days(std::chrono::year(CalendarFields::last_year + 2) / 1 / 1)};

}  // namespace

Result<Calendar> Calendar::read(std::string_view expression, std::string_view zone) {
  auto words = read_calendar(expression);
  if (!words) return words.error();
  const std::string name = !words->zone.empty() ? words->zone : zone.empty() ? "UTC" : std::string(zone);
  if (name == "UTC") {
    return Calendar(words->fields, [](sys_seconds) { return Span{earliest, latest, seconds(0)}; });
  }
  try {
    const date::time_zone* found = date::locate_zone(name);
    return Calendar(words->fields, [found](sys_seconds time) {
      const auto info = found->get_info(time);
      return Span{std::max(info.begin, earliest), std::min(info.end, latest), info.offset};
    });
  } catch (const std::exception&) {
    return Error{Code::config,
                 fmt::format("this machine knows no time zone {}; say one as \"Europe/Berlin\" or \"UTC\", "
                             "`timedatectl list-timezones` lists them",
                             name)};
  }
}

std::optional<Millis> Calendar::next_after(Millis time) const {
  const auto now = std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(time));
  sys_seconds from = std::max(std::chrono::floor<seconds>(now) + seconds(1), earliest);
  while (from < latest) {
    const Span span = span_at_(from);
    if (const auto next = next_in(span, from))
      return std::chrono::duration_cast<std::chrono::milliseconds>(next->time_since_epoch()).count();
    from = std::max(span.end, from + seconds(1));
  }
  return std::nullopt;
}

/// The next one within the span, at or behind `from`.
std::optional<sys_seconds> Calendar::next_in(const Span& span, sys_seconds from) const {
  LocalSeconds begin = local(from, span.offset);
  if (!fields_.of_each_hour() && span.begin > earliest) {
    const Span before = span_at_(span.begin - seconds(1));
    const LocalSeconds left_off = local(span.begin, before.offset), went_on = local(span.begin, span.offset);
    if (from == span.begin && left_off < went_on) {
      const auto left_out = fields_.first_from(left_off);
      if (left_out && *left_out < went_on) return span.begin;
    }
    begin = std::max(begin, left_off);  // what comes twice came already
  }
  const auto next = fields_.first_from(begin);
  if (!next) return std::nullopt;
  const sys_seconds at = universal(*next, span.offset);
  return at < span.end ? std::optional(at) : std::nullopt;
}

}  // namespace ssblog
