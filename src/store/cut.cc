// SPDX-License-Identifier: MIT
#include "store/cut.h"

#include "store/peer_book.h"

#include <fmt/format.h>

namespace ssblog {

namespace {

Error damaged(const FeedId& feed, Seq sequence) {
  return {Code::data, fmt::format("message {} of the feed {} is damaged or not here; see `ssblog verify`",
                                  sequence, to_text(feed))};
}

}  // namespace

Result<CutFeed> CutFeed::begin(Batch& batch, const FeedId& feed, Seq last, const SigningKey* hmac) {
  return keep(batch, feed, last, hmac);
}

Result<CutFeed> CutFeed::begin_where_damaged(Batch& batch, const FeedId& feed, const SigningKey* hmac) {
  return keep(batch, feed, std::nullopt, hmac);
}

Result<CutFeed> CutFeed::keep(Batch& batch, const FeedId& feed, std::optional<Seq> last,
                              const SigningKey* hmac) {
  auto row = batch.store().feed(feed);
  if (!row) return row.error();
  if (!*row) return Error{Code::data, fmt::format("the feed {} is not here", to_text(feed))};
  // Out of the way of the one that is made now.
  Statement rename(batch.database(), "UPDATE feeds SET id = randomblob(32) WHERE feed = ?");
  if (auto renamed = rename.exec((*row)->number); !renamed) return renamed.error();
  auto part = std::make_unique<GoodPart>(batch.store(), **row, hmac);
  while (!last || part->last() < *last) {
    auto message = part->next();
    if (!message) return message.error();
    if (!*message && !last) break;
    if (!*message) return damaged(feed, part->last() + 1);
    if (auto appended = batch.append(**message); !appended) return appended.error();
  }
  if (auto fresh = batch.feed(feed); !fresh) return fresh.error();
  return CutFeed(batch, **row, std::move(part));
}

Result<std::optional<Verified>> CutFeed::next() {
  auto message = part_->next();
  if (message && !*message && !part_->is_whole()) return damaged(before_.id, part_->last() + 1);
  return message;
}

Result<void> CutFeed::finish() {
  part_.reset();
  return forget_feed(*batch_, before_);
}

}  // namespace ssblog
