// SPDX-License-Identifier: MIT
#include "assemble/pick_messages.h"

#include "assemble/format/text.h"
#include "assemble/reference.h"
#include "assemble/sweep.h"
#include "assemble/tail.h"
#include "store/cut.h"
#include "temp_dir.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace ssblog;

namespace {

std::string swept(Store& store, const Selection& selection, const Picked& picked = nullptr) {
  auto snapshot = ReadTransaction::begin(store.database());
  REQUIRE(snapshot);
  auto sweep = Sweep::begin(store, selection, {}, {}, picked);
  REQUIRE(sweep);
  std::string text;
  TextWriter writer([&](std::string_view part) {
    text += part;
    return Result<void>();
  });
  SweptLine line;
  for (;;) {
    auto more = sweep->next(line);
    REQUIRE(more);
    if (!*more) break;
    REQUIRE(writer.write(*sweep, line));
  }
  REQUIRE(writer.flush());
  return text;
}

SearchIndex opened(const std::string& path, Store& store) {
  auto index = SearchIndex::open(path, store, OpenMode::create);
  REQUIRE_MESSAGE(index, index.error().text);
  REQUIRE(*index);
  return std::move(**index);
}

void take_all(SearchIndex& index, std::uint64_t step = 1000) {
  for (;;) {
    auto left = index.take(step);
    REQUIRE_MESSAGE(left, left.error().text);
    if (*left == 0) return;
  }
}

/// With and without the index the same, at any moment. True: the index helped, and something was found.
bool agree(Store& store, SearchIndex& index, const Selection& selection) {
  auto picked = pick_messages(index, selection);
  REQUIRE(picked);
  const std::string text = swept(store, selection);
  REQUIRE(swept(store, selection, *picked) == text);
  for (const std::uint64_t lines : {1, 3, 20}) {
    auto plain = find_tail(store, selection, lines);
    auto tail = find_tail(store, selection, lines, *picked);
    REQUIRE(plain);
    REQUIRE(tail);
    REQUIRE(tail->since == plain->since);
    Selection last = selection;
    if (tail->since) last.since = tail->since;
    REQUIRE(swept(store, last, tail->picked) == swept(store, last));
  }
  return *picked && !text.empty();
}

Selection words_of(std::vector<TextRule> texts) {
  Selection selection;
  selection.right_clocks = true;
  selection.texts = std::move(texts);
  return selection;
}

}  // namespace

TEST_CASE("what stands in a line has all its grams there") {
  // What a search in any case takes for the same.
  using Letters = std::vector<std::string>;
  const std::vector<Letters> alphabet = {{"a", "A"},
                                         {"k", "K", "\xe2\x84\xaa"},
                                         {"s", "S", "\xc5\xbf"},
                                         {"\xc3\xa4", "\xc3\x84"},
                                         {"\xce\xa3", "\xcf\x82", "\xcf\x83"},
                                         {"\xc7\x84", "\xc7\x85", "\xc7\x86"},
                                         {"\xe6\x97\xa5"},
                                         {"\xf0\x9f\x98\x80"},
                                         {"\""},
                                         {"1"}};
  const std::vector<std::string> foreign = {"\xff", "\xc3", "\xe6\x97", "\xed\xa0\x80", std::string(1, '\0')};
  Dice dice(7);
  GramCutter cutter;
  std::size_t looked_at = 0;
  for (int round = 0; round < 5'000; ++round) {
    CAPTURE(round);
    const auto other_bytes = [&] {
      std::string bytes;
      for (std::uint32_t i = dice.below(4); i > 0; --i)
        bytes += dice.one_in(2) ? dice.pick(foreign) : dice.pick(dice.pick(alphabet));
      return bytes;
    };
    std::string line = other_bytes(), word;
    for (std::uint32_t i = 1 + dice.below(8); i > 0; --i) {
      const Letters& letters = dice.pick(alphabet);
      line += dice.pick(letters);
      word += dice.pick(letters);
    }
    line += other_bytes();
    auto pattern = TextPattern::make({word, false, true, false});
    REQUIRE(pattern);
    REQUIRE(pattern->stands_in(line));
    const std::string grams = cutter.cut("x\n" + line + "\ny");
    for (const std::string& gram : grams_of_word(word, 16)) {
      ++looked_at;
      bool is_there = false;
      for (std::size_t at = 0; at < grams.size(); at += gram_size)
        is_there |= grams.substr(at, gram_size) == gram;
      REQUIRE(is_there);
    }
  }
  CHECK(looked_at > 5'000);
}

TEST_CASE("grams are three characters of one line, each once") {
  GramCutter cutter;
  CHECK(cutter.cut("abcabc") == "abcbcacab");
  CHECK(cutter.cut("ab\ncd\nefg") == "efg");
  CHECK(cutter.cut("ABC abc") == "abcbc c a ab");
  CHECK(cutter.cut("").empty());
  CHECK(grams_of_word("ab", 16).empty());
  CHECK(grams_of_word("abc", 16) == std::vector<std::string>{"abc"});
  const auto few = grams_of_word("abcdefghij", 3);
  CHECK(few == std::vector<std::string>{"abc", "def", "hij"});
}

TEST_CASE("with and without an index a search finds the same") {
  std::size_t helped = 0;
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const TempDir folder;
    Manner manner;
    manner.line_size = 60;
    const auto hosts = some_hosts(dice, 3, 80, manner);
    Shelf shelf(hosts);
    SearchIndex index = opened(folder / "search.db", shelf.store());
    while (!shelf.complete()) {
      shelf.take_something(dice, 30);
      if (dice.one_in(2)) REQUIRE(index.take(1 + dice.below(40)));
      const Reference reference(hosts, shelf.counts());
      if (reference.lines().empty()) continue;
      for (int round = 0; round < 6; ++round) {
        CAPTURE(round);
        std::vector<TextRule> texts;
        for (std::uint32_t i = 1 + dice.below(2); i > 0; --i) {
          const std::string& bytes = dice.pick(reference.lines()).bytes;
          std::string word = bytes.substr(
              bytes.empty() ? 0 : dice.below(static_cast<std::uint32_t>(bytes.size())), 1 + dice.below(12));
          word = decode_utf8(as_bytes(word));
          if (word.empty() || word.find('\n') != std::string::npos) word = "start";
          texts.push_back({word, false, dice.one_in(2), false});
        }
        Selection selection = words_of(std::move(texts));
        if (dice.one_in(3)) selection.since = dice.pick(reference.lines()).order;
        helped += agree(shelf.store(), index, selection) ? 1U : 0U;
      }
    }
  }
  CHECK(helped > 100);
}

TEST_CASE("an index knows when its file was taken away from it") {
  const TempDir folder;
  Store store = empty_store();
  const std::string path = folder / "search.db";
  SearchIndex index = opened(path, store);
  CHECK_FALSE(index.is_detached());
  REQUIRE(std::filesystem::remove(path));
  CHECK(index.is_detached());
  const SearchIndex other = opened(path, store);
  CHECK(index.is_detached());
  CHECK_FALSE(other.is_detached());
}

TEST_CASE("an index knows when its store is another, or is not what it was") {
  const TempDir folder;
  Dice dice(3);
  Manner manner;
  manner.wild = false;
  auto hosts = some_hosts(dice, 2, 40, manner);
  {
    Shelf shelf(hosts, folder / "store");
    shelf.take_all();
    SearchIndex index = opened(folder / "search.db", shelf.store());
    take_all(index, 7);
    CHECK(*index.behind() == 0);
    REQUIRE(index.settle());
    CHECK(agree(shelf.store(), index, words_of({{"start", false, true, false}})));
  }
  const auto copy = [&](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(folder / from, folder / to, std::filesystem::copy_options::overwrite_existing);
  };
  SUBCASE("the store was set back, and went on otherwise") {
    std::filesystem::remove(folder / "store-wal");
    copy("store", "before");
    Dice again(3);
    auto other = some_hosts(again, 2, 40, manner);  // the same
    for (int i = 0; i < 30; ++i) {
      hosts[0].say_something(dice);
      Said said;
      said.stamp = said.time = 1'700'000'900'000;
      said.bytes = "needle one";
      hosts[0].say(said);
      said.bytes = "needle two";
      for (int more = 0; more < 3; ++more) other[0].say(said);  // longer than what the index knows
    }
    {
      auto store = *Store::open(folder / "store", OpenMode::read_write);
      auto batch = Batch::begin(store, Durability::normal);
      for (std::size_t i = 40; i < hosts[0].messages().size(); ++i)
        REQUIRE(batch->append(hosts[0].messages()[i]));
      REQUIRE(batch->commit(0));
      SearchIndex index = opened(folder / "search.db", store);
      take_all(index);
    }
    std::filesystem::remove(folder / "store-wal");
    copy("before", "store");
    auto store = *Store::open(folder / "store", OpenMode::read_write);
    auto batch = Batch::begin(store, Durability::normal);
    for (std::size_t i = 40; i < other[0].messages().size(); ++i)
      REQUIRE(batch->append(other[0].messages()[i]));
    REQUIRE(batch->commit(0));
    SearchIndex index = opened(folder / "search.db", store);
    CHECK(*index.behind() > 0);
    CHECK(agree(store, index, words_of({{"needle two", false, true, false}})));
    take_all(index);
    CHECK(*index.stale() > 0);
    CHECK(*index.behind() == 0);
    CHECK(agree(store, index, words_of({{"needle two", false, true, false}})));
    CHECK_FALSE(agree(store, index, words_of({{"needle one", false, true, false}})));
  }
  SUBCASE("a feed was cut") {
    auto store = *Store::open(folder / "store", OpenMode::read_write);
    SearchIndex index = opened(folder / "search.db", store);
    {
      auto batch = Batch::begin(store, Durability::normal);
      auto cut = CutFeed::begin(*batch, hosts[0].id(), 20, nullptr);
      REQUIRE(cut);
      REQUIRE(cut->finish());
      REQUIRE(batch->commit(0));
    }
    CHECK(*index.behind() == 20);
    CHECK(agree(store, index, words_of({{"start", false, true, false}})));
    take_all(index);
    CHECK(*index.stale() == 40);
    CHECK(agree(store, index, words_of({{"start", false, true, false}})));
  }
  SUBCASE("another store") {
    Shelf shelf(hosts);
    shelf.take(1, 40);
    auto read = SearchIndex::open(folder / "search.db", shelf.store(), OpenMode::read_only);
    REQUIRE(read);
    CHECK_FALSE(*read);
    SearchIndex index = opened(folder / "search.db", shelf.store());
    CHECK(*index.behind() == 40);
    CHECK(agree(shelf.store(), index, words_of({{"start", false, true, false}})));
  }
  SUBCASE("a file that is none") {
    Shelf shelf(hosts);
    std::ofstream(folder / "search.db", std::ios::trunc) << std::string(10'000, 'x');
    std::filesystem::remove(folder / "search.db-wal");
    auto index = SearchIndex::open(folder / "search.db", shelf.store(), OpenMode::read_write);
    REQUIRE_FALSE(index);
    CHECK(index.error().code == Code::data);
    auto store = SearchIndex::open(folder / "store", shelf.store(), OpenMode::read_write);
    REQUIRE_FALSE(store);
    CHECK(store.error().text.find("no search index") != std::string::npos);
  }
  SUBCASE("there is none") {
    Shelf shelf(hosts);
    auto index = SearchIndex::open(folder / "nothing.db", shelf.store(), OpenMode::read_write);
    REQUIRE(index);
    CHECK_FALSE(*index);
  }
}
