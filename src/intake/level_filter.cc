// SPDX-License-Identifier: MIT
#include "intake/level_filter.h"

#include <algorithm>

namespace ssblog {

bool LevelFilter::wants(std::string_view line) {
  if (!goes_on_with_last(line)) last_wanted_ = guess_level(line).value_or(unknown_) <= least_;
  return last_wanted_;
}

void LevelFilter::add(std::string_view bytes, Millis time, const Keep& keep) {
  std::size_t wanted = 0;  // from here on, bytes are wanted
  const auto give = [&](std::size_t end) {
    if (end > wanted) keep(bytes.substr(wanted, end - wanted), time);
  };
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t newline = bytes.find('\n', at);
    const bool whole = newline != std::string_view::npos;
    const std::size_t end = whole ? newline + 1 : bytes.size();
    if (line_ == Line::none && (whole || end - at >= level_look)) {
      line_ = wants(bytes.substr(at, end - at)) ? Line::kept : Line::dropped;
    } else if (line_ == Line::none || line_ == Line::undecided) {
      if (line_ == Line::none) began_ = time;
      line_ = Line::undecided;
      held_ += bytes.substr(at, end - at);
      if (whole || held_.size() >= level_look) {
        give(at);
        wanted = end;
        end_line(keep);
        // The end of the line may be yet to come.
        line_ = last_wanted_ ? Line::kept : Line::dropped;
      }
    }
    if (line_ != Line::kept) {
      give(at);
      wanted = end;
    }
    if (whole) line_ = Line::none;
    at = end;
  }
  give(bytes.size());
}

void LevelFilter::end_line(const Keep& keep) {
  if (line_ == Line::undecided && wants(held_)) keep(held_, began_);
  held_.clear();
  line_ = Line::none;
}

}  // namespace ssblog
