// SPDX-License-Identifier: MIT
#include "intake/carry_positions.h"

#include "intake/position.h"

#include <algorithm>

namespace ssblog {
namespace {

/// Bytes of the instance that the old feed held before its end was cut off.
Result<std::uint64_t> covered_before(Batch& batch, const Carried& carried, const Position& position) {
  if (carried.before.number == 0) return position.offset;
  auto row = find_instance(batch.store(), carried.before.number, position.stream, position.run);
  if (!row) return row.error();
  return std::max(position.offset, *row ? (*row)->high : 0);
}

}  // namespace

Result<void> carry_positions(Batch& batch, const Carried& carried, Rebase& rebase) {
  auto rows = read_positions(batch.store(), position_prefix);
  if (!rows) return rows.error();
  for (const PositionRow& row : *rows) {
    auto read = parse_position(row.source, row.position);
    if (!read) continue;  // the collector tells it, and asks the feed
    Position position = std::move(*read);
    auto base = rebase.base_of(position.stream, position.run);
    if (!base) return base.error();
    if (!*base) {
      // Of a file that was met behind the fork the new feed has everything, under the same run.
      auto whole = batch.instance(carried.fresh.number, position.stream, position.run);
      if (!whole) return whole.error();
      if (whole->high == position.offset) continue;
    }
    auto covered = covered_before(batch, carried, position);
    if (!covered) return covered.error();
    if (*covered > position.offset) {
      // The feed knew more than the row, as after a backup: what is known of the bytes before is not of this place.
      position.tail = {};
      position.redact = RedactState();
      position.redact.unknown = true;
    }
    const std::uint64_t next = *covered + position.skipped;
    position.run = run_after(carried.fresh.id, position.run);
    auto instance = batch.instance(carried.fresh.number, position.stream, position.run);
    if (!instance) return instance.error();
    position.offset = instance->high;
    position.skipped = position.base = next - std::min(next, position.offset);
    if (auto dropped = batch.drop_position(row.source); !dropped) return dropped;
    auto set = batch.set_position(position_key(position.run), format_position(position));
    if (!set) return set;
  }
  return {};
}

}  // namespace ssblog
