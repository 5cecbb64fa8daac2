// SPDX-License-Identifier: MIT
#include "board/scheduled.h"

#include "board/calendar.h"

#include <memory>

namespace ssblog {

Result<NextScheduled> scheduled_by(const Expectation& rule) {
  if (rule.calendar.empty()) return NextScheduled();
  auto calendar = Calendar::read(rule.calendar, rule.zone);
  if (!calendar) return calendar.error();
  const auto shared = std::make_shared<const Calendar>(std::move(*calendar));
  return NextScheduled([shared](Millis time) { return shared->next_after(time); });
}

}  // namespace ssblog
