// SPDX-License-Identifier: MIT
#include "intake/zone.h"

#include <date/tz.h>
#include <fmt/format.h>
#include <time.h>

#include <exception>

namespace ssblog {
namespace {

constexpr Seconds hour = 3600;

Seconds machine_offset(Seconds utc) {
  const auto time = static_cast<time_t>(utc);
  tm local{};
  return ::localtime_r(&time, &local) == nullptr ? 0 : local.tm_gmtoff;
}

}  // namespace

Result<Zone> Zone::named(const std::string& name) {
  Zone zone;
  if (name.empty()) {
    ::tzset();
    zone.offset_at_ = machine_offset;
    return zone;
  }
  try {
    const date::time_zone* found = date::locate_zone(name);
    zone.offset_at_ = [found](Seconds utc) {
      return Seconds{found->get_info(date::sys_seconds(std::chrono::seconds(utc))).offset.count()};
    };
    return zone;
  } catch (const std::exception&) {
    return Error{
        Code::config,
        fmt::format("this machine knows no time zone \"{}\"; say one as \"Europe/Berlin\" or \"UTC\", "
                    "`timedatectl list-timezones` lists them",
                    name)};
  }
}

Seconds Zone::to_utc(Seconds local, std::optional<Seconds> not_before) const {
  if (!offset_at_) return local;
  if (local >= known_.begin && local < known_.end) return local - known_.offset;
  // No zone is further from UTC than 15 hours, and none changes its clocks twice within days.
  const Seconds before = offset_at(local - 72 * hour);
  const Seconds after = offset_at(local + 72 * hour);
  if (before == after) {
    known_ = {local - 48 * hour, local + 48 * hour, before};
    return local - before;
  }
  const Seconds by_before = local - before, by_after = local - after;
  const bool is_before = offset_at(by_before) == before;
  const bool is_after = offset_at(by_after) == after;
  if (is_before && is_after) {
    const auto [first, second] = std::minmax(by_before, by_after);
    return not_before && first < *not_before && second >= *not_before ? second : first;
  }
  return is_after ? by_after : by_before;  // neither: in the gap, and moved forward by its length
}

}  // namespace ssblog
