// SPDX-License-Identifier: MIT
// intake/zone.h - the time zone of times that say none.
//
// Used to time the lines of files. The zones are those of the machine's tz database. An object remembers the stretch
// between two changes of the clocks that it was asked for last, so one belongs to one thread.
#pragma once

#include "feed/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace ssblog {

/// Seconds since 1970: of UTC, or as a clock on the wall shows them.
using Seconds = std::int64_t;

class Zone {
 public:
  /// UTC.
  Zone() = default;
  /// By its name in the IANA database, "Europe/Berlin"; the machine's own (TZ, /etc/localtime) when empty. Code::config
  /// for a name that is not there.
  static Result<Zone> named(const std::string& name);

  /// UTC of a time on the wall. One that occurs twice, as the clocks are set back, is the first that is not before
  /// `not_before` (UTC), if there is one, else the first; one that does not occur is moved forward as the clocks are.
  Seconds to_utc(Seconds local, std::optional<Seconds> not_before = std::nullopt) const;

  /// How far the clocks are ahead of UTC then.
  Seconds offset_at(Seconds utc) const { return offset_at_ ? offset_at_(utc) : 0; }

 private:
  std::function<Seconds(Seconds utc)> offset_at_;
  struct Stretch {
    Seconds begin = 0, end = 0;  ///< local; empty: none yet
    Seconds offset = 0;
  };
  mutable Stretch known_;
};

}  // namespace ssblog
