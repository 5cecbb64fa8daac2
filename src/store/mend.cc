// SPDX-License-Identifier: MIT
#include "store/mend.h"

#include "store/batch.h"
#include "store/cut.h"
#include "store/good_part.h"

namespace ssblog {
namespace {

/// Nobody else has to wait for this look.
Result<bool> is_good(Store& store, const FeedId& id, const SigningKey* hmac, Mended& mended) {
  auto snapshot = ReadTransaction::begin(store.database());
  if (!snapshot) return snapshot.error();
  auto row = store.feed(id);
  if (!row) return row.error();
  if (!*row) return true;
  GoodPart part(store, **row, hmac);
  for (;;) {
    auto message = part.next();
    if (!message) return message.error();
    if (!*message) break;
  }
  mended.kept = part.last();
  return part.is_whole();
}

}  // namespace

Result<Mended> mend_feed(Store& store, const FeedId& id, const SigningKey* hmac, Millis now) {
  Mended mended;
  auto good = is_good(store, id, hmac, mended);
  if (!good) return good.error();
  if (*good) return mended;
  auto batch = Batch::begin(store, Durability::full);
  if (!batch) return batch.error();
  auto row = store.feed(id);
  if (!row) return row.error();
  if (!*row) return mended;
  auto cut = CutFeed::begin_where_damaged(*batch, id, hmac);
  if (!cut) return cut.error();
  mended.kept = cut->last();
  if (auto finished = cut->finish(); !finished) return finished.error();
  if (auto done = batch->commit(now); !done) return done.error();
  mended.cut = true;
  return mended;
}

}  // namespace ssblog
