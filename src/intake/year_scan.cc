// SPDX-License-Identifier: MIT
// intake/year_scan.cc - counts the turns of the year in a file whose lines do not say the year.
#include "intake/cut_rules.h"

#include "intake/civil_date.h"

#include <algorithm>

namespace ssblog {
namespace {

constexpr Millis day_ms = 86'400'000;
constexpr std::size_t needed = 1024;  // bytes of a line

/// As if all were in one year, a leap year.
Millis in_one_year(const LineTime& time) {
  return days_of(2000, time.month, time.day) * day_ms + time.of_day;
}

}  // namespace

void LineCutter::YearScan::add(std::string_view bytes) {
  while (!bytes.empty() && !done()) {
    const auto newline = bytes.find('\n');
    const auto line = bytes.substr(0, newline);
    if (!skipping_) {
      if (held_.empty() && newline != bytes.npos) {
        take(line);
      } else {
        held_ += line.substr(0, needed - std::min(needed, held_.size()));
        if (newline != bytes.npos || held_.size() >= needed) {
          take(held_);
          held_.clear();
          skipping_ = newline == bytes.npos;
        }
      }
    } else if (newline != bytes.npos) {
      skipping_ = false;
    }
    bytes.remove_prefix(newline == bytes.npos ? bytes.size() : newline + 1);
  }
}

void LineCutter::YearScan::take(std::string_view line) {
  const auto time = find_time(line);
  if (!time) return;
  if (time->has_year()) {
    anchor_ = resolve(*time, cutter_.rules_->zone, {});
    return;
  }
  if (last_) {
    // As `resolve` does it: at most a day back, else the next year.
    const Millis step = in_one_year(*time) - in_one_year(*last_);
    if (step < -day_ms)
      ++new_years_;
    else if (step >= 365 * day_ms)
      --new_years_;
  } else {
    first_ = time;
  }
  last_ = time;
}

std::optional<Millis> LineCutter::YearScan::before_first(Millis modified) const {
  if (!first_) return std::nullopt;
  // A file that began to say its years somewhere tells when the lines before were written.
  const Millis written = anchor_ ? std::min(*anchor_, modified) : modified;
  const Zone& zone = cutter_.rules_->zone;
  const Millis last = resolve(*last_, zone, {std::nullopt, written});
  int year = date_of((last + zone.offset_at(last / 1000) * 1000) / day_ms).year - new_years_;
  if (first_->month == 2 && first_->day == 29) {
    while (!is_leap_year(year)) --year;
  }
  return std::clamp<Millis>(days_of(year, first_->month, first_->day) * day_ms, 0, max_time);
}

}  // namespace ssblog
