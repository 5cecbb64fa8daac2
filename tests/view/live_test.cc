// SPDX-License-Identifier: MIT
#include "view/live.h"

#include "assemble/query.h"
#include "feed/alert_record.h"
#include "feed/json.h"
#include "store/feed_writer.h"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string_view>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

constexpr Millis noon = 1'795'262'400'000;
constexpr auto patience = 60s;  // machines of the tests are slow

std::string line_of(std::string_view job, std::string_view text) {
  return fmt::format(R"({{"type":"log","source":"nas","job":"{}","stream":"stdout","text":{}}})", job,
                     json_string(text));
}
std::string job_begins(std::string_view run) {
  return fmt::format(
      R"({{"type":"job","job":"nightly","source":"nas","run":"{}","event":"start","time":{}}})", run, noon);
}

/// A host that writes, and those who look on.
struct Place {
  TempDir directory;
  std::string path = directory / "log.db";
  std::optional<Store> store;
  FeedWriter feed{keys_of(1), {}, {}};

  void make_store() {
    auto made = Store::open(path, OpenMode::create);
    REQUIRE(made);
    store.emplace(std::move(*made));
  }
  /// Into the store at once; what was said before has been.
  void say(const std::vector<std::string>& contents) {
    feed.texts.clear();
    for (const std::string& content : contents) feed.say(content, noon);
    feed.import_to(*store);
  }
};

std::shared_ptr<Viewer> viewer_of(const std::string& job = "") {
  Query query;
  query.selection.right_clocks = true;
  if (!job.empty()) REQUIRE(add_query("job:" + job, noon, query));
  auto viewer = Viewer::make(std::move(query.selection));
  REQUIRE(viewer);
  return *viewer;
}

/// One who is told all that is committed from now on.
std::shared_ptr<Viewer> joined(LiveFeed& live, const std::string& job = "") {
  auto viewer = viewer_of(job);
  REQUIRE(live.join(viewer));
  REQUIRE(viewer->wait_for_begin(patience));
  return viewer;
}

/// What one has heard, as a browser reads it.
struct Heard {
  std::vector<std::string> texts;  ///< of lines
  std::map<std::string, std::uint64_t> events;
  std::uint64_t lost_lines = 0, lost_messages = 0;

  void take(const std::string& said) {
    for (std::size_t at = 0; at < said.size();) {
      const std::size_t end = said.find("\n\n", at);
      REQUIRE(end != std::string::npos);
      const std::string event = said.substr(at, end - at);
      at = end + 2;
      const std::size_t data = event.find("\ndata: ");
      REQUIRE((event.starts_with("event: ") && data != std::string::npos));
      const std::string name = event.substr(7, data - 7), json = event.substr(data + 7);
      ++events[name];
      if (name == "line") texts.push_back(text_of(member(json, "text")).value_or(""));
      if (name != "lost") continue;
      lost_lines += static_cast<std::uint64_t>(number_of(member(json, "lines")).value_or(0));
      lost_messages += static_cast<std::uint64_t>(number_of(member(json, "messages")).value_or(0));
    }
  }
  std::uint64_t count() const { return texts.size() + lost_lines + lost_messages; }
};

template <class Holds>
void hear(Viewer& viewer, Heard& heard, const Holds& holds) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    const auto said = viewer.take(100ms);
    REQUIRE(said);
    heard.take(*said);
  }
}

}  // namespace

TEST_CASE(
    "what is committed once a viewer has begun is told: its lines, and what happens to jobs whatever it "
    "wants") {
  Place place;
  place.make_store();
  place.say({line_of("web", "before")});
  LiveFeed live(place.path, place.feed.keys.id());
  // Both join before the store is looked at.
  const auto one = viewer_of("web"), other = viewer_of("db");
  REQUIRE(live.join(one));
  REQUIRE(live.join(other));
  REQUIRE(one->wait_for_begin(patience));
  REQUIRE(other->wait_for_begin(patience));
  place.say({line_of("web", "first"), line_of("db", "second"), job_begins("e1c3df9ce9bb0ae7")});
  Heard web, db;
  hear(*one, web, [&] { return !web.texts.empty() && web.events["board"] > 0; });
  hear(*other, db, [&] { return !db.texts.empty() && db.events["board"] > 0; });
  CHECK(web.texts == std::vector<std::string>{"first"});
  CHECK(db.texts == std::vector<std::string>{"second"});
  CHECK(web.events["lost"] + db.events["lost"] == 0);

  // One who comes later begins at once, and misses nothing either.
  const auto late = joined(live);
  place.say({line_of("web", "third")});
  Heard all;
  hear(*late, all, [&] { return !all.texts.empty() && all.texts.back() == "third"; });
}

TEST_CASE("a viewer begins when the store was looked at, and not before") {
  Place place;
  LiveFeed live(place.path, place.feed.keys.id());
  const auto viewer = viewer_of();
  REQUIRE(live.join(viewer));
  CHECK_FALSE(viewer->wait_for_begin(10ms));
  place.make_store();
  place.say({line_of("web", "before")});
  REQUIRE(viewer->wait_for_begin(patience));
}

TEST_CASE("of what comes in a burst each line is told or counted, and that a job began is not lost in it") {
  Place place;
  place.make_store();
  LiveFeed live(place.path, place.feed.keys.id());
  const auto viewer = joined(live);
  // Far more messages than are looked into at once, the job's the first of them. All come in one look: until they are there it
  // cannot be read, and who has failed to read it does not find the store.
  Database& database = place.store->database();
  REQUIRE(database.run(
      "CREATE TABLE kept(id INTEGER PRIMARY KEY, body BLOB);"
      "CREATE TRIGGER damage AFTER INSERT ON messages WHEN NOT EXISTS (SELECT 1 FROM kept) BEGIN "
      "INSERT INTO kept VALUES (new.id, new.body);"
      "UPDATE messages SET body = x'00' WHERE id = new.id; END"));
  std::filesystem::rename(place.path, place.path + ".away");
  constexpr std::size_t many = 5000;
  std::vector<std::string> contents;
  for (std::size_t i = 1; i < many; ++i) contents.push_back(line_of("web", fmt::format("{}", i)));
  contents.insert(contents.begin(), job_begins("e1c3df9ce9bb0ae7"));
  place.say(contents);
  REQUIRE(
      database.run("UPDATE messages SET body = (SELECT body FROM kept WHERE kept.id = messages.id) "
                   "WHERE id IN (SELECT id FROM kept)"));
  std::filesystem::rename(place.path + ".away", place.path);
  Heard heard;
  hear(*viewer, heard, [&] { return heard.count() >= many; });
  CHECK(heard.texts.size() + heard.lost_lines == 1000);
  CHECK(heard.lost_messages == many - 1000);
  CHECK(heard.events["board"] > 0);
}

TEST_CASE(
    "of more text than a viewer may wait for as much comes as there is room for, the rest is counted by its "
    "wish") {
  Place place;
  place.make_store();
  LiveFeed live(place.path, place.feed.keys.id());
  const auto one = joined(live, "web"), other = joined(live, "db");
  // 6000 lines, some 2.6 MiB of events; nobody takes any before all are there.
  constexpr std::size_t messages = 240, each = 25, many = messages * each;
  std::vector<std::string> contents;
  for (std::size_t i = 0; i < messages; ++i) {
    std::string text;
    for (std::size_t j = 0; j < each; ++j)
      text += fmt::format("{}{} {}", j == 0 ? "" : "\n", i * each + j, std::string(250, 'x'));
    contents.push_back(line_of("web", text));
  }
  contents.push_back(job_begins("e1c3df9ce9bb0ae7"));
  contents.push_back(line_of("db", "the end"));
  place.say(contents);
  Heard db, web;
  // Both are given each portion one behind the other: a second word comes when all of the first was given to both.
  hear(*other, db, [&] { return !db.texts.empty(); });
  place.say({line_of("db", "said behind it")});
  hear(*other, db, [&] { return db.texts.size() == 2; });
  hear(*one, web, [&] { return web.count() >= many; });
  MESSAGE(web.texts.size() << " lines told, " << web.lost_lines << " lines and " << web.lost_messages
                           << " messages lost");
  CHECK(web.texts.size() > 1000);
  CHECK(web.lost_lines > 0);
  CHECK(web.events["board"] > 0);
  for (std::size_t i = 0; i < web.texts.size(); ++i) {
    if (!web.texts[i].starts_with(fmt::format("{} ", i))) FAIL("out of its place: ", i, ": ", web.texts[i]);
  }
  CHECK(db.lost_lines == 0);

  // Who was told of the loss hears what comes then.
  place.say({line_of("web", "afterwards")});
  hear(*one, web, [&] { return web.texts.back() == "afterwards"; });
}

TEST_CASE("an alert reaches one who takes nothing for long") {
  Place place;
  place.make_store();
  LiveFeed live(place.path, place.feed.keys.id());
  const auto viewer = joined(live);
  for (int i = 0; i < 3; ++i) {
    std::vector<std::string> contents;
    for (int j = 0; j < 100; ++j) contents.push_back(line_of("web", std::string(7000, 'x')));
    place.say(contents);
  }
  AlertRecord alert;
  alert.kind = AlertKind::failed;
  alert.of = {place.feed.keys.id(), "nightly", "nas", ""};
  alert.due = alert.after = noon;
  place.say({alert_content(alert)});
  Heard heard;
  hear(*viewer, heard, [&] { return heard.events["alert"] > 0; });
  CHECK(heard.events["board"] > 0);
}

TEST_CASE("what cannot be read is told as lost, and does not keep back what comes behind it") {
  Place place;
  place.make_store();
  place.say({line_of("web", "before")});
  LiveFeed live(place.path, place.feed.keys.id());
  const auto viewer = joined(live);
  REQUIRE(
      place.store->database().run("CREATE TRIGGER damage AFTER INSERT ON messages BEGIN "
                                  "UPDATE messages SET body = x'00' WHERE id = new.id; END"));
  place.say({line_of("web", "damaged")});
  Heard heard;
  hear(*viewer, heard, [&] { return heard.lost_messages > 0; });
  CHECK(heard.lost_messages == 1);
  CHECK(heard.events["board"] > 0);
  REQUIRE(place.store->database().run("DROP TRIGGER damage"));
  place.say({line_of("web", "behind")});
  hear(*viewer, heard, [&] { return !heard.texts.empty(); });
  CHECK(heard.texts == std::vector<std::string>{"behind"});
}

TEST_CASE("there is an end to those who look on, and all of them hear of the server's end") {
  Place place;
  place.make_store();
  std::vector<std::shared_ptr<Viewer>> viewers;
  {
    LiveFeed live(place.path, place.feed.keys.id());
    for (std::size_t i = 0; i < LiveFeed::most_viewers; ++i) {
      viewers.push_back(viewer_of());
      REQUIRE(live.join(viewers.back()));
    }
    CHECK_FALSE(live.join(viewer_of()));
    viewers.pop_back();
    viewers.push_back(viewer_of());
    CHECK(live.join(viewers.back()));
  }
  for (const auto& viewer : viewers) CHECK_FALSE(viewer->take(0ms));
}
