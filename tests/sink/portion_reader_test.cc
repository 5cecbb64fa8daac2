// SPDX-License-Identifier: MIT
#include "sink/portion_reader.h"

#include "assemble/world.h"
#include "store/cut.h"
#include "store/forks.h"
#include "store/peer_book.h"

#include <algorithm>
#include <sstream>

using namespace ssblog;

namespace {

/// Three hosts that say lines, each unlike all others; clocks jump.
std::vector<Host> talking_hosts(Dice& dice, int messages, std::vector<std::string>& texts) {
  std::vector<Host> hosts;
  for (std::uint8_t i = 1; i <= 3; ++i) hosts.emplace_back(i, Manner{.long_name = ""});
  Millis clock = 1'700'000'000'000;
  for (int i = 0; i < messages; ++i) {
    Said said;
    clock += dice.between(-5'000, 60'000);
    said.stamp = said.time = clock;
    said.stream = "stdout";
    for (std::uint32_t line = 0; line <= dice.below(3); ++line) {
      texts.push_back(fmt::format("line {} of {}", line, i));
      said.bytes += (said.bytes.empty() ? "" : "\n") + texts.back();
    }
    hosts[dice.below(3)].say(std::move(said));
  }
  return hosts;
}

SinkSettings settings_of(bool from_beginning) {
  SinkSettings settings;
  settings.name = "test";
  settings.from_beginning = from_beginning;
  return settings;
}

std::unique_ptr<PortionReader> reader_of(const std::string& path, const SinkSettings& settings) {
  auto reader = PortionReader::open(path, settings);
  REQUIRE(reader);
  auto begun = (*reader)->begin(1);
  REQUIRE(begun);
  return std::move(*reader);
}

/// Appends the lines of a text.
void add_lines(std::vector<std::string>& lines, const std::string& text) {
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
}

/// All that is there now, as it is taken and saved.
std::vector<std::string> take_all(PortionReader& reader, std::uint64_t most_bytes = 100'000) {
  std::vector<std::string> lines;
  for (bool more = true; more;) {
    auto portion = reader.next(most_bytes);
    REQUIRE(portion);
    add_lines(lines, portion->text);
    reader.given(portion->steps);
    REQUIRE(reader.save(portion->steps, 1));
    more = portion->more;
  }
  return lines;
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// A feed of these texts, each a message of one line.
void add_messages(Store& store, const KeyPair& keys, int first, int last, std::optional<FeedState>& state) {
  auto batch = Batch::begin(store, Durability::normal);
  REQUIRE(batch);
  for (int i = first; i <= last; ++i) {
    auto message =
        sign(keys, state, 1000.0 + i, fmt::format(R"({{"type":"log","text":"line {}"}})", i), nullptr);
    REQUIRE(message);
    state = message->state();
    REQUIRE(batch->append(*message));
  }
  REQUIRE(batch->commit(0));
}

}  // namespace

TEST_CASE("portions have all lines together, each once, however they arrive and wherever it is begun anew") {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    std::vector<std::string> wanted;
    const auto hosts = talking_hosts(dice, 150, wanted);
    const TempDir folder;
    Shelf shelf(hosts, folder / "store");
    const auto settings = settings_of(true);
    auto reader = reader_of(folder / "store", settings);
    std::vector<std::string> got;
    for (bool more = true; more || !shelf.complete();) {
      if (!shelf.complete()) shelf.take_something(dice, 20);
      auto portion = reader->next(1 + dice.below(3000));
      REQUIRE(portion);
      more = portion->more;
      if (dice.one_in(3) && !portion->ends.empty()) {  // the program takes a part of it, and dies
        const PortionRest rest{portion->spans, dice.below(static_cast<std::uint32_t>(portion->ends.size())),
                               0, portion->digest};
        const auto taken = rest.skipped == 0 ? 0 : portion->ends[rest.skipped - 1].bytes;
        if (rest.skipped > 0) {
          add_lines(got, portion->text.substr(0, taken));
          portion = reader->rest_of(rest);
          REQUIRE(portion);
          CHECK(portion->skipped == rest.skipped);
          more = portion->more;
        }
      }
      reader->given(portion->steps);
      if (portion->skipped == 0 && dice.one_in(3)) {  // it is not taken, since the program or the daemon dies
        reader = reader_of(folder / "store", settings);
        more = true;
        continue;
      }
      add_lines(got, portion->text);
      REQUIRE(reader->save(portion->steps, 1));
    }
    for (std::string& line : got) line.erase(0, line.find(": ") + 2);
    CHECK(sorted(got) == sorted(wanted));
  }
}

TEST_CASE("of a portion that reads otherwise, since a clock became known, nothing is cut off") {
  const TempDir folder;
  auto store = Store::open(folder / "store", OpenMode::create);
  REQUIRE(store);
  std::optional<FeedState> states[2];
  const auto say = [&](std::uint8_t host, Millis stamp, const std::string& content) {
    auto batch = Batch::begin(*store, Durability::normal);
    REQUIRE(batch);
    auto message = sign(keys_of(host), states[host - 1], static_cast<double>(stamp), content, nullptr);
    REQUIRE(message);
    states[host - 1] = message->state();
    REQUIRE(batch->append(*message));
    REQUIRE(batch->commit(1));
  };
  // A host that booted without a clock, and learns the time behind the portion.
  const auto kernel = [&](Millis time, Millis up, int offset, const std::string& text) {
    say(1, time,
        fmt::format(R"({{"type":"log","stream":"kernel","text":"{}","chunk":{{"run":"00000000000000aa",)"
                    R"("offset":{},"time":{},"boot":"0000aaaa","up":{}}}}})",
                    text, offset, time, up));
  };
  constexpr Millis noon = 1'795'276'800'000;
  kernel(5'000, 5'000, 0, "early 1");
  kernel(6'000, 6'000, 8, "early 2");
  say(2, noon, R"({"type":"log","text":"web"})");
  auto reader = reader_of(folder / "store", settings_of(true));
  auto portion = reader->next(100'000);
  REQUIRE(portion);
  REQUIRE(portion->ends.size() == 3);
  const PortionRest rest{portion->spans, 1, 1, portion->digest};
  auto same = reader->rest_of(rest);
  REQUIRE(same);
  CHECK(same->skipped == 1);
  CHECK(same->ends.size() == 2);
  kernel(noon + 60'000, 65'000, 16, "late");
  auto other = reader->rest_of(rest);
  REQUIRE(other);
  CHECK(other->skipped == 0);
  CHECK(other->ends.size() == 3);
  CHECK(other->text.find("web") < other->text.find("early 1"));
  CHECK(other->troubles.size() == 1);
}

TEST_CASE("a new sink begins now, and is given what comes") {
  const TempDir folder;
  auto store = Store::open(folder / "store", OpenMode::create);
  REQUIRE(store);
  std::optional<FeedState> state, late;
  add_messages(*store, keys_of(1), 1, 5, state);
  auto reader = reader_of(folder / "store", settings_of(false));
  CHECK(take_all(*reader).empty());
  add_messages(*store, keys_of(1), 6, 7, state);
  CHECK(take_all(*reader).size() == 2);
  // A feed that is new here is given whole, though its lines are older.
  add_messages(*store, keys_of(2), 1, 3, late);
  CHECK(take_all(*reader).size() == 3);
  const SinkLag none = *lag_of(*store, **read_cursor(*store, "test"), {});
  CHECK(none.messages == 0);
  add_messages(*store, keys_of(2), 4, 9, late);
  CHECK(lag_of(*store, **read_cursor(*store, "test"), {})->messages == 6);
}

TEST_CASE("portions keep to their size, and go on in the order of receipt") {
  const TempDir folder;
  auto store = Store::open(folder / "store", OpenMode::create);
  REQUIRE(store);
  std::optional<FeedState> states[2];
  for (int round = 0; round < 50; ++round) {
    for (std::uint8_t host = 0; host < 2; ++host)
      add_messages(*store, keys_of(static_cast<std::uint8_t>(host + 1)), round * 10, round * 10 + 9,
                   states[host]);
  }
  auto reader = reader_of(folder / "store", settings_of(true));
  std::size_t portions = 0;
  for (bool more = true; more; ++portions) {
    auto portion = reader->next(2000);
    REQUIRE(portion);
    CHECK(portion->text.size() <= 2000);
    // Both feeds came side by side, so neither is far ahead.
    std::map<FeedId, Seq> last;
    for (const auto& [id, mark] : portion->steps) last[id] = mark.sequence;
    if (last.size() == 2) {
      const auto [low, high] = std::minmax(last.begin()->second, last.rbegin()->second);
      CHECK(high - low <= 20);
    }
    reader->given(portion->steps);
    more = portion->more;
  }
  CHECK(portions >= 1000 * 40 / 2000);
}

TEST_CASE("a feed that is forgotten and comes back is not given twice") {
  const TempDir folder;
  auto store = Store::open(folder / "store", OpenMode::create);
  REQUIRE(store);
  std::optional<FeedState> state;
  add_messages(*store, keys_of(1), 1, 8, state);
  auto reader = reader_of(folder / "store", settings_of(true));
  CHECK(take_all(*reader).size() == 8);
  {
    auto batch = Batch::begin(*store, Durability::normal);
    REQUIRE(batch);
    auto row = store->feed(keys_of(1).id());
    REQUIRE(row);
    REQUIRE(forget_feed(*batch, **row));
    REQUIRE(batch->commit(0));
  }
  CHECK(take_all(*reader).empty());
  std::optional<FeedState> again;
  add_messages(*store, keys_of(1), 1, 5, again);
  CHECK(take_all(*reader).empty());
  add_messages(*store, keys_of(1), 6, 10, again);
  CHECK(take_all(*reader).size() == 2);
}

TEST_CASE("of a feed that goes on with the other branch of its fork, that branch is given, once") {
  const TempDir folder;
  auto store = Store::open(folder / "store", OpenMode::create);
  REQUIRE(store);
  const KeyPair keys = keys_of(1);
  std::optional<FeedState> state, at_fork;
  add_messages(*store, keys, 1, 3, state);
  at_fork = state;
  add_messages(*store, keys, 4, 8, state);
  auto reader = reader_of(folder / "store", settings_of(true));
  CHECK(take_all(*reader).size() == 8);
  std::vector<Verified> branch;
  for (int i = 0; i < 3; ++i) {
    auto message =
        sign(keys, at_fork, 5000.0 + i, fmt::format(R"({{"type":"log","text":"other {}"}})", i), nullptr);
    REQUIRE(message);
    at_fork = message->state();
    branch.push_back(std::move(*message));
  }
  {
    auto batch = Batch::begin(*store, Durability::normal);
    REQUIRE(batch);
    auto row = store->feed(keys.id());
    REQUIRE(row);
    auto noted = note_fork(*batch, **row, 4, branch[0].state().key, branch[0]->text, nullptr, 1);
    REQUIRE(noted);
    CHECK(*noted);
    REQUIRE(batch->commit(0));
  }
  CHECK(take_all(*reader).empty());
  const auto change = [&](const std::function<void(Batch&)>& use) {
    auto batch = Batch::begin(*store, Durability::normal);
    REQUIRE(batch);
    use(*batch);
    REQUIRE(batch->commit(0));
  };
  change([&](Batch& batch) {
    auto cut = CutFeed::begin(batch, keys.id(), 3, nullptr);
    REQUIRE(cut);
    REQUIRE(cut->finish());
  });
  CHECK(take_all(*reader).empty());
  change([&](Batch& batch) { REQUIRE(batch.append(branch[0])); });
  const auto first = take_all(*reader);
  REQUIRE(first.size() == 1);
  CHECK(first.front().ends_with("other 0"));
  change([&](Batch& batch) {
    for (std::size_t i = 1; i < branch.size(); ++i) REQUIRE(batch.append(branch[i]));
  });
  CHECK(take_all(*reader).size() == 2);
  CHECK(take_all(*reader_of(folder / "store", settings_of(true))).empty());
}

TEST_CASE("a long line is not cut by a portion") {
  const TempDir folder;
  auto store = Store::open(folder / "store", OpenMode::create);
  REQUIRE(store);
  std::optional<FeedState> state;
  auto batch = Batch::begin(*store, Durability::normal);
  REQUIRE(batch);
  constexpr int pieces = 100, size = 4000;
  for (int i = 0; i < pieces; ++i) {
    auto message =
        sign(keys_of(1), state, 1000.0 + i,
             fmt::format(R"({{"type":"log","text":"{}","chunk":{{"run":"00000000000000aa","offset":{}{}}}}})",
                         std::string(size, 'x'), i * size, i + 1 < pieces ? R"(,"more":true)" : ""),
             nullptr);
    REQUIRE(message);
    state = message->state();
    REQUIRE(batch->append(*message));
  }
  REQUIRE(batch->commit(0));
  auto reader = reader_of(folder / "store", settings_of(true));
  const auto lines = take_all(*reader, 4096);
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().size() > pieces * size);
}
