// SPDX-License-Identifier: MIT
#include "store/publish.h"

#include "feed/contact.h"
#include "feed/event_content.h"
#include "feed/json.h"
#include "store/alert_book.h"
#include "store/feeds.h"
#include "store/home.h"
#include "store/invites.h"
#include "store/peer_book.h"
#include "store/spool.h"
#include "store/verify_store.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <thread>

using namespace ssblog;

namespace {

constexpr Millis noon = 1'700'000'000'000;

std::string line(std::string_view text) { return fmt::format(R"({{"type":"log","text":"{}"}})", text); }

std::string kernel_line(Millis time, Millis up, std::size_t offset) {
  return fmt::format(
      R"({{"type":"log","stream":"kernel","text":"x","chunk":{{"run":"00000000000000aa","offset":{},"time":{},"boot":"01234567","up":{}}}}})",
      offset, time, up);
}

std::string chunk(std::string_view run, std::size_t offset, std::string_view bytes) {
  return fmt::format(R"({{"type":"log","stream":"stdout","text":{},"chunk":{{"run":"{}","offset":{}}}}})",
                     json_string(bytes), run, offset);
}

/// What `verify` finds amiss.
std::uint64_t findings_in(Store& store) {
  std::uint64_t count = 0;
  VerifyTalk talk;
  talk.feed_done = [&](const FeedVerdict& verdict) { count += verdict.findings.count; };
  talk.progress = [](std::uint64_t) {};
  auto file = verify_store(store, {}, std::nullopt, talk);
  REQUIRE(file);
  return count + file->count;
}

/// One host: a store in a file, its guard beside it, and backups of the store.
class OneHost {
 public:
  explicit OneHost(std::uint8_t number = 1) : keys_(keys_of(number)), store_(open()) {}

  const FeedId& id() const { return keys_.id(); }
  const KeyPair& keys() const { return keys_; }
  Store& store() { return store_; }
  std::string path(const std::string& name) const { return directory_ / name; }
  Guard guard() const { return Guard(directory_ / "guard", keys_.id()); }
  Publisher publisher() { return Publisher(store_, keys_, nullptr, guard()); }

  Published publish(const std::vector<std::string>& contents, Millis now) {
    auto published = publisher().publish(contents, now);
    if (!published) FAIL(published.error().text);
    return *published;
  }
  Hold hold() { return *publisher().hold(); }

  void back_up(const std::string& name) {
    REQUIRE(store_.database().run(fmt::format("VACUUM INTO '{}'", directory_ / name).c_str()));
  }
  /// The store as it was; the guard stays.
  void restore(const std::string& name) {
    store_ = *Store::open(":memory:", OpenMode::create);
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(directory_ / "db" + suffix);
    if (!name.empty()) std::filesystem::copy_file(directory_ / name, directory_ / "db");
    store_ = open();
  }

  /// The texts of all own messages.
  std::vector<std::string> texts() {
    std::vector<std::string> texts;
    auto feed = store_.feed(id());
    REQUIRE(feed);
    for (Seq sequence = 1; *feed && sequence <= tip_of(store_, id()); ++sequence) {
      auto text = store_.message(RowId::of((*feed)->number, sequence));
      REQUIRE(text);
      texts.push_back(*text);
    }
    return texts;
  }
  std::vector<std::string> contents() {
    std::vector<std::string> contents;
    for (const std::string& text : texts()) contents.emplace_back(member(text, "content"));
    return contents;
  }
  std::vector<double> timestamps() {
    std::vector<double> timestamps;
    for (const std::string& text : texts()) timestamps.push_back(*number_of(member(text, "timestamp")));
    return timestamps;
  }

  /// Brings messages back, as another host would.
  void take(const std::vector<std::string>& texts) {
    auto batch = Batch::begin(store_, Durability::full);
    REQUIRE(batch);
    for (const std::string& text : texts) {
      auto checked = verify(as_bytes(text), batch->feed(id())->tip, nullptr);
      REQUIRE(std::holds_alternative<Verified>(checked));
      REQUIRE(batch->append(std::get<Verified>(checked)));
    }
    REQUIRE(batch->commit(0));
  }

  std::size_t spooled() {
    Statement count(store_.database(), "SELECT count(*) FROM spool");
    auto run = count.run();
    REQUIRE(run.step());
    return static_cast<std::size_t>(run.integer(0));
  }

  bool good() { return findings_in(store_) == 0; }

 private:
  Store open() {
    auto store = Store::open(directory_ / "db", OpenMode::create);
    REQUIRE(store);
    return std::move(*store);
  }
  TempDir directory_;
  KeyPair keys_;
  Store store_;
};

std::vector<std::string> slice(const std::vector<std::string>& from, std::size_t begin, std::size_t end) {
  return {from.begin() + static_cast<std::ptrdiff_t>(begin), from.begin() + static_cast<std::ptrdiff_t>(end)};
}

MachineId machine(std::uint8_t number) {
  MachineId id{};
  id.fill(number);
  return id;
}

std::int64_t number_in(Store& store, const char* sql) {
  Statement statement(store.database(), sql);
  auto run = statement.run();
  auto row = run.step();
  REQUIRE(row);
  REQUIRE(*row);
  return run.integer(0);
}

}  // namespace

TEST_CASE("publishing is held exactly when the feed may be longer elsewhere") {
  HoldFacts facts;
  facts.machine = machine(1);
  const auto guard = [&](Seq sequence, std::uint8_t of = 1) {
    facts.guard = GuardRecord{sequence, {}, {}, machine(of)};
    facts.guard_key_is_ours = true;
  };
  CHECK(decide_hold(facts) == Hold::none);  // a new host
  facts.tip = 10;

  SUBCASE("the guard") {
    CHECK(decide_hold(facts) == Hold::guard_missing);
    guard(10);
    CHECK(decide_hold(facts) == Hold::none);
    guard(9);  // a kill between commit and guard
    CHECK(decide_hold(facts) == Hold::none);
    guard(11);
    CHECK(decide_hold(facts) == Hold::guard_ahead);
    guard(10);
    facts.guard_key_is_ours = false;
    CHECK(decide_hold(facts) == Hold::other_branch);
    guard(10, 2);
    CHECK(decide_hold(facts) == Hold::other_machine);
    facts.guard.reset();
    facts.guard_damaged = true;
    CHECK(decide_hold(facts) == Hold::guard_damaged);
  }
  SUBCASE("a standing hold ends at the guard of this machine, if nobody showed more") {
    for (const Hold standing : {Hold::key_imported, Hold::store_missing, Hold::shown_more}) {
      facts.standing = standing;
      facts.guard.reset();
      CHECK(decide_hold(facts) == standing);
      guard(10);
      CHECK(decide_hold(facts) == Hold::none);
      facts.claimed = 10;
      CHECK(decide_hold(facts) == Hold::none);
      guard(9);  // an old guard, restored too: proves nothing about 10
      CHECK(decide_hold(facts) == standing);
      facts.claimed = 0;
      guard(10, 2);
      CHECK(decide_hold(facts) == Hold::other_machine);
    }
  }
  SUBCASE("a store out of a backup: a guard that knows no more than that may be of the backup, too") {
    facts.standing = Hold::restored;
    facts.restored_from = 10;
    CHECK(decide_hold(facts) == Hold::restored);
    guard(10);
    CHECK(decide_hold(facts) == Hold::restored);
    guard(11);
    CHECK(decide_hold(facts) == Hold::guard_ahead);
    facts.tip = 11;
    CHECK(decide_hold(facts) == Hold::none);
    guard(10);
    CHECK(decide_hold(facts) == Hold::restored);
    facts.witnesses = facts.asked = 1;
    CHECK(decide_hold(facts) == Hold::none);
  }
  SUBCASE("more was shown") {
    facts.claimed = 11;
    CHECK(decide_hold(facts) == Hold::shown_more);
    guard(10);
    CHECK(decide_hold(facts) == Hold::shown_more);
    facts.tip = 11;
    CHECK(decide_hold(facts) == Hold::none);
  }
  SUBCASE("another copy runs") {
    facts.cloned_at = "192.0.2.7";
    CHECK(decide_hold(facts) == Hold::cloned);
    guard(10);
    CHECK(decide_hold(facts) == Hold::cloned);
    facts.witnesses = facts.asked = 1;
    CHECK(decide_hold(facts) == Hold::cloned);
    facts.forked = true;  // nothing ends that
    CHECK(decide_hold(facts) == Hold::forked);
  }
  SUBCASE("everybody was asked") {
    facts.standing = Hold::key_imported;
    CHECK(decide_hold(facts) == Hold::key_imported);  // an empty list is never asked
    facts.witnesses = 2;
    facts.asked = 1;
    CHECK(decide_hold(facts) == Hold::key_imported);
    facts.asked = 2;
    CHECK(decide_hold(facts) == Hold::none);
    guard(11);
    facts.claimed = 12;
    CHECK(decide_hold(facts) == Hold::none);
    guard(11, 2);  // ended only by force
    CHECK(decide_hold(facts) == Hold::other_machine);
    guard(10);
    facts.guard_key_is_ours = false;
    CHECK(decide_hold(facts) == Hold::other_branch);
  }
  for (const Hold hold : {Hold::none, Hold::key_imported, Hold::store_missing, Hold::shown_more,
                          Hold::guard_ahead, Hold::other_branch, Hold::other_machine, Hold::guard_missing,
                          Hold::guard_damaged, Hold::cloned, Hold::forked})
    CHECK(!explain(hold).empty());
}

TEST_CASE("a guard says what was written last, and never goes back by itself") {
  const TempDir directory;
  const Guard guard(directory / "deep/er", keys_of(1).id());
  CHECK(!*guard.read());
  GuardRecord record{5, MessageKey{{1}}, {{2}}, machine(3)};
  REQUIRE(guard.write(record));
  CHECK(*guard.read() == record);
  struct stat status {};
  REQUIRE(::stat(guard.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);

  const GuardRecord older{4, MessageKey{{9}}, {{2}}, machine(3)};
  REQUIRE(guard.write(older));
  CHECK(*guard.read() == record);
  REQUIRE(guard.write(older, true));
  CHECK(*guard.read() == older);
  for (Seq sequence = 5; sequence < 20; ++sequence) {
    record.sequence = sequence;
    REQUIRE(guard.write(record));
    CHECK(*guard.read() == record);
  }
}

TEST_CASE("a torn write of the guard leaves the record before; damage of all is said") {
  const TempDir directory;
  const Guard guard(directory / "guard", keys_of(1).id());
  const GuardRecord first{1, MessageKey{{1}}, {}, machine(3)}, second{2, MessageKey{{2}}, {}, machine(3)};
  REQUIRE(guard.write(first));
  REQUIRE(guard.write(second));
  std::string whole(1024, '\0');
  std::ifstream(guard.path(), std::ios::binary).read(whole.data(), 1024);
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    CAPTURE(at);
    std::string torn = whole;
    torn[at] ^= 0x55;
    std::ofstream(guard.path(), std::ios::binary | std::ios::trunc) << torn;
    auto read = guard.read();
    REQUIRE(read);
    REQUIRE(*read);
    CHECK((**read == first || **read == second));
  }
  std::ofstream(guard.path(), std::ios::binary | std::ios::trunc) << std::string(1024, 'x');
  auto damaged = guard.read();
  REQUIRE(!damaged);
  CHECK(damaged.error().text.find(guard.path()) != std::string::npos);
  REQUIRE(guard.write(second));  // the next record mends it
  CHECK(*guard.read() == second);
}

TEST_CASE("what is published is the tip, has arrived, and has a time of its own") {
  OneHost host;
  const Published first = host.publish({line("a"), line("b"), line("c")}, noon);
  REQUIRE(first.last);
  CHECK(first.last->sequence == 3);
  CHECK(!first.guard_trouble);
  CHECK(host.store().feed(host.id())->value().tip == first.last);
  CHECK(host.guard().read()->value().sequence == 3);
  CHECK(host.guard().read()->value().key == first.last->key);
  CHECK(host.guard().read()->value().store == *host.store().id());
  host.publish({line("d")}, noon);
  host.publish({line("e")}, noon - 5);      // two clocks that read differently
  host.publish({line("f")}, noon - 20000);  // set back: taken as it is
  CHECK(host.contents() ==
        std::vector<std::string>{line("a"), line("b"), line("c"), line("d"), line("e"), line("f")});
  const auto times = host.timestamps();
  CHECK(times[0] == noon);
  for (std::size_t i = 1; i < 5; ++i) CHECK(times[i] > times[i - 1]);
  CHECK(times[4] < noon + 1);
  CHECK(times[5] == noon - 20000);
  CHECK(number_in(host.store(), "SELECT count(*) FROM arrivals") == 4);
  CHECK(number_in(host.store(), "SELECT last_sequence - first_sequence FROM arrivals ORDER BY id") == 2);
  CHECK(number_in(host.store(), "SELECT received FROM arrivals ORDER BY id") == noon);
  CHECK(host.good());
}

TEST_CASE("a content that may not be published costs the others of its call too") {
  OneHost host;
  host.publish({line("a")}, noon);
  for (const std::string& bad : {std::string(R"({"type":"x","text":"no"})"), line(std::string(9000, 'x'))}) {
    auto published = host.publisher().publish(std::vector{line("b"), bad}, noon);
    REQUIRE(!published);
    CHECK(published.error().code == Code::data);
  }
  CHECK(host.contents().size() == 1);
  CHECK(host.hold() == Hold::none);
  CHECK(host.publish({line("c")}, noon).last->sequence == 2);
}

TEST_CASE("a store that was set back signs nothing until its messages are back, then what waited first") {
  OneHost host;
  host.publish({line("1"), line("2")}, noon);
  host.back_up("backup");
  host.publish({line("3"), line("4")}, noon + 1);
  const auto all = host.texts();
  host.restore("backup");
  CHECK(host.hold() == Hold::guard_ahead);
  for (int i = 0; i < 3; ++i) {
    const Published published = host.publish({line(fmt::format("held {}", i))}, noon + 100);
    CHECK(published.held == Hold::guard_ahead);
    CHECK(!published.last);
  }
  CHECK(tip_of(host.store(), host.id()) == 2);
  CHECK(host.spooled() == 3);
  auto refused = host.publisher().publish(std::vector{line(std::string(9000, 'x'))}, noon + 100);
  REQUIRE(!refused);  // what could never be signed is refused while somebody is there to be told
  CHECK(host.spooled() == 3);

  host.take(slice(all, 2, 3));
  CHECK(host.publish({}, noon + 101).held == Hold::guard_ahead);
  host.take(slice(all, 3, 4));
  CHECK(host.hold() == Hold::none);
  const Published after = host.publish({line("new")}, noon + 200);
  CHECK(after.held == Hold::none);
  CHECK(after.last->sequence == 8);
  CHECK(host.spooled() == 0);
  CHECK(slice(host.contents(), 2, 8) == std::vector<std::string>{line("3"), line("4"), line("held 0"),
                                                                 line("held 1"), line("held 2"),
                                                                 line("new")});
  const auto times = host.timestamps();
  CHECK(times[4] == noon + 100);  // when they came, not when they were signed
  CHECK(times[6] > times[5]);
  CHECK(times[6] < noon + 101);
  CHECK(host.guard().read()->value().sequence == 8);
  CHECK(host.good());
}

TEST_CASE("who was asked in one hold says nothing in the next") {
  OneHost host;
  const FeedId witness = keys_of(8).id();
  host.publish({line("1"), follow_content(witness, true)}, noon);
  const auto in_batch = [&](const std::function<Result<void>(Batch&)>& write) {
    auto batch = Batch::begin(host.store(), Durability::full);
    REQUIRE(batch);
    REQUIRE(write(*batch));
    REQUIRE(batch->commit(noon));
  };
  in_batch([&](Batch& batch) { return note_claim(batch, witness, 9); });
  CHECK(host.publish({line("2")}, noon + 1).held == Hold::shown_more);
  in_batch([&](Batch& batch) { return note_asked(batch, witness); });
  CHECK(host.publish({line("3")}, noon + 2).held == Hold::none);
  host.back_up("backup");
  host.publish({line("4")}, noon + 3);
  host.restore("backup");
  CHECK(host.publish({line("5")}, noon + 4).held == Hold::guard_ahead);
}

TEST_CASE("another copy of this host holds publishing, until a person says that there is none") {
  OneHost host;
  const FeedId witness = keys_of(8).id();
  host.publish({line("1"), follow_content(witness, true)}, noon);
  const auto in_batch = [&](const std::function<Result<void>(Batch&)>& write) {
    auto batch = Batch::begin(host.store(), Durability::full);
    REQUIRE(batch);
    REQUIRE(write(*batch));
    REQUIRE(batch->commit(noon));
  };
  in_batch([&](Batch& batch) { return note_copy(batch, "192.0.2.7"); });
  CHECK(host.publish({line("2")}, noon + 1).held == Hold::cloned);
  CHECK(explain_fully(host.store(), Hold::cloned).find("192.0.2.7") != std::string::npos);
  // Whatever the guard knows, and whoever was asked; also after a restart.
  in_batch([&](Batch& batch) { return note_asked(batch, witness); });
  host.back_up("same");
  host.restore("same");
  CHECK(host.hold() == Hold::cloned);

  SUBCASE("what waited is signed, once") {
    in_batch([&](Batch& batch) { return drop_copy(batch); });
    CHECK(host.publish({line("3")}, noon + 2).held == Hold::none);
    CHECK(host.texts().size() == 4);
    CHECK(host.contents().back() == line("3"));
    CHECK(host.spooled() == 0);
  }
  SUBCASE("what the copy signed holds on") {
    in_batch([&](Batch& batch) { return note_claim(batch, witness, 9); });
    in_batch([&](Batch& batch) { return drop_copy(batch); });
    CHECK(host.publish({line("3")}, noon + 2).held == Hold::shown_more);
    CHECK(host.spooled() == 2);
  }
  SUBCASE("force ends that, too") {
    REQUIRE(host.publisher().force(noon + 2));
    CHECK(host.hold() == Hold::none);
    CHECK(host.spooled() == 0);
  }
}

TEST_CASE("answers count in their hold alone, and only until somebody signs on") {
  OneHost host;
  const FeedId witness = keys_of(8).id();
  host.publish({line("1"), follow_content(witness, true)}, noon);
  const auto answer = [&] {
    auto batch = Batch::begin(host.store(), Durability::full);
    REQUIRE(batch);
    REQUIRE(note_acknowledged(*batch, witness, 2));
    REQUIRE(note_asked(*batch, witness));
    REQUIRE(batch->commit(noon));
  };
  const auto key = host.store().feed(host.id())->value().tip->key;
  const auto signed_elsewhere = [&](Seq sequence) {
    REQUIRE(host.guard().write({sequence, key, *host.store().id(), *this_machine()}));
  };
  answer();  // nothing is held: it is late
  signed_elsewhere(3);
  CHECK(host.publish({line("2")}, noon + 1).held == Hold::guard_ahead);
  CHECK(host.publish({line("3")}, noon + 2).held == Hold::guard_ahead);
  answer();
  signed_elsewhere(4);  // by a clone that has the same answers
  CHECK(host.publish({line("4")}, noon + 3).held == Hold::guard_ahead);
  answer();
  CHECK(host.publish({line("5")}, noon + 4).held == Hold::none);
}

TEST_CASE("a long spool is signed in order, over many transactions") {
  OneHost host;
  host.publish({line("1")}, noon);
  host.back_up("backup");
  host.publish({line("2")}, noon + 1);
  const auto all = host.texts();
  host.restore("backup");
  std::vector<std::string> waiting;
  for (int i = 0; i < 700; ++i) waiting.push_back(line(fmt::format("held {}", i)));
  host.publish(waiting, noon + 2);
  host.take(slice(all, 1, 2));
  CHECK(host.publish({line("new")}, noon + 3).last->sequence == 703);
  CHECK(slice(host.contents(), 2, 702) == waiting);
  const auto times = host.timestamps();
  CHECK(std::adjacent_find(times.begin(), times.end(), [](double a, double b) { return a >= b; }) ==
        times.end());
}

TEST_CASE("a backup that was taken during a hold signs nothing twice") {
  // The spool comes back with the backup, while the feed, brought back, has some or all of it signed already.
  const std::string run = "00000000000000aa";
  const std::string stream = "one\ntwo\nthree\nfour\nfive\nsix\n";
  for (std::size_t cut = 0; cut <= 8; ++cut) {
    CAPTURE(cut);
    OneHost host;
    host.publish({line("first")}, noon);
    host.back_up("old");
    host.publish({line("second")}, noon + 1);
    const auto before = host.texts();
    host.restore("old");
    const std::vector<std::string> held = {
        chunk(run, 0, "one\ntwo"),    line("alone"),
        chunk(run, 8, "three\nfour"), line("alone"),
        chunk(run, 19, "five"),       R"({"type":"job","job":"j","run":"00000000000000aa","event":"end"})",
        chunk(run, 24, "six")};
    for (std::size_t i = 0; i < held.size(); ++i) host.publish({held[i]}, noon + 10 + static_cast<Millis>(i));
    host.back_up("during");
    host.take(slice(before, 1, 2));
    host.publish({line("after")}, noon + 50);
    const auto whole = host.texts();
    REQUIRE(whole.size() == 10);

    host.restore("during");
    CHECK(host.spooled() == held.size());
    // The hold ends at the guard; what came back before that is signed already, the rest would be.
    host.take(slice(whole, 1, 1 + cut));
    if (cut < 9) {
      CHECK(host.publish({}, noon + 60).held == Hold::guard_ahead);
      host.take(slice(whole, 1 + cut, 10));
    }
    host.publish({line("more")}, noon + 70);
    CHECK(host.spooled() == 0);
    const auto contents = host.contents();
    REQUIRE(contents.size() == 11);
    CHECK(contents.back() == line("more"));
    CHECK(host.good());
  }
}

TEST_CASE("of a spooled chunk only what the feed does not cover is signed") {
  const std::string run = "00000000000000aa";
  const std::string stream = "one\ntwo\nthree\nfour\n";
  // The feed has [0, known) of the stream, cut otherwise than the spool has it.
  for (std::size_t known = 1; known <= stream.size(); ++known) {
    CAPTURE(known);
    OneHost host;
    host.publish({line("first")}, noon);
    host.back_up("old");
    const bool ends_line = stream[known - 1] == '\n';
    std::string part = chunk(run, 0, stream.substr(0, known - (ends_line ? 1 : 0)));
    if (!ends_line) part.insert(part.size() - 2, R"(,"more":true)");
    host.publish({part}, noon + 1);
    const auto before = host.texts();
    host.restore("old");
    host.publish({chunk(run, 0, "one\ntwo"), chunk(run, 8, "three\nfour")}, noon + 2);
    host.take(slice(before, 1, 2));
    host.publish({}, noon + 3);
    CHECK(host.spooled() == 0);

    std::map<std::uint64_t, char> bytes;
    for (const std::string& content : host.contents()) {
      Record record;
      read_record(content, 0, record);
      if (!record.chunk) continue;
      const std::string all = record.bytes + (record.ends_line() ? "\n" : "");
      for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(bytes.emplace(record.chunk->offset + i, all[i]).second);  // nothing twice
      }
    }
    std::string back;
    for (const auto& [offset, byte] : bytes) back += byte;
    CHECK(back == stream);
    const auto times = host.timestamps();
    CHECK(std::adjacent_find(times.begin(), times.end(), [](double a, double b) { return a >= b; }) ==
          times.end());
    CHECK(host.good());
  }
}

TEST_CASE("a key without its store is held until the guard's message is back") {
  OneHost host;
  host.publish({line("1"), line("2")}, noon);
  const auto all = host.texts();
  host.restore("");
  CHECK(host.hold() == Hold::guard_ahead);
  CHECK(host.publish({line("3")}, noon + 1).held == Hold::guard_ahead);
  host.take(all);
  CHECK(host.publish({line("4")}, noon + 2).last->sequence == 4);
}

TEST_CASE("a home that lost its store, and has no guard, is held until force") {
  const TempDir directory;
  ::setenv("XDG_STATE_HOME", (directory / "state").c_str(), 1);
  const Home home = home_at(directory / "home");
  REQUIRE(make_directories(home.directory));
  const KeyPair keys = keys_of(1);
  REQUIRE(save_keys(home, keys));
  CHECK(save_keys(home, keys).error().code == Code::cannot_create);
  auto store = open_own_store(home);
  REQUIRE(store);
  Publisher publisher(*store, keys, nullptr, Guard(home.guard_directory, keys.id()));
  CHECK(*publisher.hold() == Hold::store_missing);
  const std::string content = line("held");
  CHECK(publisher.publish(std::span(&content, 1), noon)->held == Hold::store_missing);
  auto again = open_own_store(home);
  REQUIRE(again);
  CHECK(*Publisher(*again, keys, nullptr, Guard(home.guard_directory, keys.id())).hold() ==
        Hold::store_missing);
  auto forced = publisher.force(noon + 1);
  REQUIRE(forced);
  CHECK(forced->held == Hold::none);
  CHECK(forced->last->sequence == 1);
  CHECK(*publisher.hold() == Hold::none);
  ::unsetenv("XDG_STATE_HOME");
}

TEST_CASE("force ends every hold, and publishing goes on from what is held") {
  OneHost host;
  host.publish({line("1")}, noon);
  host.back_up("backup");
  host.publish({line("2"), line("3")}, noon + 1);
  const StoreId store = *host.store().id();

  SUBCASE("the guard is ahead") {
    host.restore("backup");
    CHECK(host.hold() == Hold::guard_ahead);
  }
  SUBCASE("the guard is of another machine") {
    REQUIRE(host.guard().write({3, host.store().feed(host.id())->value().tip->key, store, machine(9)}, true));
    CHECK(host.hold() == Hold::other_machine);
    host.restore("backup");
    CHECK(host.hold() == Hold::other_machine);
  }
  SUBCASE("the guard has another message") {
    REQUIRE(host.guard().write({1, MessageKey{{7}}, store, *this_machine()}, true));
    CHECK(host.hold() == Hold::other_branch);
    host.restore("backup");
  }
  SUBCASE("the guard is damaged") {
    std::ofstream(host.guard().path(), std::ios::trunc) << std::string(2000, 'x');
    CHECK(host.hold() == Hold::guard_damaged);
    host.restore("backup");
  }
  SUBCASE("more was shown") {
    host.restore("backup");
    REQUIRE(host.guard().write({1, host.store().feed(host.id())->value().tip->key, store, *this_machine()},
                               true));
    auto batch = Batch::begin(host.store(), Durability::full);
    REQUIRE(batch);
    REQUIRE(batch->set_meta("claimed", as_bytes("7")));
    REQUIRE(batch->commit(0));
    CHECK(host.hold() == Hold::shown_more);
  }
  CHECK(host.publish({line("held")}, noon + 2).held != Hold::none);
  CHECK(tip_of(host.store(), host.id()) == 1);
  auto forced = host.publisher().force(noon + 3);
  REQUIRE(forced);
  CHECK(forced->held == Hold::none);
  CHECK(host.hold() == Hold::none);
  CHECK(host.publish({line("new")}, noon + 4).last->sequence == 3);
  CHECK(host.contents() == std::vector<std::string>{line("1"), line("held"), line("new")});
  CHECK(host.guard().read()->value().sequence == 3);
  CHECK(host.good());
}

TEST_CASE("a guard that cannot be read holds, and costs no line") {
  OneHost host;
  const auto directory = std::filesystem::path(host.guard().path()).parent_path();
  SUBCASE("a file where its directory should be") { std::ofstream(directory) << "in the way"; }
  SUBCASE("a directory in its place") { std::filesystem::create_directories(host.guard().path()); }
  SUBCASE("a pipe in its place") {
    std::filesystem::create_directories(directory);
    REQUIRE(::mkfifo(host.guard().path().c_str(), 0600) == 0);
  }
  CHECK(host.publish({line("1")}, noon).held == Hold::guard_damaged);
  CHECK(tip_of(host.store(), host.id()) == 0);
  std::filesystem::remove_all(directory);
  const Published published = host.publish({line("2")}, noon + 1);
  CHECK(!published.guard_trouble);
  CHECK(host.contents() == std::vector<std::string>{line("1"), line("2")});
}

TEST_CASE("two copies of one home never sign the same sequence") {
  OneHost host;
  host.publish({line("1")}, noon);
  host.back_up("copy");
  auto copy = Store::open(host.path("copy"), OpenMode::read_write);
  REQUIRE(copy);
  const auto write = [&](Store& store, std::string_view who) {
    const KeyPair keys = keys_of(1);
    Publisher publisher(store, keys, nullptr, host.guard());
    for (int i = 0; i < 50; ++i) {
      const std::string content = line(fmt::format("{} {}", who, i));
      if (!publisher.publish(std::span(&content, 1), noon + i)) return;
    }
  };
  {
    std::jthread one([&] { write(host.store(), "one"); });
    std::jthread two([&] { write(*copy, "two"); });
  }
  // Who signs first goes on alone; the other one keeps its lines.
  const auto tips = std::pair(tip_of(host.store(), host.id()), tip_of(*copy, host.id()));
  CHECK(std::min(tips.first, tips.second) == 1);
  CHECK(std::max(tips.first, tips.second) == 51);
  CHECK(number_in(tips.first == 1 ? host.store() : *copy, "SELECT count(*) FROM spool") == 50);
}

TEST_CASE("following a host makes it one that may know our feed") {
  OneHost host;
  const std::string other = to_text(keys_of(2).id());
  host.publish({fmt::format(R"({{"type":"contact","contact":"{}","following":true}})", other)}, noon);
  host.publish({fmt::format(R"({{"type":"contact","contact":"{}","following":true}})", other)}, noon);
  CHECK(number_in(host.store(), "SELECT count(*) FROM witnesses") == 1);
}

TEST_CASE("where bytes stand in their stream is kept beside the messages") {
  OneHost host;
  const std::string run = "00000000000000aa";
  const auto with = [&](std::string content, std::string_view more) {
    return content.insert(content.size() - 2, more);
  };
  host.publish({with(chunk(run, 0, "half a "), R"(,"more":true)"), line("between"),
                with(chunk(run, 7, "line\nand ten seconds\nlater"), R"(,"at":"1 10000")"),
                with(chunk(run, 34, "short\nlines"), R"(,"at":"10000")"), chunk(run, 60, "behind a gap")},
               noon);
  Store& store = host.store();
  const auto at = [&](Seq sequence) {
    return RowId::of(host.store().feed(host.id())->value().number, sequence).value;
  };
  CHECK(number_in(store, "SELECT count(*) FROM continued") == 1);
  CHECK(number_in(store, "SELECT next FROM continued") == at(3));
  CHECK(number_in(store, "SELECT previous FROM continued") == at(1));
  CHECK(number_in(store, "SELECT first FROM continued") == at(1));
  CHECK(number_in(store, "SELECT count(*) FROM wide") == 0);  // 10 s from the first line that begins there
  CHECK(number_in(store, "SELECT count(*) FROM instances WHERE kind = 0") == 1);
  CHECK(number_in(store, "SELECT high FROM instances WHERE kind = 0") == 73);
  CHECK(number_in(store, "SELECT last_sequence FROM instances WHERE kind = 0") == 5);
  CHECK(number_in(store, "SELECT count(*) FROM instances WHERE kind = 2") == 1);
  CHECK(number_in(store, "SELECT count(*) FROM messages WHERE shape LIKE '%\"gap\":14%'") == 1);
  host.publish({with(chunk(run, 73, "a\nb"), R"(,"at":"60000")")}, noon + 100'000);
  CHECK(number_in(store, "SELECT count(*) FROM wide") == 1);
  CHECK(number_in(store, "SELECT id FROM wide") == at(6));
  CHECK(number_in(store, "SELECT last_time FROM wide") == noon + 160'000);
  auto batch = Batch::begin(store, Durability::full);
  REQUIRE(batch);
  const auto state = batch->instance(host.store().feed(host.id())->value().number, "stdout", run);
  REQUIRE(state);
  CHECK(state->holes == std::vector<Range>{{46, 60}});
}

TEST_CASE("a batch that is not committed leaves nothing") {
  OneHost host;
  host.publish({line("1")}, noon);
  {
    auto batch = Batch::begin(host.store(), Durability::full);
    REQUIRE(batch);
    auto message = sign(host.keys(), batch->feed(host.id())->tip, 1.0, line("2"), nullptr);
    REQUIRE(batch->append(*message));
    CHECK(!batch->append(*message));  // not the next one any more
    CHECK(batch->feed(host.id())->tip->sequence == 2);
  }
  CHECK(tip_of(host.store(), host.id()) == 1);
  CHECK(host.publish({line("other")}, noon).last->sequence == 2);
  CHECK(host.good());
}

TEST_CASE("a store of an older schema gets what it lacks when it is opened to be written to") {
  OneHost host;
  host.publish(
      {line("one"), follow_content(keys_of(7).id(), true), follow_content(keys_of(8).id(), true),
       block_content(keys_of(8).id(), true), kernel_line(5'000, 4'000, 0), kernel_line(noon, 60'000, 2),
       job_start_content({"nas", "nightly", "", "00112233445566ff"}, noon),
       R"({"type":"expect","job":"nightly"})"},
      noon);
  const std::int64_t bytes = number_in(host.store(), "SELECT sum(length(body)) FROM messages");
  REQUIRE(bytes > 0);
  CHECK(number_in(host.store(), "SELECT sum(bytes) FROM arrivals") == bytes);
  REQUIRE(number_in(host.store(), "SELECT count(*) FROM runs") == 1);
  REQUIRE(number_in(host.store(), "SELECT count(*) FROM expectations") == 1);
  REQUIRE(host.store().database().run(
      "DROP TABLE expectations; DROP TABLE removals; DROP TABLE alerts; DROP TABLE told; "
      "PRAGMA user_version = 6"));
  SUBCASE("of schema 6") {}
  const auto drop_runs = [&] {
    REQUIRE(host.store().database().run("DROP TABLE runs; PRAGMA user_version = 5"));
  };
  SUBCASE("of schema 5") { drop_runs(); }
  const auto unseal = [&] {
    drop_runs();
    REQUIRE(host.store().database().run(
        "DROP TABLE boots; DROP TABLE unset_clocks; DROP TABLE forks; "
        "UPDATE messages SET body = CAST(substr(body, 6) AS BLOB); PRAGMA user_version = 4"));
  };
  SUBCASE("of schema 4") { unseal(); }
  const auto drop_invites = [&] {
    unseal();
    REQUIRE(host.store().database().run("DROP TABLE invites; DROP TABLE invited; PRAGMA user_version = 3"));
  };
  SUBCASE("of schema 3") { drop_invites(); }
  SUBCASE("of schema 2") {
    drop_invites();
    REQUIRE(host.store().database().run("ALTER TABLE arrivals DROP COLUMN bytes; PRAGMA user_version = 2"));
  }
  SUBCASE("of schema 1") {
    drop_invites();
    REQUIRE(host.store().database().run(
        "ALTER TABLE arrivals DROP COLUMN bytes; "
        "DROP TABLE contacts; DROP TABLE clocks; DROP TABLE addresses; DROP INDEX arrivals_by_feed; "
        "ALTER TABLE arrivals DROP COLUMN via; PRAGMA user_version = 1"));
  }
  auto unchanged = Store::open(host.store().path(), OpenMode::read_only);
  REQUIRE_FALSE(unchanged);
  CHECK(unchanged.error().code == Code::config);
  for (int again = 0; again < 2; ++again) {
    auto store = Store::open(host.store().path(), OpenMode::read_write);
    REQUIRE(store);
    auto edges = PeerBook(*store).edges();
    REQUIRE(edges);
    std::map<FeedId, int> relations;
    for (const ContactEdge& edge : *edges) relations[edge.contact] = edge.relation;
    CHECK(relations == std::map<FeedId, int>{{keys_of(7).id(), 1}, {keys_of(8).id(), -1}});
    CHECK(number_in(*store, "SELECT sum(bytes) FROM arrivals") == bytes);
    CHECK(InviteBook(*store).all()->empty());
    CHECK(number_in(*store, "SELECT began FROM boots") == noon - 60'000);
    CHECK(number_in(*store, "SELECT began FROM runs WHERE job = 'nightly'") == noon);
    CHECK(number_in(*store, "SELECT time - up FROM unset_clocks") == 1'000);
    const auto rules = AlertBook(*store, host.id()).rules();
    REQUIRE((rules && rules->size() == 1));
    CHECK(rules->front().made() == noon);
    CHECK(findings_in(*store) == 0);
  }
  CHECK(Store::open(host.store().path(), OpenMode::read_only));
}

TEST_CASE("a second connection of a process leaves the locks of the first alone") {
  const TempDir directory;
  const std::string path = directory / "db";
  auto first = Store::open(path, OpenMode::create);
  REQUIRE(first);
  REQUIRE(first->feeds());
  { REQUIRE(Store::open(path, OpenMode::create)); }
  // Another process that opens and closes the store would take its log away, if the first held no lock.
  const pid_t child = ::fork();
  if (child == 0) {
    { auto other = Store::open(path, OpenMode::create); }
    ::_exit(0);
  }
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(std::filesystem::exists(path + "-wal"));
}

TEST_CASE("what is no store of ours is refused with a sentence") {
  const TempDir directory;
  const std::string path = directory / "db";
  const auto refusal = [&](OpenMode mode) {
    auto store = Store::open(path, mode);
    REQUIRE(!store);
    CHECK(store.error().text.find(path) != std::string::npos);
    return store.error().code;
  };
  SUBCASE("no file") { CHECK(refusal(OpenMode::read_only) == Code::no_input); }
  SUBCASE("a newer schema") {
    {
      auto store = Store::open(path, OpenMode::create);
      REQUIRE(store);
      REQUIRE(store->database().run("PRAGMA user_version = 99"));
    }
    for (const OpenMode mode : {OpenMode::read_only, OpenMode::read_write, OpenMode::create})
      CHECK(refusal(mode) == Code::config);
  }
  SUBCASE("no database") {
    std::ofstream(path) << "these are my notes, which are much longer than the header of a database is, ....";
    for (const OpenMode mode : {OpenMode::read_only, OpenMode::read_write, OpenMode::create})
      CHECK(refusal(mode) == Code::data);
  }
  SUBCASE("another program's database") {
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "CREATE TABLE t(a)", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(other);
    for (const OpenMode mode : {OpenMode::read_only, OpenMode::read_write, OpenMode::create})
      CHECK(refusal(mode) == Code::data);
  }
  SUBCASE("no permission") {
    { REQUIRE(Store::open(path, OpenMode::create)); }
    REQUIRE(::chmod(path.c_str(), 0) == 0);
    if (::geteuid() == 0) {
      std::puts("skipped: a file without permission: root may read all");
      return;
    }
    CHECK(refusal(OpenMode::read_only) == Code::permission);
  }
}

TEST_CASE("a writer whose turn does not come says so, and has lost nothing") {
  const TempDir directory;
  auto store = Store::open(directory / "db", OpenMode::create);
  REQUIRE(store);
  auto waiting = Store::open(directory / "db", OpenMode::read_write, std::chrono::milliseconds(5));
  REQUIRE(waiting);
  const KeyPair keys = keys_of(1);
  Publisher publisher(*waiting, keys, nullptr, Guard(directory / "guard", keys.id()));
  const std::string content = line("a");
  {
    auto batch = Batch::begin(*store, Durability::full);
    REQUIRE(batch);
    auto published = publisher.publish(std::span(&content, 1), noon);
    REQUIRE(!published);
    CHECK(published.error().code == Code::busy);
  }
  CHECK(publisher.publish(std::span(&content, 1), noon)->last->sequence == 1);
}

TEST_CASE("twenty processes and two threads publish one feed without a gap") {
  const TempDir directory;
  const KeyPair keys = keys_of(1);
  const std::string path = directory / "db";
  { REQUIRE(Store::open(path, OpenMode::create)); }
  // As init does it: a feed that has messages, but no guard yet, is taken for a copy.
  REQUIRE(Guard(directory / "guard", keys.id()).write({0, {}, {}, *this_machine()}));
  constexpr int writers = 20, each = 50;
  const auto write = [&](int writer) {
    auto store = Store::open(path, OpenMode::read_write);
    if (!store) return false;
    const KeyPair own = keys_of(1);
    Publisher publisher(*store, own, nullptr, Guard(directory / "guard", own.id()));
    for (int i = 0; i < each; ++i) {
      const std::string content = line(fmt::format("{} {}", writer, i));
      auto published = publisher.publish(std::span(&content, 1), noon + i);
      if (!published || published->held != Hold::none || published->guard_trouble) return false;
    }
    return true;
  };
  std::vector<pid_t> children;
  for (int writer = 0; writer < writers - 2; ++writer) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(write(writer) ? 0 : 1);
    children.push_back(child);
  }
  std::vector<int> good(2, 0);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&, i] { good[static_cast<std::size_t>(i)] = write(writers - 2 + i) ? 1 : 0; });
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(good == std::vector<int>{1, 1});

  auto store = Store::open(path, OpenMode::read_write);
  REQUIRE(store);
  CHECK(tip_of(*store, keys.id()) == writers * each);
  std::vector<int> next(writers, 0);
  const FeedRow feed = store->feed(keys.id())->value();
  for (Seq sequence = 1; sequence <= writers * each; ++sequence) {
    Record record;
    const auto text = store->message(RowId::of(feed.number, sequence));
    read_record(member(*text, "content"), 0, record);
    const auto writer = static_cast<std::size_t>(std::stoi(record.bytes));
    REQUIRE(record.bytes == fmt::format("{} {}", writer, next[writer]++));
  }
  CHECK(findings_in(*store) == 0);
  CHECK(Guard(directory / "guard", keys.id()).read()->value().sequence == writers * each);
}
