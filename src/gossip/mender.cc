// SPDX-License-Identifier: MIT
#include "gossip/mender.h"

#include "store/batch.h"
#include "store/hold.h"

#include <utility>

namespace ssblog {

Mender::Mender(Scheduler& scheduler, Home home, const FeedId& own, const std::optional<SigningKey>& hmac,
               std::function<Millis()> clock, Events events)
    : scheduler_(scheduler),
      home_(std::move(home)),
      own_(own),
      hmac_(hmac),
      clock_(std::move(clock)),
      events_(std::move(events)) {}

void Mender::found(const FeedId& feed) {
  if (given_up_.contains(feed)) return;
  waiting_.insert(feed);
  start();
}

void Mender::start() {
  if (busy_ || waiting_.empty()) return;
  busy_ = true;
  const FeedId feed = *waiting_.begin();
  ticket_ = run_on_worker(
      scheduler_,
      [home = home_, feed, hmac = hmac_, own = feed == own_, now = clock_()] {
        return work(home, feed, hmac, own, now);
      },
      [this, feed](Result<Mended> mended) {
        busy_ = false;
        waiting_.erase(feed);
        if (!mended) {
          given_up_.insert(feed);
          events_.failed(feed, mended.error());
        } else if (feed == own_) {
          given_up_.insert(feed);  // a person has to end this
          events_.own_damaged();
        } else {
          // What is good after all, and still cannot be read, would be looked at for ever.
          if (!mended->cut) given_up_.insert(feed);
          events_.mended(feed, *mended);
        }
        start();
      });
}

Result<Mended> Mender::work(const Home& home, const FeedId& feed, const std::optional<SigningKey>& hmac,
                            bool own, Millis now) {
  auto store = Store::open(home.store_path(), OpenMode::read_write);
  if (!store) return store.error();
  if (!own) return mend_feed(*store, feed, hmac ? &*hmac : nullptr, now);
  auto batch = Batch::begin(*store, Durability::full);
  if (!batch) return batch.error();
  if (auto held = begin_hold(*batch, Hold::feed_damaged); !held) return held.error();
  if (auto done = batch->commit(now); !done) return done.error();
  return Mended{};
}

}  // namespace ssblog
