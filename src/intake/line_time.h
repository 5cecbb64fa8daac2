// SPDX-License-Identifier: MIT
// intake/line_time.h - the time that stands at the beginning of a line, as the programs of the world write it.
//
// Used to time what stood in a file before anybody looked. Where in a line it stands, and what it means where the line leaves
// that open; how it is written is in time_forms.h. A line is looked at for some hundred nanoseconds at most, however long
// it is. Pure, any thread.
//
// Known are: ISO 8601 and RFC 3339 (also with `/`, a blank or `,`), RFC 5424, RFC 3164 and what Cisco makes of it, the
// Common Log Format, the error logs of nginx, Apache and PHP, asctime and `date`, RFC 5322, glog, epoch seconds and ms,
// audit's `msg=audit(...)`, TAI64N, dmesg with and without `-T`, the `time`, `ts` ... of JSON lines and of logfmt.
#pragma once

#include "intake/time_forms.h"

#include <optional>
#include <string_view>

namespace ssblog {

/// The time of a line, if it has one. Times since boot, as dmesg prints them, count only with the `boot` they are from.
std::optional<LineTime> find_time(std::string_view line, std::optional<Millis> boot = std::nullopt);

/// What decides where the line leaves it open.
struct TimeHints {
  std::optional<Millis> latest;  ///< of a line before
  Millis modified = 0;           ///< when the last line of all was written
};

/// A time without a year is the first one that is at most a day before `latest`, or, if that is more than a day after
/// `modified` or nothing came before, the last one that is not more than a day after `modified`. A local time that
/// occurs twice is the first that is no more than a minute before `latest`. 0..max_time.
Millis resolve(const LineTime& time, const Zone& zone, const TimeHints& hints);

}  // namespace ssblog
