// SPDX-License-Identifier: MIT
#include "sink/outstanding.h"

#include <iterator>

namespace ssblog {

void Outstanding::give(std::uint64_t bytes, std::uint64_t lines, CursorSteps steps) {
  given_.bytes += bytes;
  given_.lines += lines;
  portions_.push_back({given_, std::move(steps)});
}

template <class Taken>
void Outstanding::take_while(Taken taken, CursorSteps& steps) {
  while (!portions_.empty() && taken(portions_.front())) {
    Portion& portion = portions_.front();
    taken_ = portion.end;
    steps.insert(steps.end(), std::move_iterator(portion.steps.begin()),
                 std::move_iterator(portion.steps.end()));
    portions_.pop_front();
  }
}

void Outstanding::took_bytes(std::uint64_t total, CursorSteps& steps) {
  take_while([total](const Portion& portion) { return portion.end.bytes <= total; }, steps);
}

void Outstanding::took_lines(std::uint64_t total, CursorSteps& steps) {
  take_while([total](const Portion& portion) { return portion.end.lines <= total; }, steps);
}

void Outstanding::took_all(CursorSteps& steps) {
  take_while([](const Portion&) { return true; }, steps);
}

void Outstanding::clear() { *this = Outstanding(); }

}  // namespace ssblog
