// SPDX-License-Identifier: MIT
// store/reseal.h - bodies that were changed on purpose, and sealed as if the store had written them so.
//
// Used by tests of what lies behind the checksum of a body.
#pragma once

#include "store/store.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace ssblog {

/// Seals `body` into the row, beside the columns that stand there now.
inline void put_sealed(Store& store, RowId row, std::string_view body) {
  BodyPacker packer;
  Statement select(
      store.database(),
      "SELECT m.first_time, m.instance, m.shape, f.id FROM messages m JOIN feeds f ON f.feed = m.id >> 40 "
      "WHERE m.id = ?");
  Statement update(store.database(), "UPDATE messages SET body = ? WHERE id = ?");
  auto run = select.run(row.value);
  auto found = run.step();
  REQUIRE(found);
  REQUIRE(*found);
  const auto feed = FeedId::from(run.blob(3));
  REQUIRE(feed);
  const auto mark =
      mark_of(BesideBody{&*feed, row.sequence(), run.maybe_integer(0), run.maybe_integer(1), run.text(2)});
  REQUIRE(update.exec(packer.seal(as_bytes(body), mark), row.value));
}

}  // namespace ssblog
