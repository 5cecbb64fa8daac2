// SPDX-License-Identifier: MIT
#include "assemble/message_walk.h"

#include <algorithm>
#include <tuple>

namespace ssblog {
namespace {

/// Place of the first picked message at `time` or behind it.
std::size_t place_of(const PickedRows& picked, Millis time) {
  const auto found = std::lower_bound(picked.rows.begin(), picked.rows.end(), time,
                                      [](const TimedRow& row, Millis wanted) { return row.first < wanted; });
  return static_cast<std::size_t>(found - picked.rows.begin());
}

}  // namespace

bool PickedRows::may_want(const TimedRow& message) const {
  if (message.first < from) return true;
  return std::binary_search(rows.begin(), rows.end(), message, [](const TimedRow& a, const TimedRow& b) {
    return std::tie(a.first, a.row.value) < std::tie(b.first, b.row.value);
  });
}

std::optional<std::span<const TimedRow>> PickedRows::before(Millis time, std::size_t most) const {
  const std::size_t count = place_of(*this, time);
  if (from > 0 || count > most) return std::nullopt;
  return std::span(rows).first(count);
}

bool PickedRows::may_want_righted(RowId row) const {
  return !all_times || std::binary_search(by_row.begin(), by_row.end(), row);
}

MessageWalk::MessageWalk(Timeline& timeline, Millis from, Millis until, Picked picked)
    : picked_(std::move(picked)) {
  if (!picked_) {
    walk_.emplace(timeline.walk(from, until));
    return;
  }
  if (from < picked_->from) walk_.emplace(timeline.walk(from, std::min(picked_->from - 1, until)));
  next_ = place_of(*picked_, from);
  end_ = until < max_time ? place_of(*picked_, until + 1) : picked_->rows.size();
}

Result<bool> MessageWalk::next() {
  if (walk_) {
    auto row = walk_->next();
    if (!row) return row.error();
    if (*row) {
      at_ = walk_->at();
      return true;
    }
    walk_.reset();
  }
  if (!picked_ || next_ >= end_) return false;
  at_ = picked_->rows[next_++];
  return true;
}

MessageWalkBack::MessageWalkBack(Timeline& timeline, Millis from, Millis until, Picked picked)
    : picked_(std::move(picked)) {
  if (!picked_) {
    walk_.emplace(timeline.walk_back(until, from));
    return;
  }
  begin_ = place_of(*picked_, from);
  next_ = until < max_time ? place_of(*picked_, until + 1) : picked_->rows.size();
  if (from < picked_->from) walk_.emplace(timeline.walk_back(std::min(picked_->from - 1, until), from));
}

Result<bool> MessageWalkBack::next() {
  if (picked_ && next_ > begin_) {
    at_ = picked_->rows[--next_];
    return true;
  }
  if (!walk_) return false;
  auto row = walk_->next();
  if (!row) return row.error();
  if (!*row) {
    walk_.reset();
    return false;
  }
  at_ = walk_->at();
  return true;
}

}  // namespace ssblog
