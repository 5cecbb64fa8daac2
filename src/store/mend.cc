// SPDX-License-Identifier: MIT
#include "store/mend.h"

#include "store/batch.h"
#include "store/good_part.h"
#include "store/peer_book.h"

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
  // Out of the way of the one that is made now.
  Statement rename(store.database(), "UPDATE feeds SET id = randomblob(32) WHERE feed = ?");
  if (auto renamed = rename.exec((*row)->number); !renamed) return renamed.error();
  {
    GoodPart part(store, **row, hmac);
    for (;;) {
      auto message = part.next();
      if (!message) return message.error();
      if (!*message) break;
      if (auto appended = batch->append(**message); !appended) return appended.error();
    }
    mended.kept = part.last();
  }
  if (auto fresh = batch->feed(id); !fresh) return fresh.error();
  if (auto forgotten = forget_feed(*batch, **row); !forgotten) return forgotten.error();
  if (auto done = batch->commit(now); !done) return done.error();
  mended.cut = true;
  return mended;
}

}  // namespace ssblog
