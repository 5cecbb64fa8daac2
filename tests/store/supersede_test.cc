// SPDX-License-Identifier: MIT
#include "store/supersede.h"

#include "feed/contact.h"
#include "feed/json.h"
#include "feed/successor.h"
#include "store/feeds.h"
#include "store/hold.h"
#include "store/publish.h"
#include "store/rebase.h"
#include "store/spool.h"
#include "store/successors.h"

#include <set>

using namespace ssblog;

namespace {

constexpr const char* run_a = "00000000000000aa";

std::string chunk(std::string_view run, std::uint64_t offset, std::string_view text,
                  std::string_view more = "") {
  return fmt::format(R"({{"type":"log","stream":"stdout","text":"{}","chunk":{{"run":"{}","offset":{}{}}}}})",
                     text, run, offset, more);
}

std::vector<std::string> texts_of(const KeyPair& keys, const std::vector<std::string>& contents) {
  std::vector<std::string> texts;
  std::optional<FeedState> state;
  for (const std::string& content : contents) {
    auto message = sign(keys, state, 1000.0 + static_cast<double>(texts.size()), content, nullptr);
    REQUIRE(message);
    state = message->state();
    texts.push_back((*message)->text);
  }
  return texts;
}

/// A host whose feed goes two ways behind message 3: it holds `dead`, others hold `good`.
struct ForkedHost {
  TempDir place;
  KeyPair old = keys_of(1), fresh = keys_of(2);
  Home home{place / "home", place / "guard"};
  std::vector<std::string> common{
      fmt::format(R"({{"type":"about","about":"{}","name":"nas"}})", to_text(keys_of(1).id())),
      follow_content(keys_of(7).id(), true), chunk(run_a, 0, "one")};
  std::vector<std::string> dead =
      with({chunk(run_a, 4, "two\\nth", R"(,"more":true)"), chunk(run_a, 10, "ree"),
            R"({"type":"job","job":"j","run":"00000000000000aa","event":"end","time":5})",
            block_content(keys_of(8).id(), true), post("loose"), chunk("00000000000000bb", 0, "of its own")});
  std::vector<std::string> good = with({post("good 4"), post("good 5"), post("good 6")});
  Store store = empty_store();

  std::vector<std::string> with(const std::vector<std::string>& more) const {
    std::vector<std::string> all = common;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  explicit ForkedHost(bool proven = true) {
    import_into(store, lines(texts_of(old, dead)));
    if (!proven) return;
    import_into(store, lines(texts_of(old, good)));
    auto proof = ForkBook(store).of(old.id());
    REQUIRE(proof);
    REQUIRE(*proof);
    CHECK((*proof)->sequence == 4);
  }

  Result<Superseded> go(bool supersedes = true) {
    return supersede(store, {old, fresh, nullptr, home, supersedes, {}, 90'000, nullptr});
  }

  void spool(const std::string& content, double timestamp) {
    auto batch = Batch::begin(store, Durability::full);
    REQUIRE(batch);
    REQUIRE(Spool(*batch).push(content, timestamp));
    REQUIRE(batch->commit(1));
  }

  std::vector<std::string> contents(const FeedId& id) {
    std::vector<std::string> found;
    auto row = store.feed(id);
    REQUIRE(row);
    for (Seq at = 1; *row && at <= tip_of(store, id); ++at) {
      auto text = store.message(RowId::of((*row)->number, at));
      REQUIRE(text);
      found.emplace_back(member(*text, "content"));
    }
    return found;
  }
  std::vector<double> times(const FeedId& id) {
    std::vector<double> found;
    auto row = store.feed(id);
    REQUIRE(row);
    for (Seq at = 1; at <= tip_of(store, id); ++at) {
      auto text = store.message(RowId::of((*row)->number, at));
      REQUIRE(text);
      found.push_back(*number_of(member(*text, "timestamp")));
    }
    return found;
  }
};

}  // namespace

TEST_CASE(
    "a new identity carries over what only this host has, and the old feed ends where the branches part") {
  ForkedHost host;
  host.spool(chunk(run_a, 14, "spooled"), 2000);
  host.spool(post("spooled too"), 2001);
  const auto report = host.go();
  REQUIRE(report);
  CHECK(report->last == 3);
  CHECK(report->carried == 5);
  CHECK(report->waited == 2);
  CHECK(report->aside == 0);
  CHECK(tip_of(host.store, host.old.id()) == 3);
  const std::string run = run_after(host.fresh.id(), run_a);
  const auto contents = host.contents(host.fresh.id());
  const auto statement = read_successor(contents.at(3));
  REQUIRE(statement);
  CHECK(statement->supersedes == host.old.id());
  CHECK(statement->successor == host.fresh.id());
  CHECK(statement->last.sequence == 3);
  CHECK(statement->left);
  CHECK(contents ==
        std::vector<std::string>{
            fmt::format(R"({{"type":"about","about":"{}","name":"nas"}})", to_text(host.fresh.id())),
            contents.at(1), contents.at(2), contents.at(3), follow_content(host.old.id(), true),
            chunk(run, 0, "two\\nth", R"(,"more":true)"), chunk(run, 6, "ree"),
            fmt::format(R"({{"type":"job","job":"j","run":"{}","event":"end","time":5}})", run),
            post("loose"), chunk("00000000000000bb", 0, "of its own"), chunk(run, 10, "spooled"),
            post("spooled too")});
  const std::set<std::string> contacts{contents.at(1), contents.at(2)};
  CHECK(contacts ==
        std::set<std::string>{follow_content(keys_of(7).id(), true), block_content(keys_of(8).id(), true)});
  // At their own times.
  const auto times = host.times(host.fresh.id());
  CHECK(std::vector(times.begin() + 5, times.end()) ==
        std::vector<double>{1003, 1004, 1005, 1007, 1008, 2000, 2001});
  // The other branch is taken now, and the one that was left nowhere.
  const auto again = import_into(host.store, lines(texts_of(host.old, host.dead)));
  CHECK(again.of(host.old.id()).taken == 0);
  CHECK(tip_of(host.store, host.old.id()) == 3);
  CHECK(import_into(host.store, lines(texts_of(host.old, host.good))).of(host.old.id()).taken == 3);
  CHECK_FALSE(*ForkBook(host.store).is_forked(host.old.id()));
}

TEST_CASE("superseding a second time does nothing, and another identity cannot") {
  ForkedHost host;
  REQUIRE(host.go());
  const auto before = host.contents(host.fresh.id());
  const auto again = host.go();
  REQUIRE(again);
  CHECK(again->carried == 5);
  CHECK(host.contents(host.fresh.id()) == before);
  host.fresh = keys_of(3);
  CHECK_FALSE(host.go());
  // The old key signs no more.
  Publisher publisher(host.store, host.old, nullptr, Guard(host.place / "guard", host.old.id()));
  const auto hold = publisher.hold();
  REQUIRE(hold);
  CHECK(*hold == Hold::superseded);
}

TEST_CASE("what a program goes on with that has been running since before has no gap") {
  ForkedHost host;
  REQUIRE(host.go());
  Guard guard(host.place / "guard", host.fresh.id());
  auto row = host.store.feed(host.fresh.id());
  auto id = host.store.id();
  REQUIRE(guard.write({(*row)->tip->sequence, (*row)->tip->key, *id, *this_machine()}));
  Publisher publisher(host.store, host.fresh, nullptr, guard);
  const std::vector<std::string> more{chunk(run_a, 14, "later"), chunk("00000000000000bb", 11, "later"),
                                      chunk("00000000000000cc", 5, "another")};
  const auto published = publisher.publish(more, 100'000);
  REQUIRE(published);
  CHECK(published->held == Hold::none);
  const auto contents = host.contents(host.fresh.id());
  CHECK(std::vector(contents.end() - 3, contents.end()) ==
        std::vector<std::string>{chunk(run_after(host.fresh.id(), run_a), 10, "later"), more[1], more[2]});
}

TEST_CASE("without a proof there is no branch to carry, and without a statement nothing is carried at all") {
  ForkedHost host(false);
  host.spool(post("waits"), 2000);
  const auto report = host.go();
  REQUIRE(report);
  CHECK(report->last == 9);
  CHECK(report->carried == 0);
  CHECK(report->waited == 1);
  CHECK(tip_of(host.store, host.old.id()) == 9);

  ForkedHost clone;
  clone.spool(post("waits"), 2000);
  REQUIRE(clone.go(false));
  CHECK(clone.contents(clone.fresh.id()) == std::vector<std::string>{follow_content(clone.old.id(), true)});
  CHECK(tip_of(clone.store, clone.old.id()) == 9);
  CHECK_FALSE(*succession_of(clone.store, clone.old.id()));
}

TEST_CASE("as long as nobody knows where the branches part, nothing is done") {
  ForkedHost host(false);
  const auto good = texts_of(host.old, host.good);
  {
    auto batch = Batch::begin(host.store, Durability::full);
    REQUIRE(batch);
    auto feed = batch->feed(host.old.id());
    const auto inspected = inspect(as_bytes(good[5]), nullptr);
    const auto noted = note_fork(*batch, *feed, 6, std::get<Inspected>(inspected).key(), good[5], nullptr, 1);
    REQUIRE(noted);
    CHECK(*noted);
    REQUIRE(batch->commit(1));
  }
  const auto refused = host.go();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::busy);
  CHECK(tip_of(host.store, host.old.id()) == 9);
  // An earlier pair takes the place of the later one.
  import_into(host.store, lines(good));
  CHECK((*ForkBook(host.store).of(host.old.id()))->sequence == 4);
  CHECK(host.go());
}

TEST_CASE(
    "the first statement of a feed counts, a second one is a conflict, and one of strangers is nothing") {
  Store store = empty_store();
  const KeyPair old = keys_of(1);
  const Successor first{old.id(), keys_of(2).id(), {}, {}}, second{old.id(), keys_of(3).id(), {}, {}};
  const auto note = [&](const Successor& statement) {
    auto batch = Batch::begin(store, Durability::full);
    REQUIRE(batch);
    auto heard = note_successor(*batch, statement, successor_content(statement, old));
    REQUIRE(heard);
    REQUIRE(batch->commit(1));
    return *heard;
  };
  CHECK(note(first) == Heard::unknown);
  CHECK_FALSE(*succession_of(store, old.id()));
  import_into(store, lines(feed_of(old, 2)));
  CHECK(note(first) == Heard::fresh);
  CHECK(note(first) == Heard::known);
  CHECK(note(second) == Heard::conflict);
  CHECK(note(second) == Heard::known);
  const auto all = all_successions(store);
  REQUIRE(all);
  REQUIRE(all->size() == 1);
  CHECK(all->front().statement == first);
  CHECK(all->front().other == second);
  CHECK_FALSE(all->front().done);
}

TEST_CASE("a statement in a feed is heard, in the feed of another it is not") {
  const KeyPair old = keys_of(1), fresh = keys_of(2), other = keys_of(3);
  const Successor statement{old.id(), fresh.id(), {}, {}};
  for (const bool own : {true, false}) {
    Store store = empty_store();
    import_into(store, lines(feed_of(old, 2)));
    import_into(store, lines(texts_of(own ? fresh : other, {successor_content(statement, old)})));
    CHECK(succession_of(store, old.id())->has_value() == own);
  }
}

TEST_CASE("who holds the branch that was left cuts it, and takes the other one") {
  ForkedHost host;
  REQUIRE(host.go());
  auto own = succession_of(host.store, host.old.id());
  REQUIRE(own);
  REQUIRE(*own);
  Store store = empty_store();
  import_into(store, lines(texts_of(host.old, host.dead)));
  import_into(store, lines(texts_of(host.old, host.good)));
  CHECK(*ForkBook(store).is_forked(host.old.id()));
  import_into(store, lines(texts_of(host.fresh, {(*own)->content})));
  auto heard = succession_of(store, host.old.id());
  REQUIRE(*heard);
  CHECK(*holds_left_branch(store, **heard));
  CHECK(*ForkBook(store).is_forked(host.old.id()));
  REQUIRE(cut_left_branch(store, **heard, nullptr, 1));
  CHECK_FALSE(*holds_left_branch(store, **heard));
  CHECK(tip_of(store, host.old.id()) == 3);
  import_into(store, lines(texts_of(host.old, host.dead)));
  CHECK(tip_of(store, host.old.id()) == 3);
  import_into(store, lines(texts_of(host.old, host.good)));
  CHECK(tip_of(store, host.old.id()) == 6);
}

TEST_CASE("a witness that takes another identity hands on what it said, and is asked anew") {
  Store store = empty_store();
  const KeyPair before = keys_of(7), after = keys_of(8);
  Statement contact(store.database(), "INSERT INTO contacts VALUES (1, ?, 1)");
  REQUIRE(contact.exec(before.id().view()));
  Statement witness(store.database(), "INSERT INTO witnesses VALUES (?, 5, 9, 1)");
  REQUIRE(witness.exec(before.id().view()));
  const Successor statement{before.id(), after.id(), FeedState{}, std::nullopt};
  const std::string content = successor_content(statement, before);
  auto batch = Batch::begin(store, Durability::full);
  REQUIRE(batch);
  auto heard = note_successor(*batch, statement, content);
  REQUIRE(heard);
  CHECK(*heard == Heard::fresh);
  REQUIRE(batch->commit(5));
  Statement all(store.database(), "SELECT host, acknowledged, claimed, asked FROM witnesses");
  auto run = all.run();
  REQUIRE(*run.step());
  CHECK(FeedId::from(run.blob(0)) == after.id());
  CHECK(run.integer(1) == 5);
  CHECK(run.integer(2) == 9);
  CHECK(run.integer(3) == 0);
  CHECK_FALSE(*run.step());
}
