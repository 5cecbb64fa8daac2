// SPDX-License-Identifier: MIT
#include "sink/outstanding.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ssblog {

void Outstanding::give(Portion portion) {
  given_.bytes += portion.size().bytes;
  given_.lines += portion.size().lines;
  portion.text = {};
  portions_.push_back({given_, std::move(portion)});
}

template <class Taken>
void Outstanding::take_while(Taken taken, CursorSteps& steps) {
  while (!portions_.empty() && taken(portions_.front().end)) {
    Given& given = portions_.front();
    taken_ = given.end;
    steps.insert(steps.end(), std::move_iterator(given.portion.steps.begin()),
                 std::move_iterator(given.portion.steps.end()));
    portions_.pop_front();
  }
}

void Outstanding::took_bytes(std::uint64_t total, CursorSteps& steps) {
  take_while([total](const TextSize& end) { return end.bytes <= total; }, steps);
}

void Outstanding::took_lines(std::uint64_t total, CursorSteps& steps) {
  take_while([total](const TextSize& end) { return end.lines <= total; }, steps);
}

void Outstanding::took_all(CursorSteps& steps) {
  take_while([](const TextSize&) { return true; }, steps);
}

template <class Taken>
std::optional<PortionRest> Outstanding::rest(Taken taken) const {
  if (portions_.empty()) return std::nullopt;
  const Portion& portion = portions_.front().portion;
  const auto behind = std::partition_point(portion.ends.begin(), portion.ends.end(), taken);
  const auto records = static_cast<std::size_t>(behind - portion.ends.begin());
  if (records + portion.skipped == 0) return std::nullopt;
  return PortionRest{portion.spans, portion.skipped + records, records == 0 ? 0 : std::prev(behind)->lines,
                     portion.digest};
}

std::optional<PortionRest> Outstanding::rest_behind_bytes(std::uint64_t total) const {
  return rest([&](const TextSize& end) { return taken_.bytes + end.bytes <= total; });
}

std::optional<PortionRest> Outstanding::rest_behind_lines(std::uint64_t total) const {
  return rest([&](const TextSize& end) { return taken_.lines + end.lines <= total; });
}

void Outstanding::clear() { *this = Outstanding(); }

}  // namespace ssblog
