// SPDX-License-Identifier: MIT
#include "store/invites.h"

#include "feed/contact.h"
#include "store/feeds.h"
#include "store/publish.h"

#include <atomic>
#include <thread>

using namespace ssblog;

namespace {

constexpr Millis noon = 1'700'000'000'000;

/// A host that gives out invites, with a guard beside its store.
class Host {
 public:
  Host() : keys_(keys_of(1)), store_(open()) {}
  Store open() const {
    auto store = Store::open(directory_ / "db", OpenMode::create);
    REQUIRE(store);
    return std::move(*store);
  }
  Store& store() { return store_; }
  const FeedId& id() const { return keys_.id(); }

  void give(const InviteRow& invite) {
    in_batch([&](Batch& batch) { REQUIRE(add_invite(batch, invite)); });
  }
  template <class Write>
  void in_batch(Write&& write) {
    auto batch = Batch::begin(store_, Durability::full);
    REQUIRE(batch);
    write(*batch);
    REQUIRE(batch->commit(noon));
  }

  /// What a guest hears: the sequence of the message, or the words that refuse.
  std::string use(Store& store, const FeedId& guest, const FeedId& feed, Millis now) const {
    Publisher publisher(store, keys_, nullptr, Guard(directory_ / "guard", id()));
    const std::string content = follow_content(feed, true);
    auto published = publisher.publish_with(
        std::span(&content, 1), [&](Batch& batch) { return use_invite(batch, id(), guest, feed, now); }, now);
    return published ? std::to_string(published->last->sequence) : published.error().text;
  }
  std::string use(const FeedId& guest, const FeedId& feed, Millis now = noon) {
    return use(store_, guest, feed, now);
  }

  void publish(const std::string& content) {
    Publisher publisher(store_, keys_, nullptr, Guard(directory_ / "guard", id()));
    REQUIRE(publisher.publish(std::span(&content, 1), noon));
  }
  InviteRow only() { return InviteBook(store_).all()->front(); }

 private:
  TempDir directory_;
  KeyPair keys_;
  Store store_;
};

InviteRow invite_of(std::uint8_t number, std::int64_t uses = 1,
                    std::optional<Millis> expires = std::nullopt) {
  InviteRow row;
  row.guest = keys_of(number).id();
  row.uses = uses;
  row.created = noon;
  row.expires = expires;
  row.note = "for the nas";
  return row;
}

FeedId feed(std::uint8_t number) { return keys_of(number).id(); }

}  // namespace

TEST_CASE("an invite works as often as it says, and remembers for whom") {
  Host host;
  const FeedId guest = feed(100);
  host.give(invite_of(100, 2));
  CHECK(host.only().state(noon) == InviteState::open);
  CHECK(host.use(guest, feed(2)) == "1");
  CHECK(host.use(guest, feed(2)) == "already following");  // costs no use
  CHECK(host.use(guest, feed(3)) == "2");
  CHECK(host.use(guest, feed(4)) == "invite was used up");
  CHECK(host.use(guest, feed(3)) == "already following");
  const InviteRow row = host.only();
  CHECK(row.used == 2);
  CHECK(row.note == "for the nas");
  CHECK(row.state(noon) == InviteState::used_up);
  CHECK(std::set<FeedId>(row.users.begin(), row.users.end()) == std::set<FeedId>{feed(2), feed(3)});
  CHECK(tip_of(host.store(), host.id()) == 2);  // whoever was refused is not followed
}

TEST_CASE("an invite ends at its time") {
  Host host;
  const FeedId guest = feed(100);
  host.give(invite_of(100, 5, noon + 1000));
  CHECK(host.use(guest, feed(2), noon + 999) == "1");
  CHECK(host.use(guest, feed(3), noon + 1000) == "invite has expired");
  CHECK(host.only().state(noon + 999) == InviteState::open);
  CHECK(host.only().state(noon + 1000) == InviteState::expired);
}

TEST_CASE("a revoked invite is refused, and is revoked once") {
  Host host;
  host.give(invite_of(100, 5));
  host.in_batch([&](Batch& batch) {
    CHECK(*revoke_invite(batch, feed(100), noon));
    CHECK_FALSE(*revoke_invite(batch, feed(100), noon + 1));
    CHECK_FALSE(*revoke_invite(batch, feed(101), noon));
  });
  CHECK(host.use(feed(100), feed(2)) == "invite was revoked");
  CHECK(host.only().revoked == noon);
  CHECK(host.only().state(noon) == InviteState::revoked);
}

TEST_CASE("who is unknown, ourselves or blocked is not followed, and no use is spent") {
  Host host;
  host.give(invite_of(100));
  CHECK(host.use(feed(101), feed(2)) == "invite is unknown");
  CHECK(host.use(feed(100), host.id()) == "feed to follow is this host's own");
  host.publish(block_content(feed(2), true));
  CHECK(host.use(feed(100), feed(2)) == "feed is blocked by this host");
  CHECK(host.only().used == 0);
  InviteBook book(host.store());
  CHECK(*book.knows(feed(100)));
  CHECK_FALSE(*book.knows(feed(101)));
  // Whom we follow no more needs a use again.
  host.publish(follow_content(feed(3), true));
  host.publish(follow_content(feed(3), false));
  CHECK(host.use(feed(100), feed(3)) == "4");
}

TEST_CASE("of many who use the last one at once, one is let in") {
  Host host;
  host.give(invite_of(100, 3));
  std::atomic<int> followed = 0, refused = 0;
  std::vector<Store> stores;
  for (int i = 0; i < 8; ++i) stores.push_back(host.open());
  std::vector<std::thread> threads;
  for (std::uint8_t i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const std::string heard = host.use(stores[i], feed(100), feed(static_cast<std::uint8_t>(10 + i)), noon);
      ++(heard == "invite was used up" ? refused : followed);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(followed == 3);
  CHECK(refused == 5);
  CHECK(host.only().used == 3);
  CHECK(host.only().users.size() == 3);
  CHECK(tip_of(host.store(), host.id()) == 3);
}

TEST_CASE("while publishing is held no use is spent, and nothing waits to be signed") {
  Host host;
  host.give(invite_of(100));
  host.in_batch([](Batch& batch) { REQUIRE(begin_hold(batch, Hold::key_imported)); });
  CHECK(host.use(feed(100), feed(2)).starts_with("publishing is held"));
  CHECK(host.only().used == 0);
  Statement spooled(host.store().database(), "SELECT count(*) FROM spool");
  auto run = spooled.run();
  REQUIRE(run.step());
  CHECK(run.integer(0) == 0);
}
