// SPDX-License-Identifier: MIT
#include "store/backup.h"

#include "store/feeds.h"
#include "store/peer_book.h"
#include "store/publish.h"

#include <sys/stat.h>

using namespace ssblog;

namespace {

constexpr Millis noon = 1'700'000'000'000;
constexpr std::string_view config = "[network]\nport = 8008\n";

std::string line(std::string_view text) { return fmt::format(R"({{"type":"log","text":"{}"}})", text); }

/// Homes of one host: the first one, and what is made of its backups. All have one guard.
struct Homes {
  TempDir directory;
  KeyPair keys = keys_of(1);

  Importer::Options own_only() const {
    Importer::Options options;
    options.own = keys.id();
    return options;
  }
  Home home(const std::string& name) const { return {directory / name, directory / "guard"}; }

  Store open(const std::string& name) const {
    REQUIRE(make_directories(home(name).directory));
    auto store = Store::open(home(name).store_path(), OpenMode::create);
    REQUIRE(store);
    return std::move(*store);
  }
  Publisher publisher(Store& store, const std::string& name) const {
    auto guard = guard_of(store, home(name), keys.id());
    REQUIRE(guard);
    return Publisher(store, keys, nullptr, std::move(*guard));
  }
  Published publish(Store& store, const std::string& name, const std::string& content, Millis now) const {
    auto published = publisher(store, name).publish(std::span(&content, 1), now);
    if (!published) FAIL(published.error().text);
    return *published;
  }
  /// A new host with messages.
  Store begin(std::size_t messages) const {
    Store store = open("first");
    auto batch = Batch::begin(store, Durability::full);
    REQUIRE(batch);
    REQUIRE(begin_guard(*batch, home("first")));
    REQUIRE(batch->commit(noon));
    REQUIRE(Guard(directory / "guard", keys.id()).write({0, {}, *store.id(), *this_machine()}));
    for (std::size_t i = 0; i < messages; ++i)
      CHECK(publish(store, "first", line(std::to_string(i)), noon + static_cast<Millis>(i)).held ==
            Hold::none);
    return store;
  }
  BackupFacts back_up(Store& store, const std::string& name) const {
    auto facts = write_backup(store, keys.id(), {format_secret_file(keys), std::string(config)},
                              directory / name, false, noon + 500);
    if (!facts) FAIL(facts.error().text);
    return *facts;
  }
  void lay_out(const std::string& backup, const std::string& name) const {
    auto facts = read_backup(directory / backup);
    if (!facts) FAIL(facts.error().text);
    if (auto done = lay_out_backup(directory / backup, *facts, home(name), noon + 600); !done)
      FAIL(done.error().text);
  }
};

std::string text_of_file(const std::string& path) { return *read_file(path, 1 << 20); }

}  // namespace

TEST_CASE("a backup has the whole home in it, for this user alone, and gives it back") {
  const Homes homes;
  Store store = homes.begin(5);
  const FeedId host = keys_of(2).id();
  auto batch = Batch::begin(store, Durability::full);
  REQUIRE(batch);
  REQUIRE(save_clock(*batch, host, {{homes.keys.id(), 5}}));
  REQUIRE(batch->commit(noon));
  const BackupFacts made = homes.back_up(store, "b");
  CHECK(made.messages == 5);
  struct stat status {};
  REQUIRE(::stat((homes.directory / "b").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0600U);
  CHECK(std::distance(std::filesystem::directory_iterator(homes.directory / ""), {}) ==
        3);  // nothing is left over

  const auto facts = read_backup(homes.directory / "b");
  REQUIRE(facts);
  CHECK(facts->own == homes.keys.id());
  CHECK(facts->messages == 5);
  CHECK(facts->made == noon + 500);
  for (int again = 0; again < 2; ++again) {
    homes.lay_out("b", "second");
    CHECK(text_of_file(homes.home("second").config_path()) == config);
    CHECK(load_keys(homes.home("second"))->id() == homes.keys.id());
    // As if it had been interrupted before its last step.
    std::filesystem::remove(homes.home("second").secret_path());
  }
  homes.lay_out("b", "second");
  Store copy = homes.open("second");
  CHECK(tip_of(copy, homes.keys.id()) == 5);
  CHECK(*copy.id() != *store.id());
  // What others said at a meeting is no word for one that had others after it.
  CHECK(PeerBook(copy).clock(host)->empty());
  // The secret is in its own file, and nowhere in the store.
  CHECK(text_of_file(homes.home("second").store_path()).find("private") == std::string::npos);
  // An identity is never overwritten, nor is a store of something else.
  auto again = lay_out_backup(homes.directory / "b", *facts, homes.home("second"), noon);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Code::cannot_create);
  homes.back_up(store, "later");
  std::filesystem::remove(homes.home("second").secret_path());
  again = lay_out_backup(homes.directory / "later", *facts, homes.home("second"), noon);
  REQUIRE_FALSE(again);
  CHECK(again.error().text.find("there is a store already") != std::string::npos);
}

TEST_CASE("a backup is no store, a store is no backup, and neither is overwritten") {
  const Homes homes;
  Store store = homes.begin(1);
  homes.back_up(store, "b");
  auto opened = Store::open(homes.directory / "b", OpenMode::read_write);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::data);
  auto read = read_backup(homes.home("first").store_path());
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Code::data);
  const HomeFiles files{format_secret_file(homes.keys), ""};
  const std::string before = text_of_file(homes.directory / "b");
  auto second = write_backup(store, homes.keys.id(), files, homes.directory / "b", false, noon);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Code::cannot_create);
  CHECK(text_of_file(homes.directory / "b") == before);
  CHECK(write_backup(store, homes.keys.id(), files, homes.directory / "b", true, noon + 7));
  CHECK(read_backup(homes.directory / "b")->made == noon + 7);
  CHECK_FALSE(read_backup(homes.directory / "none"));
}

TEST_CASE("a restored backup publishes nothing, whatever guard it meets that knows no more than itself") {
  const Homes homes;
  Store store = homes.begin(5);
  homes.back_up(store, "b");
  std::optional<Store> copy;
  const auto lay_out = [&] {
    homes.lay_out("b", "second");
    copy.emplace(homes.open("second"));
  };
  const auto hold = [&] { return *homes.publisher(*copy, "second").hold(); };

  SUBCASE("the guard is where it was, or was restored too: nobody can say which") {
    lay_out();
    CHECK(hold() == Hold::restored);
    CHECK(homes.publish(*copy, "second", line("held"), noon + 700).held == Hold::restored);
    CHECK(homes.publisher(*copy, "second").report()->facts.since == noon + 600);
  }
  SUBCASE("the guard is gone") {
    std::filesystem::remove_all(homes.directory / "guard");
    lay_out();
    CHECK(hold() == Hold::restored);
  }
  SUBCASE("the guard went on: it ends the hold when its message is back") {
    homes.publish(store, "first", line("after"), noon + 550);
    lay_out();
    CHECK(hold() == Hold::guard_ahead);
    auto feed = store.feed(homes.keys.id());
    auto text = store.message(RowId::of((*feed)->number, 6));
    REQUIRE(text);
    CHECK(import_into(*copy, *text + "\n", homes.own_only()).report.own_feed_grew);
    CHECK(hold() == Hold::none);
    const Published published = homes.publish(*copy, "second", line("goes on"), noon + 700);
    CHECK(published.held == Hold::none);
    CHECK(published.last->sequence == 7);
    // The first one goes on no more.
    CHECK(homes.publish(store, "first", line("fork"), noon + 800).held == Hold::guard_ahead);
  }
  SUBCASE("by the user's word") {
    lay_out();
    REQUIRE(homes.publisher(*copy, "second").force(noon + 700));
    CHECK(hold() == Hold::none);
    CHECK(homes.publisher(*copy, "second").report()->facts.since == 0);
    CHECK(homes.publish(*copy, "second", line("goes on"), noon + 800).last->sequence == 6);
  }
}

TEST_CASE("a backup that was taken during a hold is held again, and signs nothing twice") {
  const Homes homes;
  Store store = homes.begin(3);
  homes.back_up(store, "early");
  homes.publish(store, "first", line("fourth"), noon + 100);
  homes.lay_out("early", "second");
  Store second = homes.open("second");
  const std::string job = R"({"type":"job","job":"j","run":"00000000000000aa","event":"end"})";
  for (const std::string& content : {line("held"), line("held"), job})
    CHECK(homes.publish(second, "second", content, noon + 610).held == Hold::guard_ahead);
  homes.back_up(second, "during");
  // The one that was backed up goes on, and signs what waited.
  auto feed = store.feed(homes.keys.id());
  auto fourth = store.message(RowId::of((*feed)->number, 4));
  REQUIRE(fourth);
  import_into(second, *fourth + "\n", homes.own_only());
  CHECK(homes.publish(second, "second", line("after"), noon + 620).last->sequence == 8);
  std::string whole;
  auto own = second.feed(homes.keys.id());
  for (Seq sequence = 1; sequence <= 8; ++sequence)
    whole += *second.message(RowId::of((*own)->number, sequence)) + "\n";

  homes.lay_out("during", "third");
  Store third = homes.open("third");
  CHECK(homes.publisher(third, "third").report()->waiting == 3);
  import_into(third, whole, homes.own_only());
  CHECK(homes.publish(third, "third", line("last"), noon + 700).last->sequence == 9);
  CHECK(homes.publisher(third, "third").report()->waiting == 0);
}

TEST_CASE("a report of a hold says who was asked, what is claimed and what waits") {
  const Homes homes;
  Store store = homes.begin(2);
  auto report = homes.publisher(store, "first").report();
  REQUIRE(report);
  CHECK(report->hold == Hold::none);
  CHECK(report->waiting == 0);
  {
    auto batch = Batch::begin(store, Durability::full);
    REQUIRE(batch);
    REQUIRE(note_acknowledged(*batch, keys_of(8).id(), 2));
    REQUIRE(note_claim(*batch, keys_of(9).id(), 7));
    REQUIRE(note_asked(*batch, keys_of(8).id()));
    REQUIRE(batch->commit(noon));
  }
  homes.publish(store, "first", line("waits"), noon + 10);
  homes.publish(store, "first", line("waits too"), noon + 20);
  report = homes.publisher(store, "first").report();
  REQUIRE(report);
  CHECK(report->hold == Hold::shown_more);
  CHECK(report->facts.since == noon + 10);
  CHECK(report->facts.claimed == 7);
  CHECK(report->waiting == 2);
  CHECK(report->oldest == noon + 10);
  REQUIRE(report->witnesses.size() == 2);
  for (const Witness& witness : report->witnesses) {
    const bool claims = witness.host == keys_of(9).id();
    CHECK(witness.claimed == (claims ? 7U : 0U));
    CHECK(witness.acknowledged == (claims ? 0U : 2U));
    CHECK(witness.asked == !claims);
  }
}

TEST_CASE("every reason of a hold has its word, its sentence and its way out") {
  std::set<std::string_view> words;
  for (const Hold hold :
       {Hold::key_imported, Hold::store_missing, Hold::shown_more, Hold::restored, Hold::guard_ahead,
        Hold::other_branch, Hold::other_machine, Hold::guard_missing, Hold::guard_damaged}) {
    CHECK(words.insert(word_of(hold)).second);
    CHECK(!explain(hold).empty());
    CHECK(!way_out(hold).empty());
  }
  CHECK(!words.contains(""));
}
