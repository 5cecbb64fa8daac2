// SPDX-License-Identifier: MIT
#include "assemble/sweep.h"

#include "assemble/format/text.h"
#include "assemble/raw.h"
#include "assemble/reference.h"
#include "assemble/tail.h"

#include <sstream>

using namespace ssblog;

namespace {

struct Swept {
  std::string text;
  std::vector<LinePosition> positions;
};

/// All that a sweep gives.
Swept read_out(Result<Sweep> sweep) {
  Swept swept;
  REQUIRE(sweep);
  TextWriter writer([&](std::string_view text) {
    swept.text += text;
    return Result<void>();
  });
  SweptLine line;
  for (;;) {
    auto more = sweep->next(line);
    REQUIRE(more);
    if (!*more) break;
    swept.positions.push_back(line.position);
    REQUIRE(writer.write(*sweep, line));
  }
  REQUIRE(writer.flush());
  return swept;
}

Swept sweep_all(Store& store, const Selection& selection = {}, const LinePosition& from = {},
                const Picked& picked = nullptr) {
  auto snapshot = ReadTransaction::begin(store.database());
  REQUIRE(snapshot);
  return read_out(Sweep::begin(store, selection, from, {}, picked));
}

Swept sweep_some(Store& store, const std::map<FeedId, MessageSpan>& spans) {
  auto snapshot = ReadTransaction::begin(store.database());
  REQUIRE(snapshot);
  return read_out(Sweep::of(store, {}, spans));
}

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool strictly_ascending(const std::vector<LinePosition>& positions) {
  return std::adjacent_find(positions.begin(), positions.end(),
                            [](const LinePosition& a, const LinePosition& b) { return !(a < b); }) ==
         positions.end();
}

/// A shelf that got its messages in some order.
Shelf filled(Dice& dice, const std::vector<Host>& hosts) {
  Shelf shelf(hosts);
  while (!shelf.complete()) shelf.take_something(dice, 20);
  return shelf;
}

std::string raw_bytes(Store& store, const RawStream& stream, std::vector<RawGap>& gaps) {
  std::string bytes;
  auto written = write_raw(store, stream, [&](std::string_view part) {
    bytes += part;
    return Result<void>();
  });
  REQUIRE(written);
  gaps = *written;
  return bytes;
}

}  // namespace

TEST_CASE("the lines of a store come in the one order, each once") {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const auto hosts = some_hosts(dice, 1 + seed % 5, 60, Manner());
    Shelf shelf = filled(dice, hosts);
    const Reference reference(hosts, shelf.counts());
    const Swept swept = sweep_all(shelf.store());
    REQUIRE(swept.text == reference.text());
    CHECK(strictly_ascending(swept.positions));
    REQUIRE(swept.positions.size() == reference.lines().size());
  }
}

TEST_CASE("a sweep can begin at every line") {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const auto hosts = some_hosts(dice, 3, 25, Manner());
    Shelf shelf = filled(dice, hosts);
    const Swept all = sweep_all(shelf.store());
    std::size_t begin = 0;
    for (const LinePosition& position : all.positions) {
      const std::string rest = sweep_all(shelf.store(), {}, position).text;
      REQUIRE(rest == all.text.substr(begin));
      begin = all.text.find('\n', begin) + 1;
    }
  }
}

TEST_CASE("words choose lines, wherever their pieces lie") {
  std::size_t found = 0, left_out = 0;
  for (std::uint32_t seed = 1; seed <= 25; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const auto hosts = some_hosts(dice, 3, 60, Manner());
    Shelf shelf = filled(dice, hosts);
    const Reference reference(hosts, shelf.counts());
    static const std::vector<std::string> words = {"zz",  "a",        "\\",  " a",   "aa",
                                                   "zza", "\xc3\xa9", "gap", "start"};
    for (int round = 0; round < 12; ++round) {
      CAPTURE(round);
      Selection selection;
      const std::uint32_t count = 1 + dice.below(3);
      for (std::uint32_t i = 0; i < count; ++i)
        selection.texts.push_back({dice.pick(words), false, false, dice.one_in(4)});
      if (dice.one_in(3)) selection.host = NameChoice("host1");
      if (dice.one_in(3)) selection.since = dice.pick(reference.lines()).order;
      const auto wanted = [&](const RefLine& line) {
        return (!selection.since || line.order >= *selection.since) &&
               selection.wants_host(line.feed, line.host) &&
               std::all_of(selection.texts.begin(), selection.texts.end(), [&](const TextRule& rule) {
                 return (line.bytes.find(rule.text) != std::string::npos) != rule.without;
               });
      };
      const std::string text = sweep_all(shelf.store(), selection).text;
      REQUIRE(text == reference.text(wanted));
      (text.empty() ? left_out : found) += 1;

      const std::uint64_t lines = 1 + dice.below(10);
      auto tail = find_tail(shelf.store(), selection, lines);
      REQUIRE(tail);
      Selection last = selection;
      last.since = tail->since ? *tail->since : selection.since;
      const std::string end = sweep_all(shelf.store(), last, {}, tail->picked).text;
      CHECK(text.ends_with(end));
      if (tail->since) CHECK(static_cast<std::uint64_t>(std::count(end.begin(), end.end(), '\n')) >= lines);
      if (!tail->since) CHECK(end == text);
    }
  }
  CHECK(found > 100);
  CHECK(left_out > 10);
}

TEST_CASE("a selection gives the lines that fit it, in the same order") {
  for (std::uint32_t seed = 1; seed <= 15; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const auto hosts = some_hosts(dice, 3, 60, Manner());
    Shelf shelf = filled(dice, hosts);
    const Reference reference(hosts, shelf.counts());
    REQUIRE(!reference.lines().empty());
    for (int round = 0; round < 12; ++round) {
      CAPTURE(round);
      Selection selection;
      if (dice.one_in(2)) selection.since = dice.pick(reference.lines()).order + dice.between(-1, 1);
      if (dice.one_in(2)) selection.until = dice.pick(reference.lines()).order + dice.between(-1, 1);
      if (dice.one_in(3)) selection.feeds.push_back(dice.pick(hosts).id());
      if (dice.one_in(3)) selection.job = "job0";
      if (dice.one_in(3)) selection.stream = dice.one_in(3) ? "" : "stdout";
      if (dice.one_in(3)) selection.source = "host1";
      const auto wanted = [&](const RefLine& line) {
        return (!selection.since || line.order >= *selection.since) &&
               (!selection.until || line.order <= *selection.until) && selection.wants_feed(line.feed) &&
               selection.job.wants(line.job) && selection.stream.wants(line.stream) &&
               selection.source.wants(line.source);
      };
      const std::string text = sweep_all(shelf.store(), selection).text;
      REQUIRE(text == reference.text(wanted));

      // The last lines of the selection.
      const auto count = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
      const std::uint64_t lines = 1 + dice.below(40);
      auto tail = find_tail(shelf.store(), selection, lines);
      REQUIRE(tail);
      if (tail->since) {
        Selection last = selection;
        last.since = std::max(*tail->since, selection.since.value_or(0));
        const std::string end = sweep_all(shelf.store(), last).text;
        REQUIRE(sweep_all(shelf.store(), last, {}, tail->picked).text == end);
        CHECK(static_cast<std::uint64_t>(std::count(end.begin(), end.end(), '\n')) >= lines);
        CHECK(text.ends_with(end));
      } else if (!selection.since) {
        const auto gaps = std::count_if(reference.lines().begin(), reference.lines().end(),
                                        [](const RefLine& line) { return line.piece == 0; });
        CHECK(count < lines + static_cast<std::size_t>(gaps));
      }
    }
  }
}

TEST_CASE("portions of what arrived have all lines together, each once, and each portion in the one order") {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    // Without gaps that are filled later: such bytes are told where they came.
    std::vector<Host> hosts;
    for (std::uint8_t i = 1; i <= 3; ++i) hosts.emplace_back(i, Manner{.wild = false, .long_name = ""});
    for (int i = 0; i < 200; ++i) hosts[dice.below(3)].say_something(dice);
    Shelf shelf(hosts);
    shelf.take_all();
    const std::string whole = sweep_all(shelf.store(), {}).text;
    std::multiset<std::string> wanted, got;
    for (const std::string& line : lines_in(whole)) wanted.insert(line);
    std::map<FeedId, MessageSpan> at;
    for (bool more = true; more;) {
      more = false;
      for (std::size_t i = 0; i < hosts.size(); ++i) {
        MessageSpan& span = at[hosts[i].id()];
        const auto tip = static_cast<Seq>(hosts[i].messages().size());
        span.behind = span.last;
        span.last = std::min<Seq>(tip, span.last + dice.below(12));
        // No line is cut by the portion.
        auto row = shelf.store().feed(hosts[i].id());
        REQUIRE(row);
        Timeline timeline(shelf.store());
        for (;;) {
          auto grown = timeline.grown_behind(RowId::of((*row)->number, span.behind + 1),
                                             RowId::of((*row)->number, span.last));
          REQUIRE(grown);
          if (!*grown) break;
          span.last = (*grown)->sequence();
        }
        more = more || span.last < tip;
      }
      const Swept portion = sweep_some(shelf.store(), at);
      CHECK(strictly_ascending(portion.positions));
      for (const std::string& line : lines_in(portion.text)) got.insert(line);
    }
    CHECK(got == wanted);
  }
}

TEST_CASE("a line that is cut by a portion goes on in the next one") {
  Store store = empty_store();
  const KeyPair keys = keys_of(1);
  std::optional<FeedState> state;
  auto batch = Batch::begin(store, Durability::normal);
  REQUIRE(batch);
  const char* chunks[] = {R"("text":"be","chunk":{"run":"00000000000000aa","offset":0,"more":true})",
                          R"("text":"gin","chunk":{"run":"00000000000000aa","offset":2,"more":true})",
                          R"("text":"ning\nnext","chunk":{"run":"00000000000000aa","offset":5})"};
  for (const char* chunk : chunks) {
    auto message =
        sign(keys, state, 1000, fmt::format(R"({{"type":"log","stream":"stdout",{}}})", chunk), nullptr);
    REQUIRE(message);
    state = message->state();
    REQUIRE(batch->append(*message));
  }
  REQUIRE(batch->commit(0));
  const auto texts = [&](Seq behind, Seq last) {
    std::string told;
    for (const std::string& line : lines_in(sweep_some(store, {{keys.id(), {behind, last}}}).text))
      told += line.substr(line.find(": ") + 2) + "|";
    return told;
  };
  CHECK(texts(0, 3) == "beginning|next|");
  CHECK(texts(0, 1) == "be|");
  CHECK(texts(0, 2) == "begin|");
  CHECK(texts(1, 2) == "gin|");
  CHECK(texts(1, 3) == "ginning|next|");
  CHECK(texts(2, 3) == "ning|next|");
  CHECK(texts(3, 3).empty());
}

TEST_CASE("a line over many messages stands once, as far as it is known") {
  std::vector<Host> hosts;
  hosts.emplace_back(1, Manner());
  std::string whole;
  for (int i = 0; i < 50; ++i) {
    Said said{
        .kind = Kind::chunk, .time = 1000 + i * 1000, .stamp = 1000 + i * 1000, .run = "0000000000000001"};
    said.offset = whole.size();
    said.bytes = std::string(3000, static_cast<char>('a' + i % 26));
    said.more = i < 49;
    whole += said.bytes;
    hosts.back().say(said);
    hosts.back().say({.kind = Kind::alone, .time = said.time, .stamp = said.time, .bytes = "between"});
  }
  Shelf shelf(hosts);
  for (std::size_t known = 1; known <= 50; ++known) {
    shelf.take(0, 2);
    const std::string text = sweep_all(shelf.store()).text;
    REQUIRE(text.substr(0, text.find('\n')).ends_with("[]: " + whole.substr(0, known * 3000)));
    REQUIRE(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) == 1 + known);
  }
}

TEST_CASE("bytes come back as they came in, with the gaps named") {
  for (std::uint32_t seed = 1; seed <= 25; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    Manner manner;
    manner.wild = seed % 5 != 0;
    const auto hosts = some_hosts(dice, 2, 80, manner);
    Shelf shelf = filled(dice, hosts);
    const Reference reference(hosts, shelf.counts());
    auto streams = raw_streams(shelf.store(), {});
    REQUIRE(streams);
    CHECK(streams->size() >= 4);
    for (const RawStream& stream : *streams) {
      std::uint64_t missing = 0;
      const std::string expected = reference.raw(stream.feed.id, stream.job, stream.stream, missing);
      std::vector<RawGap> gaps;
      REQUIRE(raw_bytes(shelf.store(), stream, gaps) == expected);
      for (const RawGap& gap : gaps) missing -= gap.bytes;
      CHECK(missing == 0);
      if (!manner.wild) CHECK(gaps.empty());
    }
  }
}

TEST_CASE("a gap that is filled later leaves none") {
  std::vector<Host> hosts;
  hosts.emplace_back(1, Manner());
  const std::string text = "one\ntwo\nthree\nfour\n";
  const auto say = [&](std::size_t begin, std::size_t end) {
    hosts.back().say({.kind = Kind::chunk,
                      .time = 1000,
                      .stamp = 1000,
                      .run = "0000000000000001",
                      .offset = begin,
                      .bytes = text.substr(begin, end - begin - 1)});
  };
  say(8, 14);
  say(14, 19);
  say(0, 4);
  Shelf shelf(hosts);
  shelf.take_all();
  auto streams = raw_streams(shelf.store(), {});
  REQUIRE(streams);
  std::vector<RawGap> gaps;
  CHECK(raw_bytes(shelf.store(), streams->front(), gaps) == "one\nthree\nfour\n");
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].offset == 4);
  CHECK(gaps[0].bytes == 4);

  say(2, 10);  // overlaps on both sides
  shelf.take_all();
  CHECK(raw_bytes(shelf.store(), streams->front(), gaps) == text);
  CHECK(gaps.empty());
}
