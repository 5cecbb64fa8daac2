// SPDX-License-Identifier: MIT
// assemble/split/line_names.h - the file of each line of a sweep, worked out once for lines of one message and one day.
//
// Used by split_files and appended_files. One thread.
#pragma once

#include "assemble/split/name_template.h"

#include <cstdint>
#include <string>

namespace ssblog {

class LineNames {
 public:
  /// Both outlive this.
  LineNames(const NameTemplate& name, ClockText& clock) : template_(name), clock_(clock) {}

  /// Lives until the next call.
  const std::string& of(const SweptLine& line) {
    const Millis time = line.position.order;
    const bool in_day = !template_.by_day() || (time >= day_.begin && time < day_.end);
    if (line.message->row.value == row_ && in_day) return name_;
    if (!in_day) day_ = clock_.day_of(time);
    row_ = line.message->row.value;
    name_ = template_.path_of(line, day_);
    return name_;
  }

 private:
  const NameTemplate& template_;
  ClockText& clock_;
  std::int64_t row_ = -1;
  CivilDay day_;
  std::string name_;
};

}  // namespace ssblog
