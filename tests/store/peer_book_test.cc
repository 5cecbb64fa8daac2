// SPDX-License-Identifier: MIT
#include "store/peer_book.h"

#include "feed/contact.h"
#include "store/feeds.h"
#include "store/hold.h"
#include "store/verify_store.h"

using namespace ssblog;

namespace {

/// Runs `write` in a transaction of its own.
template <class Write>
void in_batch(Store& store, Write&& write) {
  auto batch = Batch::begin(store, Durability::normal);
  REQUIRE(batch);
  write(*batch);
  REQUIRE(batch->commit(7));
}

}  // namespace

TEST_CASE("the clock of a host is what it said last") {
  Store store = empty_store();
  PeerBook book(store);
  const FeedId host = keys_of(1).id(), other = keys_of(2).id();
  CHECK(book.clock(host)->empty());
  in_batch(store, [&](Batch& batch) {
    REQUIRE(save_clock(batch, host, {{host, 7}, {other, -1}}));
    REQUIRE(save_clock(batch, other, {{host, 1}}));
  });
  CHECK(*book.clock(host) == std::map<FeedId, std::int64_t>{{host, 7}, {other, -1}});
  in_batch(store, [&](Batch& batch) { REQUIRE(save_clock(batch, host, {{other, 2}})); });
  CHECK(*book.clock(host) == std::map<FeedId, std::int64_t>{{other, 2}});
  CHECK(*book.clock(other) == std::map<FeedId, std::int64_t>{{host, 1}});
}

TEST_CASE("an address is saved once and dropped once") {
  Store store = empty_store();
  PeerBook book(store);
  in_batch(store, [&](Batch& batch) {
    CHECK(*save_address(batch, "net:b"));
    CHECK(*save_address(batch, "net:a"));
    CHECK_FALSE(*save_address(batch, "net:b"));
  });
  CHECK(*book.addresses() == std::vector<std::string>{"net:a", "net:b"});
  in_batch(store, [&](Batch& batch) {
    CHECK(*drop_address(batch, "net:a"));
    CHECK_FALSE(*drop_address(batch, "net:a"));
  });
  CHECK(*book.addresses() == std::vector<std::string>{"net:b"});
}

TEST_CASE("copies count the hosts that hold a message, each once") {
  Store store = empty_store();
  PeerBook book(store);
  in_batch(store, [&](Batch& batch) {
    REQUIRE(note_acknowledged(batch, keys_of(1).id(), 5));
    REQUIRE(note_acknowledged(batch, keys_of(1).id(), 3));  // what it held it holds
    REQUIRE(note_acknowledged(batch, keys_of(2).id(), 4));
  });
  CHECK(*book.copies(1) == 2);
  CHECK(*book.copies(5) == 1);
  CHECK(*book.copies(6) == 0);
}

TEST_CASE("messages remember the host that they came from") {
  Store store = empty_store();
  const KeyPair keys = keys_of(1);
  std::optional<FeedState> state;
  for (int i = 0; i < 2; ++i) {
    in_batch(store, [&](Batch& batch) {
      auto message = sign(keys, state, 1000 + i, post("text"), nullptr);
      REQUIRE(message);
      state = message->state();
      if (i == 1) batch.came_from(keys_of(9).id());
      REQUIRE(batch.append(*message));
    });
    const auto arrival = *PeerBook(store).last_arrival(1);
    REQUIRE(arrival);
    CHECK(arrival->received == 7);
    CHECK(arrival->via == (i == 1 ? std::optional(keys_of(9).id()) : std::nullopt));
  }
  CHECK_FALSE(*PeerBook(store).last_arrival(2));
  const auto size = *PeerBook(store).size_of(1, 7);
  CHECK(size.bytes > 100);
  CHECK(size.fresh_bytes == size.bytes);
  CHECK(size.first_received == 7);
  CHECK(PeerBook(store).size_of(1, 8)->fresh_bytes == 0);
}

TEST_CASE("a claim holds publishing until every witness was asked") {
  Store store = empty_store();
  const TempDir directory;
  const FeedId own = keys_of(1).id(), first = keys_of(2).id(), second = keys_of(3).id();
  const Guard guard(directory / "guard", own);
  const auto hold = [&] {
    Hold decided = Hold::none;
    in_batch(store, [&](Batch& batch) {
      auto facts = read_hold_facts(batch, own, guard);
      REQUIRE(facts);
      decided = decide_hold(*facts);
    });
    return decided;
  };
  in_batch(store, [&](Batch& batch) {
    REQUIRE(note_acknowledged(batch, second, 0));
    REQUIRE(note_asked(batch, second));  // before the hold: says nothing
  });
  in_batch(store, [&](Batch& batch) { REQUIRE(note_claim(batch, first, 5)); });
  CHECK(hold() == Hold::shown_more);
  in_batch(store, [&](Batch& batch) { REQUIRE(note_asked(batch, first)); });
  CHECK(hold() == Hold::shown_more);
  in_batch(store, [&](Batch& batch) { REQUIRE(note_asked(batch, second)); });
  CHECK(hold() == Hold::none);
}

TEST_CASE("a forgotten feed leaves nothing behind, and the others are whole") {
  Store store = empty_store();
  import_into(store, lines(feed_of(keys_of(1), 300)) + lines(feed_of(keys_of(2), 30)));
  in_batch(store, [&](Batch& batch) {
    auto feed = batch.feed(keys_of(1).id());
    REQUIRE(feed);
    REQUIRE(forget_feed(batch, *feed));
  });
  REQUIRE(give_back_disk(store));
  CHECK(tip_of(store, keys_of(1).id()) == 0);
  CHECK(tip_of(store, keys_of(2).id()) == 30);
  std::uint64_t findings = 0;
  VerifyTalk talk;
  talk.feed_done = [&](const FeedVerdict& verdict) { findings += verdict.findings.count; };
  auto file = verify_store(store, {}, std::nullopt, talk);
  REQUIRE(file);
  CHECK(findings + file->count == 0);
  import_into(store, lines(feed_of(keys_of(1), 3)));
  CHECK(tip_of(store, keys_of(1).id()) == 3);
}
