// SPDX-License-Identifier: MIT
#include "store/repair.h"

#include "store/batch.h"
#include "store/feeds.h"
#include "store/mend.h"
#include "store/reseal.h"

#include <atomic>
#include <fstream>

using namespace ssblog;

namespace {

constexpr Millis noon = 1'700'000'000'000;

struct Damaged {
  TempDir directory;
  std::string path = directory / "db";
  std::vector<std::string> first = feed_of(keys_of(1), 30), second = feed_of(keys_of(2), 20);

  Damaged() {
    auto store = Store::open(path, OpenMode::create);
    REQUIRE(store);
    CHECK_FALSE(import_into(*store, lines(first) + lines(second)).error);
  }
  Store open() {
    auto store = Store::open(path, OpenMode::read_write);
    REQUIRE(store);
    return std::move(*store);
  }
  FeedRow row(Store& store, int keys) {
    auto row = store.feed(keys_of(static_cast<std::uint8_t>(keys)).id());
    REQUIRE(row);
    REQUIRE(*row);
    return **row;
  }
  /// Flips a bit in a message of a feed.
  void flip(int keys, Seq sequence) {
    Store store = open();
    Statement flip_bit(
        store.database(),
        "UPDATE messages SET body = CAST(substr(body, 1, 40) || x'00' || substr(body, 42) AS BLOB) "
        "WHERE id = ?");
    REQUIRE(flip_bit.exec(RowId::of(row(store, keys).number, sequence).value));
  }
  RepairWishes wishes() { return {keys_of(9).id(), false, std::nullopt}; }
  std::size_t findings() {
    Store store = open();
    std::size_t count = 0;
    VerifyTalk talk;
    talk.feed_done = [&](const FeedVerdict& verdict) { count += verdict.findings.count; };
    auto file = verify_store(store, {}, std::nullopt, talk);
    REQUIRE(file);
    return count + file->count;
  }
  Seq tip(int keys) {
    Store store = open();
    const auto held = row(store, keys).tip;
    return held ? held->sequence : 0;
  }
};

}  // namespace

TEST_CASE("a damaged message is not read, and nothing else is hurt by it") {
  Damaged world;
  world.flip(1, 7);
  Store store = world.open();
  const FeedNumber number = world.row(store, 1).number;
  for (Seq sequence = 1; sequence <= 30; ++sequence) {
    auto text = store.message(RowId::of(number, sequence));
    CHECK(static_cast<bool>(text) == (sequence != 7));
    if (!text) {
      CHECK(text.error().code == Code::data);
      CHECK(text.error().text.find("message 7 of feed " + to_text(keys_of(1).id())) != std::string::npos);
    }
  }
}

TEST_CASE("a row that lies in the place of another is not read") {
  Damaged world;
  Store store = world.open();
  const FeedNumber number = world.row(store, 1).number;
  Statement copy(store.database(),
                 "UPDATE messages SET body = (SELECT body FROM messages WHERE id = ?) WHERE id = ?");
  REQUIRE(copy.exec(RowId::of(number, 3).value, RowId::of(number, 4).value));
  CHECK_FALSE(store.message(RowId::of(number, 4)));
  REQUIRE(store.database().run("UPDATE feeds SET id = randomblob(32)"));
  Store again = world.open();
  CHECK_FALSE(again.message(RowId::of(number, 3)));
}

TEST_CASE("a feed is cut before its first damaged message, under another number, and grows again") {
  for (const Seq bad : {1U, 2U, 17U, 30U}) {
    CAPTURE(bad);
    Damaged world;
    world.flip(1, bad);
    {
      Store store = world.open();
      const FeedNumber before = world.row(store, 1).number;
      auto mended = mend_feed(store, keys_of(1).id(), nullptr, noon);
      REQUIRE(mended);
      CHECK(mended->cut);
      CHECK(mended->kept == bad - 1);
      CHECK(world.row(store, 1).number != before);
      auto other = mend_feed(store, keys_of(2).id(), nullptr, noon);
      REQUIRE(other);
      CHECK_FALSE(other->cut);
    }
    CHECK(world.findings() == 0);
    CHECK(world.tip(1) == bad - 1);
    CHECK(world.tip(2) == 20);
    Store store = world.open();
    CHECK_FALSE(import_into(store, lines(world.first)).error);
    CHECK(world.tip(1) == 30);
    CHECK(world.findings() == 0);
  }
}

TEST_CASE("a repaired store has all that was good, and the old file stays beside it") {
  Damaged world;
  Store reader = world.open();  // as a daemon has it
  REQUIRE(reader.feeds());
  world.flip(2, 11);
  {
    Store store = world.open();
    REQUIRE(store.database().run(
        "INSERT INTO addresses VALUES ('net:one'); INSERT INTO names VALUES (1, 3, 'root')"));
  }
  CHECK(world.findings() > 0);
  const FeedNumber first = world.row(reader, 1).number, second = world.row(reader, 2).number;
  auto report = repair_store(world.path, world.wishes(), noon);
  REQUIRE(report);
  REQUIRE(report->cut.size() == 1);
  CHECK(report->cut[0].id == keys_of(2).id());
  CHECK(report->cut[0].kept == 10);
  CHECK(report->cut[0].held == 20);
  CHECK(report->losses.empty());
  CHECK(std::filesystem::exists(report->copy));
  CHECK_FALSE(std::filesystem::exists(world.path + ".repair"));
  CHECK(world.findings() == 0);
  CHECK(world.tip(1) == 30);
  CHECK(world.tip(2) == 10);
  // Who had it open sees the new one.
  CHECK(world.row(reader, 1).number == first);
  CHECK(world.row(reader, 2).number > std::max(first, second));
  Statement count(reader.database(), "SELECT count(*) FROM addresses");
  auto run = count.run();
  REQUIRE(run.step());
  CHECK(run.integer(0) == 1);
}

TEST_CASE("what has the name of the copy already, a symlink too, is not written to") {
  Damaged world;
  world.flip(2, 11);
  const std::string copy = fmt::format("{}.damaged-{}", world.path, noon);
  std::filesystem::create_symlink(world.path + ".elsewhere", copy);
  const auto refused = repair_store(world.path, world.wishes(), noon);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::cannot_create);
  CHECK(refused.error().text.find(copy) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(world.path + ".elsewhere"));
  CHECK(world.findings() > 0);
  std::filesystem::remove(copy);
  REQUIRE(repair_store(world.path, world.wishes(), noon));
}

TEST_CASE("our own feed is cut by a person's word alone") {
  Damaged world;
  world.flip(1, 5);
  RepairWishes wishes = world.wishes();
  wishes.own = keys_of(1).id();
  auto refused = repair_store(world.path, wishes, noon);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::data);
  CHECK(refused.error().text.find("--own") != std::string::npos);
  CHECK(world.tip(1) == 30);
  wishes.cut_own = true;
  auto report = repair_store(world.path, wishes, noon);
  REQUIRE(report);
  CHECK(world.tip(1) == 4);
  CHECK(world.findings() == 0);
}

TEST_CASE("a quick look finds damage of bytes, a full one a signature that is false") {
  Damaged world;
  const auto count = [&](Depth depth) {
    Store store = world.open();
    std::uint64_t found = 0;
    VerifyTalk talk;
    talk.feed_done = [&](const FeedVerdict& verdict) { found += verdict.findings.count; };
    REQUIRE(verify_store(store, {}, std::nullopt, talk, depth));
    return found;
  };
  CHECK(count(Depth::quick) == 0);
  {
    Store store = world.open();
    std::string text = world.first[29];
    text[text.size() - 50] = text[text.size() - 50] == 'A' ? 'B' : 'A';
    put_sealed(store, RowId::of(world.row(store, 1).number, 29 + 1), text);
  }
  // The key of the last message is over its signature too, so that one is found either way: the tip's key differs.
  CHECK(count(Depth::full) > 0);
  world.flip(2, 3);
  CHECK(count(Depth::quick) > 0);
}

TEST_CASE("a page that is overwritten is found by the look after a crash, within its time") {
  Damaged world;
  std::atomic<bool> off = false;
  {
    Store store = world.open();
    REQUIRE(store.database().run("PRAGMA wal_checkpoint(TRUNCATE)"));
    auto good = check_pages(store, std::chrono::seconds(60), off);
    REQUIRE(good);
    CHECK(good->empty());
    auto no_time = check_pages(store, std::chrono::seconds(0), off);
    REQUIRE(no_time);
    CHECK(no_time->empty());
  }
  bool found = false;
  const auto size = std::filesystem::file_size(world.path);
  for (std::uintmax_t at = 16384; at < size && !found; at += 16384) {
    std::filesystem::copy_file(world.path, world.path + "2",
                               std::filesystem::copy_options::overwrite_existing);
    {
      std::fstream file(world.path + "2", std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(at));
      file.write(std::string(16384, '\x5a').data(), 16384);
    }
    auto store = Store::open(world.path + "2", OpenMode::read_only);
    if (!store) continue;
    auto finding = check_pages(*store, std::chrono::seconds(60), off);
    REQUIRE(finding);
    found = !finding->empty();
    off = found;
    if (found) CHECK(check_pages(*store, std::chrono::seconds(60), off)->empty());
  }
  CHECK(found);
}
