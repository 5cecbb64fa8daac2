// SPDX-License-Identifier: MIT
#include "store/receipts.h"

#include <limits>

namespace ssblog {
namespace {

constexpr const char* query_of(bool forward, bool one) {
  if (one) {
    return forward ? "SELECT last_sequence, feed, first_sequence, last_sequence, received FROM arrivals "
                     "WHERE last_sequence > ?1 AND feed = ?2 ORDER BY last_sequence LIMIT 1"
                   : "SELECT last_sequence, feed, first_sequence, last_sequence, received FROM arrivals "
                     "WHERE last_sequence < ?1 AND feed = ?2 ORDER BY last_sequence DESC LIMIT 1";
  }
  return forward ? "SELECT id, feed, first_sequence, last_sequence, received FROM arrivals "
                   "WHERE id > ?1 AND ?2 IS NULL ORDER BY id LIMIT 1"
                 : "SELECT id, feed, first_sequence, last_sequence, received FROM arrivals "
                   "WHERE id < ?1 AND ?2 IS NULL ORDER BY id DESC LIMIT 1";
}

}  // namespace

Receipts::Receipts(Store& store, Direction direction, std::optional<FeedNumber> only)
    : direction_(direction),
      only_(only),
      rows_(store.database(), query_of(direction == Direction::forward, only.has_value())),
      end_(store.database(), only ? "SELECT coalesce(max(last_sequence), 0) FROM arrivals WHERE feed = ?1"
                                  : "SELECT coalesce(max(id), 0) FROM arrivals WHERE ?1 IS NULL"),
      at_(direction == Direction::forward ? 0 : std::numeric_limits<std::int64_t>::max()) {}

Result<std::optional<Receipts::Entry>> Receipts::next() {
  if (left_ == 0) {
    auto found = next_row();
    if (!found) return found.error();
    if (!*found) return std::optional<Entry>();
  }
  const Seq sequence = direction_ == Direction::forward ? row_.last + 1 - left_ : row_.first + left_ - 1;
  --left_;
  return std::optional(Entry{row_.feed, sequence, row_.received});
}

Result<bool> Receipts::next_row() {
  auto run = rows_.run(at_, only_);
  auto row = run.step();
  if (!row || !*row) return row;
  at_ = run.integer(0);
  row_ = {run.integer(1), static_cast<Seq>(run.integer(2)), static_cast<Seq>(run.integer(3)), run.integer(4)};
  left_ = row_.last + 1 - row_.first;
  return true;
}

Result<void> Receipts::skip_all() {
  auto run = end_.run(only_);
  if (auto row = run.step(); !row) return row.error();
  at_ = run.integer(0);
  left_ = 0;
  return {};
}

}  // namespace ssblog
