// SPDX-License-Identifier: MIT
// tests/intake/event_test.cc - the way of an event into the feed: packed, queued, committed with its cursor.
#include <doctest/doctest.h>
#include "feed/json.h"
#include "feed/utf.h"
#include "intake/event_commit.h"
#include "intake/event_intake.h"
#include "intake/event_queue.h"
#include "loop/run_until.h"
#include "store/hold.h"
#include "store/positions.h"

#include <stdlib.h>

#include <filesystem>
#include <map>
#include <random>

using namespace ssblog;

namespace {

Event event_of(std::string stream, Millis time, std::string text) {
  Event event;
  event.stream = std::move(stream);
  event.time = time;
  event.text = std::move(text);
  return event;
}

std::vector<Record> records_of(const std::vector<std::string>& contents) {
  std::vector<Record> records;
  for (const std::string& content : contents) {
    CHECK(*canonical(content, Layout::compact) == content);
    records.emplace_back();
    read_record(content, 0, records.back());
  }
  return records;
}

const EventHead nas{"nas", "job", "off", "0123456789abcdef"};
Result<std::uint64_t> from_the_start(const std::string&) { return 0; }

PackedEvents pack(const std::vector<EventOrLoss>& batch) {
  auto packed = pack_events(nas, batch, from_the_start, 5000);
  REQUIRE(packed);
  return std::move(*packed);
}

/// A store in memory, and a publisher of a host that begins.
struct CommitWorld {
  CommitWorld() {
    std::string name = (std::filesystem::temp_directory_path() / "ssblog-event-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory = name;
  }
  ~CommitWorld() {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  /// As a daemon that starts.
  void restart() { commit = std::make_unique<EventCommit>(EventCommit::Parts{store, publisher, keys.id()}); }
  Result<Published> put(const std::string& source, const std::vector<EventOrLoss>& batch,
                        std::optional<std::string> cursor) {
    const EventWish wish{source, {"nas", "", "", ""}, batch, std::move(cursor)};
    auto done = commit->commit({&wish, 1}, 5000);
    if (!done) return done.error();
    CHECK(done->left_out.empty());
    return std::move(done->published);
  }
  std::vector<Record> records() {
    std::vector<std::string> contents;
    auto feed = store.feed(keys.id());
    REQUIRE(feed);
    if (!*feed || !(*feed)->tip) return {};
    for (Seq at = 1; at <= (*feed)->tip->sequence; ++at) {
      auto text = store.message(RowId::of((*feed)->number, at));
      REQUIRE(text);
      contents.emplace_back(member(*text, "content"));
    }
    return records_of(contents);
  }

  std::string directory;
  KeyPair keys = KeyPair::generate();
  Store store = *Store::open(":memory:", OpenMode::create);
  Publisher publisher{store, keys, nullptr, Guard(directory, keys.id())};
  std::unique_ptr<EventCommit> commit =
      std::make_unique<EventCommit>(EventCommit::Parts{store, publisher, keys.id()});
};

/// A home on disk, and an intake for sources on a loop.
struct IntakeWorld {
  IntakeWorld() {
    REQUIRE(save_keys(home, keys));
    auto store = open_own_store(home);
    REQUIRE(store);
    auto batch = Batch::begin(*store, Durability::full);
    REQUIRE(batch);
    REQUIRE(end_hold(*batch));
    REQUIRE(begin_guard(*batch, home));
    REQUIRE(batch->commit(1));
    REQUIRE(Guard(home.guard_directory, keys.id()).write({0, {}, *store->id(), *this_machine()}));
  }
  ~IntakeWorld() { remove(); }
  IntakeWorld(const IntakeWorld&) = delete;
  IntakeWorld& operator=(const IntakeWorld&) = delete;
  static std::string made_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ssblog-intake-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    return name;
  }
  void remove() const {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  EventIntake::Options options() {
    EventIntake::Options made;
    made.home = home;
    made.host = "nas";
    made.clock = [] { return Millis{5000}; };
    made.gather = std::chrono::milliseconds(500);
    made.log = [this](bool, const std::string& text) { said += text + '\n'; };
    made.published = [this] { ++published; };
    return made;
  }

  std::string directory = made_folder();
  Home home{directory, directory};
  KeyPair keys = KeyPair::generate();
  Loop loop = *Loop::make();
  std::string said;
  int published = 0;
};

}  // namespace

TEST_CASE("an event of several lines is one record, of any bytes") {
  const std::string zeros("a\0b\xff", 4);
  const auto records = records_of(pack({event_of("kernel", 1000, "one\ntwo\n\nfour\n"),
                                        event_of("kernel", 2000, ""), event_of("kernel", 2000, zeros)})
                                      .contents);
  std::string bytes;
  for (const Record& record : records) {
    CHECK(record.stream == "kernel");
    CHECK(record.source == "nas");
    CHECK(record.job == "job");
    CHECK(record.destination == "off");
    CHECK(record.chunk->offset == bytes.size());
    bytes += record.bytes + '\n';
  }
  CHECK(bytes == "one\ntwo\n\nfour\n\n" + zeros + '\n');
  const auto packed = pack({event_of("kernel", 1000, "one\ntwo"), event_of("kernel", 2000, "three")});
  REQUIRE(packed.contents.size() == 1);
  CHECK(member(member(packed.contents[0], "chunk"), "at") == R"("+ 1000")");
}

TEST_CASE("streams of a source share its run and go on where the feed has them") {
  const auto covered = [](const std::string& stream) -> Result<std::uint64_t> {
    return stream == "b" ? 100 : 0;
  };
  const std::vector<EventOrLoss> batch = {event_of("a", 1, "x"), event_of("b", 1, "y"),
                                          LostEvents{"b", 3, 7, "kernel buffer overrun"},
                                          event_of("b", 4, "z")};
  const auto packed = pack_events(nas, batch, covered, 5000);
  REQUIRE(packed);
  CHECK(packed->begins == std::map<std::string, std::uint64_t>{{"a", 0}, {"b", 100}});
  const auto records = records_of(packed->contents);
  REQUIRE(records.size() == 4);
  CHECK(records[0].chunk->offset == 100);
  CHECK(records[1].kind == RecordKind::loss);
  CHECK(records[1].note.find("offset=102 records=7 reason=kernel buffer overrun") != std::string::npos);
  CHECK(records[3].chunk->offset == 102);
  for (const auto& record : records) CHECK((record.chunk ? record.chunk->run : record.run) == nas.run);
}

TEST_CASE("what a sender calls its stream is made a name") {
  CHECK(stream_name("kernel") == "kernel");
  CHECK(stream_name("a\xff") == "a\xef\xbf\xbd");
  std::string euros;
  for (int i = 0; i < 200; ++i) euros += "\xe2\x82\xac";
  const std::string cut = stream_name(euros);
  CHECK(cut.size() <= longest_stream_name);
  CHECK(cut.size() > longest_stream_name - 4);
  CHECK(is_utf8(as_bytes(cut)));
  CHECK(stream_name(std::string(1000, '\xff')).size() <= longest_stream_name);
  CHECK(!pack_events({"nas", std::string(9000, 'x'), "", nas.run},
                     std::vector<EventOrLoss>{event_of("a", 1, "b")}, from_the_start, 1));
}

TEST_CASE("any events come out as they went in") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::vector<EventOrLoss> batch;
    std::map<std::string, std::string> wanted, got;
    for (int i = 0; i < 200; ++i) {
      std::string text(random() % 20 == 0 ? random() % 20'000 : random() % 100, 'x');
      for (char& c : text) c = static_cast<char>(random() % 4 == 0 ? random() : '\n' + random() % 90);
      Event event = event_of(random() % 2 == 0 ? "a" : "b", 1000 + i, text);
      if (random() % 2 == 0) event.level = static_cast<Level>(random() % 8);
      if (text.ends_with('\n')) text.pop_back();
      wanted[event.stream] += text + '\n';
      batch.emplace_back(std::move(event));
    }
    for (const Record& record : records_of(pack(batch).contents)) {
      REQUIRE(record.chunk);
      CHECK(record.chunk->offset == got[record.stream].size());
      got[record.stream] += record.bytes;
      if (record.ends_line()) got[record.stream] += '\n';
    }
    CHECK((got == wanted));
  }
}

TEST_CASE("a queue has room for so much, and calls when there is room again") {
  int changes = 0, calls = 0;
  EventQueue queue(64 * 1024, [&] { ++changes; });
  queue.when_room([&] { ++calls; });
  int taken = 0;
  Event next = event_of("a", 1, std::string(1000, 'x'));
  next.sender = "a program";
  for (;;) {
    Event event = next;
    if (!queue.put(std::move(event), std::to_string(taken))) {
      CHECK(event.text.size() == 1000);  // it is as it was
      break;
    }
    ++taken;
  }
  CHECK(taken > 40);
  CHECK(taken < 66);
  CHECK(changes == taken);
  CHECK(queue.waiting_bytes() <= 64 * 1024);
  EventBatch batch = queue.take(10'000);
  CHECK(queue.waiting_bytes() > 60'000);  // what is under way counts
  CHECK(calls == 0);
  CHECK(queue.cursor().empty());
  const auto entries = batch.entries.size();
  queue.put_back(std::move(batch));
  CHECK(queue.waiting_records() == static_cast<std::uint64_t>(taken));
  batch = queue.take(10'000);
  CHECK(batch.entries.size() == entries);
  CHECK(batch.cursor == std::to_string(entries - 1));
  queue.committed(batch);
  CHECK(calls == 1);
  CHECK(queue.cursor() == std::to_string(entries - 1));
  batch = queue.take(1 << 30);
  queue.committed(batch);
  CHECK(calls == 1);  // nobody was refused since
  CHECK(queue.waiting_bytes() == 0);
  CHECK(queue.cursor() == std::to_string(taken - 1));
  // One that is greater than the limit still comes, alone.
  CHECK(queue.put(event_of("a", 1, std::string(100'000, 'x'))));
  CHECK(!queue.put(event_of("a", 1, "x")));
  queue.close();
  queue.committed(queue.take(1 << 30));
  CHECK(!queue.put(event_of("a", 1, "x")));
}

TEST_CASE("a buffer waits until much is there, or something bad") {
  using Due = EventQueue::Due;
  EventQueue plain(0, [] {});
  CHECK(plain.due() == Due::never);
  CHECK(plain.put(event_of("a", 1, "x")));
  CHECK(plain.due() == Due::soon);
  CHECK(plain.put(event_of("a", 1, std::string(2'000'000, 'x'))));
  CHECK(plain.due() == Due::now);

  EventQueue buffer(64 * 1024, [] {});
  CHECK(buffer.put(event_of("a", 1, "x")));
  CHECK(buffer.due() == Due::later);
  Event bad = event_of("a", 1, "y");
  bad.level = 4;
  CHECK(buffer.put(Event(bad)));
  CHECK(buffer.due() == Due::later);
  bad.level = 3;
  CHECK(buffer.put(Event(bad)));
  CHECK(buffer.due() == Due::soon);
  buffer.committed(buffer.take(1 << 30));
  CHECK(buffer.put(event_of("a", 1, "x")));
  CHECK(buffer.due() == Due::later);
  CHECK(buffer.put(event_of("a", 1, std::string(50 * 1024, 'x'))));
  CHECK(buffer.due() == Due::now);
}

TEST_CASE("losses one behind the other are one, and never fill the memory") {
  EventQueue queue(0, [] {});
  queue.lose({"a", 1, 5, "full"});
  queue.lose({"a", 9, 6, "full"});
  queue.lose({"a", 10, {}, "full"});
  CHECK(queue.waiting_records() == 1);
  CHECK(queue.put(event_of("a", 1, "x")));
  queue.lose({"a", 2, 7, "full"});
  CHECK(queue.waiting_records() == 3);
  auto batch = queue.take(1 << 30);
  CHECK(std::get<LostEvents>(batch.entries[0]).records == 11);
  CHECK(std::get<LostEvents>(batch.entries[0]).time == 10);
  CHECK(std::get<LostEvents>(batch.entries[2]).records == 7);
  queue.committed(batch);
  std::uint64_t lost = 0;
  for (int i = 0; i < 10'000; ++i) {
    CHECK(queue.put(event_of("a", 1, "")));
    queue.lose({"a", 2, 1, i % 2 == 0 ? "full" : "late"});
    if (i % 1000 == 0) queue.lose({std::to_string(i), 2, 1, "other"}), ++lost;
    ++lost;
  }
  batch = queue.take(1 << 30);
  std::uint64_t told = 0, records = 0;
  for (const auto& entry : batch.entries) {
    if (const auto* one = std::get_if<LostEvents>(&entry)) told += *one->records, ++records;
  }
  CHECK(told == lost);
  CHECK(records == 100);
}

TEST_CASE("a loss that has a cursor is committed with it, in its place") {
  EventQueue queue(0, [] {});
  CHECK(queue.put(event_of("a", 1, "x"), "1"));
  queue.lose({"a", 1, 5, "full"}, "6");
  queue.lose({"a", 1, 2, "full"}, "8");
  queue.lose({"a", 1, 1, "full"});
  CHECK(queue.waiting_records() == 2);
  auto batch = queue.take(1 << 30);
  CHECK(std::get<LostEvents>(batch.entries[1]).records == 8);
  CHECK(batch.cursor == "8");
  queue.put_back(std::move(batch));
  queue.committed(queue.take(1 << 30));
  CHECK(queue.cursor() == "8");
  CHECK(queue.waiting_bytes() == 0);
  // However many there are, a cursor never comes before what stands in front of it.
  for (int i = 0; i < 300; ++i) {
    CHECK(queue.put(event_of("a", 1, "x"), std::to_string(2 * i)));
    queue.lose({"a", 1, 1, "full"}, std::to_string(2 * i + 1));
  }
  for (int i = 0; i < 600; ++i) {
    batch = queue.take(1);
    CHECK(batch.cursor == std::to_string(i));
    queue.committed(batch);
  }
  CHECK(queue.waiting_bytes() == 0);
}

TEST_CASE("events and cursor are committed together, and go on after a restart") {
  CommitWorld world;
  CHECK(*world.commit->cursor("kern") == "");
  REQUIRE(world.put("kern", {event_of("kernel", 1, "one")}, "c1"));
  CHECK(*world.commit->cursor("kern") == "c1");
  world.restart();
  CHECK(*world.commit->cursor("kern") == "c1");
  CHECK(*world.commit->cursor("ker") == "");
  REQUIRE(world.put("kern", {event_of("kernel", 2, "two")}, {}));
  REQUIRE(world.put("other", {event_of("kernel", 2, "of another")}, "x"));
  CHECK(*world.commit->cursor("kern") == "c1");
  const auto records = world.records();
  REQUIRE(records.size() == 3);
  CHECK(records[1].chunk->run == records[0].chunk->run);
  CHECK(records[1].chunk->offset == 4);
  CHECK(records[2].chunk->run != records[0].chunk->run);
  CHECK(records[2].chunk->offset == 0);
  for (const auto& record : records) CHECK(*is_source_run(world.store, record.chunk->run));
  CHECK_FALSE(*is_source_run(world.store, "0000000000000000"));
}

TEST_CASE("while publishing is held neither events nor cursor are kept") {
  CommitWorld world;
  REQUIRE(world.put("kern", {event_of("kernel", 1, "one")}, "c1"));
  {
    auto batch = Batch::begin(world.store, Durability::full);
    REQUIRE(batch);
    REQUIRE(note_shown(*batch, 9));
    REQUIRE(batch->commit(1));
  }
  const auto held = world.put("kern", {event_of("kernel", 2, "two")}, "c2");
  REQUIRE(!held);
  CHECK(held.error().code == Code::busy);
  CHECK(*world.commit->cursor("kern") == "c1");
  CHECK(world.records().size() == 1);
}

TEST_CASE("what cannot be published at the end is told, and then nothing goes on") {
  IntakeWorld world;
  EventSource source;
  source.name = "held";
  source.buffer = 64 * 1024;
  auto options = world.options();
  options.gather = std::chrono::milliseconds(2500);  // after the last attempt
  EventIntake intake(world.loop, std::move(options), {source});
  bool stopped = false;
  intake.start([&] {
    auto store = open_own_store(world.home);
    REQUIRE(store);
    auto batch = Batch::begin(*store, Durability::full);
    REQUIRE(batch);
    REQUIRE(note_shown(*batch, 9));
    REQUIRE(batch->commit(1));
    CHECK(intake.inlet(0).put(event_of("a", 1, "x")));
    intake.stop([&] {
      stopped = true;
      world.remove();
    });
  });
  world.loop.run();  // until nothing waits for anything
  CHECK(stopped);
  CHECK(world.published == 0);
  CHECK(world.said == "source held: 1 records could not be published before the end\n");
}

TEST_CASE("a kill while records wait in memory leaves a loss, and an end that commits them does not") {
  IntakeWorld world;
  EventSource source;
  source.kind = EventKind::syslog;
  source.name = "machines";
  source.buffer = 64 * 1024;
  auto options = world.options();
  options.gather = std::chrono::hours(1);
  auto store = open_own_store(world.home);
  REQUIRE(store);
  const auto marked = [&] {
    auto rows = read_positions(*store, "event:machines");
    REQUIRE(rows);
    return rows->size() == 1 && rows->front().position.find("gathering") != std::string::npos;
  };
  const auto losses = [&] {
    std::vector<std::string> reasons;
    auto feed = store->feed(world.keys.id());
    REQUIRE(feed);
    if (!*feed) return reasons;
    auto found = losses_behind(*store, (*feed)->number, 0);
    REQUIRE(found);
    for (const LossRow& loss : *found) reasons.push_back(loss.stream + ": " + loss.reason);
    return reasons;
  };
  SUBCASE("killed") {
    for (std::size_t kills = 0; kills < 2; ++kills) {
      EventIntake intake(world.loop, options, {source});
      bool ready = false;
      intake.start([&] { ready = true; });
      run_until(world.loop, [&] { return ready && losses().size() == kills && !marked(); });
      CHECK(intake.inlet(0).put(event_of("syslog", 1, "x")));
      run_until(world.loop, marked);
      // It goes as in a kill: nothing is committed.
    }
    EventIntake intake(world.loop, options, {source});
    intake.start([] {});
    run_until(world.loop, [&] { return losses().size() == 2 && !marked(); });
    CHECK(losses()[0] == "syslog: waited in memory when the daemon was killed");
  }
  SUBCASE("ended") {
    bool stopped = false;
    EventIntake intake(world.loop, options, {source});
    intake.start([&] { CHECK(intake.inlet(0).put(event_of("syslog", 1, "x"))); });
    run_until(world.loop, marked);
    intake.stop([&] { stopped = true; });
    run_until(world.loop, [&] { return stopped; });
    CHECK_FALSE(marked());
    CHECK(world.published == 1);
    CHECK(losses().empty());
  }
  SUBCASE("what can be read again leaves no mark") {
    source.kind = EventKind::journal;
    bool stopped = false;
    EventIntake intake(world.loop, options, {source});
    intake.start([&] { CHECK(intake.inlet(0).put(event_of("journal", 1, "x"))); });
    const auto until = world.loop.now() + std::chrono::milliseconds(200);  // longer than a mark takes
    run_until(world.loop, [&] { return world.loop.now() > until; });
    CHECK_FALSE(marked());
    intake.stop([&] { stopped = true; });
    run_until(world.loop, [&] { return stopped; });
  }
}

TEST_CASE("a source that no message can hold stops no other") {
  IntakeWorld world;
  EventSource wrong, right;
  wrong.name = "long";
  wrong.job = std::string(9000, 'x');
  right.name = "right";
  EventIntake intake(world.loop, world.options(), {wrong, right});
  intake.inlet(0).when_room([] { CHECK(false); });
  intake.start([&] {
    CHECK(intake.inlet(0).put(event_of("a", 1, "x")));
    CHECK(intake.inlet(1).put(event_of("b", 1, "y"), "1"));
    intake.stop([] {});
  });
  world.loop.run();
  CHECK(world.published == 1);
  CHECK(intake.inlet(1).cursor() == "1");
  CHECK(world.said.find("nothing of it is published: source long: the fields") == 0);
  CHECK(world.said.find("source long: 1 records could not") != std::string::npos);
  CHECK(world.said.find("source right") == std::string::npos);
}
