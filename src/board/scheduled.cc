// SPDX-License-Identifier: MIT
#include "board/scheduled.h"

namespace ssblog {

Result<NextScheduled> scheduled_by(const Expectation& rule) {
  if (rule.calendar.empty()) return NextScheduled();
  return Error{Code::unavailable, "calendar expressions are not known yet"};
}

}  // namespace ssblog
