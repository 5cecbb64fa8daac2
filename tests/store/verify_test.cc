// SPDX-License-Identifier: MIT
#include "store/verify_store.h"

#include "store/feeds.h"
#include "store/reseal.h"

using namespace ssblog;

namespace {

/// Everything that verify finds: `FEED-NUMBER: finding`, 0 for the file.
std::vector<std::string> findings_of(Store& store, std::span<const FeedId> feeds = {},
                                     const std::optional<SigningKey>& hmac = std::nullopt) {
  std::vector<std::string> all;
  VerifyTalk talk;
  talk.feed_done = [&](const FeedVerdict& verdict) {
    auto row = store.feed(verdict.id);
    REQUIRE(row);
    for (const std::string& finding : verdict.findings.first)
      all.push_back(fmt::format("{}: {}", *row ? (*row)->number : -1, finding));
  };
  auto file = verify_store(store, feeds, hmac, talk);
  REQUIRE(file);
  for (const std::string& finding : file->first) all.push_back("0: " + finding);
  return all;
}

using Found = std::vector<std::string>;

/// A store with feeds 1 and 2, the first of 520 messages.
Store two_feeds() {
  static const std::string bundle = lines(feed_of(keys_of(1), 520)) + lines(feed_of(keys_of(2), 5));
  Store store = empty_store();
  CHECK_FALSE(import_into(store, bundle).error);
  return store;
}

void run(Store& store, const std::string& sql) { REQUIRE(store.database().run(sql.c_str())); }

void put(Store& store, Seq sequence, std::string_view body) {
  put_sealed(store, RowId::of(1, sequence), body);
}

/// Seals the body anew, beside columns that were changed.
void seal(Store& store, Seq sequence) { put(store, sequence, feed_of(keys_of(1), sequence).back()); }

std::string where(Seq sequence) { return fmt::format(" WHERE id = {}", RowId::of(1, sequence).value); }

}  // namespace

TEST_CASE("a good store has no findings") {
  Store store = two_feeds();
  CHECK(findings_of(store) == Found{});
  Store empty = empty_store();
  CHECK(findings_of(empty) == Found{});
}

TEST_CASE("each kind of damage is found in its feed, and the check goes on behind it") {
  Store store = two_feeds();
  static const auto texts = feed_of(keys_of(1), 300);
  static const auto branch = feed_of(keys_of(1), 300, "branch");
  const auto damaged = [&](Found found) { CHECK(findings_of(store) == found); };
  SUBCASE("a message that is no message") {
    put(store, 300, "{}");
    damaged({"1: message 300: the message has no author"});
  }
  SUBCASE("a frame of zstd that is damaged") {
    put(store, 300, "\x28\xb5\x2f\xfd damaged");
    const auto found = findings_of(store);
    REQUIRE(found.size() == 1);
    CHECK(found[0].starts_with("1: message 300: a message of the store is damaged"));
  }
  SUBCASE("one bit of a signature") {
    std::string text = texts[299];
    text[text.size() - 50] = text[text.size() - 50] == 'A' ? 'B' : 'A';
    put(store, 300, text);
    const auto found = findings_of(store);
    REQUIRE(found.size() == 1);
    CHECK(found[0].find("signature of message 300 is false") != std::string::npos);
  }
  SUBCASE("a text that is not canonical") {
    put(store, 300, " " + texts[299]);
    damaged({"1: message 300 is not stored as its canonical text"});
  }
  SUBCASE("a message of another branch") {
    put(store, 300, branch[299]);
    const auto found = findings_of(store);
    REQUIRE(found.size() == 2);
    CHECK(found[0].starts_with("1: message 300: "));
    CHECK(found[1].starts_with("1: message 301: "));
  }
  SUBCASE("a message of another feed") {
    put(store, 300, feed_of(keys_of(2), 5)[4]);
    const auto found = findings_of(store);
    REQUIRE(found.size() == 1);
    CHECK(found[0].starts_with("1: where message 300 belongs lies message 5 of feed "));
  }
  SUBCASE("messages that are missing") {
    run(store, "DELETE FROM messages" + where(300));
    run(store, "DELETE FROM messages" + where(400));
    run(store, "DELETE FROM messages" + where(401));
    damaged({"1: message 300 is missing", "1: messages 400 to 401 are missing"});
  }
  SUBCASE("a first message that is missing") {
    run(store, "DELETE FROM messages" + where(1));
    damaged({"1: message 1 is missing"});
  }
  SUBCASE("a tip that is too early") {
    run(store, "UPDATE feeds SET sequence = 519 WHERE feed = 1");
    const auto found = findings_of(store);
    REQUIRE_FALSE(found.empty());
    CHECK(found[0] == "1: message 520 lies behind the last one");
  }
  SUBCASE("a tip that is too late") {
    run(store, "UPDATE feeds SET sequence = 521 WHERE feed = 1");
    damaged({"1: message 521 is missing"});
  }
  SUBCASE("a tip of another key") {
    run(store, "UPDATE feeds SET key = zeroblob(32) WHERE feed = 1");
    damaged({"1: message 520 is not the one that the store calls the last"});
  }
  SUBCASE("a place in the order that the lines do not have") {
    run(store, "UPDATE messages SET first_time = first_time + 1" + where(300));
    damaged({"1: message 300: a message of the store is damaged (its checksum)"});
    seal(store, 300);
    damaged({"1: message 300 does not stand where its lines belong in the order"});
  }
  SUBCASE("a shape that the chunk does not have") {
    run(store, "UPDATE messages SET shape = '{\"gap\":7}'" + where(300));
    damaged({"1: message 300: a message of the store is damaged (its checksum)"});
    seal(store, 300);
    damaged({"1: message 300 does not stand where its lines belong in the order"});
  }
  SUBCASE("an instance that the message is not of") {
    run(store, "UPDATE messages SET instance = coalesce(instance, 0) + 1000" + where(300));
    damaged({"1: message 300: a message of the store is damaged (its checksum)"});
    seal(store, 300);
    damaged({"1: message 300 does not stand where its lines belong in the order"});
  }
  SUBCASE("a name that nobody gave") {
    run(store, "INSERT INTO names VALUES (1, 3, 'root')");
    damaged({"1: the table of names does not say what the messages say"});
  }
  SUBCASE("a line that does not go on") {
    run(store, "INSERT INTO continued VALUES ((1 << 40) + 9, (1 << 40) + 8, (1 << 40) + 8)");
    damaged({"1: the table of lines that go on does not say what the messages say"});
  }
  SUBCASE("a message that does not reach far") {
    run(store, "INSERT INTO wide VALUES (9999999, (1 << 40) + 9)");
    damaged({"1: the table of messages that reach far does not say what the messages say"});
  }
  SUBCASE("a stream instance that is not as its chunks say") {
    run(store,
        "INSERT INTO instances(feed, kind, name, stream, job, first_sequence, last_sequence, high) "
        "VALUES (1, 0, '0123456789abcdef', 'stdout', '', 1, 1, 5)");
    damaged({"1: the table of stream instances does not say what the messages say"});
  }
  SUBCASE("messages of no feed") {
    run(store, "DELETE FROM feeds WHERE feed = 1");
    damaged({"0: 520 messages belong to no feed"});
  }
  SUBCASE("more than can be told") {
    run(store, "UPDATE messages SET body = x'7b7d' WHERE id < 2 << 40");
    CHECK(findings_of(store).size() == 5);
  }
}

TEST_CASE("only the chosen feeds are checked, with the network's signing key") {
  Store store = two_feeds();
  put(store, 300, "{}");
  const FeedId good[] = {keys_of(2).id()};
  const FeedId bad[] = {keys_of(1).id()};
  CHECK(findings_of(store, good) == Found{});
  CHECK(findings_of(store, bad).size() == 1);
  SigningKey key;
  key.bytes.fill(9);
  CHECK(findings_of(store, good, key).size() == 5);
}

TEST_CASE("a store is checked on a disk that cannot be written to") {
  const TempDir folder;
  std::filesystem::create_directory(folder / "home");
  const std::string path = folder / "home/a?b#c%41.db";
  {
    auto store = Store::open(path, OpenMode::create);
    REQUIRE(store);
    CHECK_FALSE(import_into(*store, lines(feed_of(keys_of(1), 10))).error);
    REQUIRE(store->database().run("PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  std::filesystem::remove(path + "-wal");
  std::filesystem::remove(path + "-shm");
  const auto writable = std::filesystem::perms::owner_all;
  std::filesystem::permissions(folder / "home",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  {
    auto store = Store::open(path, OpenMode::read_only);
    REQUIRE(store);
    CHECK(findings_of(*store) == Found{});
    CHECK(tip_of(*store, keys_of(1).id()) == 10);
  }
  std::filesystem::permissions(folder / "home", writable);
}
