// SPDX-License-Identifier: MIT
#include "store/good_part.h"

#include <variant>

namespace ssblog {

GoodPart::GoodPart(Store& store, const FeedRow& row, const SigningKey* hmac)
    : row_(row),
      hmac_(hmac),
      rows_(
          store.database(),
          "SELECT id, first_time, instance, shape, body FROM messages WHERE id BETWEEN ? AND ? ORDER BY id") {
  run_.emplace(rows_.run(RowId::of(row.number, 1).value, RowId::of(row.number, max_sequence).value));
}

Result<std::optional<Verified>> GoodPart::next() {
  const std::optional<Verified> nothing;
  if (!run_) return nothing;
  auto found = run_->step();
  if (!found && found.error().code != Code::data) return found.error();
  const Seq sequence = last() + 1;
  if (found && *found && RowId{run_->integer(0)}.sequence() == sequence) {
    const auto mark = mark_of(
        BesideBody{&row_.id, sequence, run_->maybe_integer(1), run_->maybe_integer(2), run_->text(3)});
    if (reader_.unpack(run_->blob(4), mark, text_)) {
      auto checked = verify(as_bytes(text_), state_, hmac_);
      auto* good = std::get_if<Verified>(&checked);
      if (good != nullptr && (*good)->author == row_.id && (*good)->sequence == sequence) {
        state_ = good->state();
        return std::optional(std::move(*good));
      }
    }
  }
  run_.reset();
  return nothing;
}

}  // namespace ssblog
