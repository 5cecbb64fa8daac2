// SPDX-License-Identifier: MIT
// tests/assemble/unset_clock_test.cc - lines of hosts whose clock was not set when they began, shown where they belong.
#include "assemble/format/jsonl.h"
#include "assemble/format/text.h"
#include "assemble/sweep.h"
#include "assemble/tail.h"
#include "assemble/world.h"

#include "feed/boot_clock.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ssblog;

namespace {

constexpr Millis noon = 1'795'276'800'000;

/// A store that takes what hosts sign.
class Signed {
 public:
  void say(std::uint8_t host, const std::string& content, Millis stamp) {
    const KeyPair keys = keys_of(host);
    auto& state = states_[host];
    auto message = sign(keys, state, static_cast<double>(stamp), content, nullptr);
    REQUIRE(message);
    state = message->state();
    auto batch = Batch::begin(store, Durability::normal);
    REQUIRE(batch);
    REQUIRE(batch->append(*message));
    REQUIRE(batch->commit(1));
  }

  /// Lines of a kernel that share a chunk: `time` and `up` are of the first, the others come 100 ms one behind the other.
  void kernel(std::uint8_t host, std::string_view boot, Millis time, Millis up,
              const std::vector<std::string>& lines) {
    const std::string text = fmt::format("{}", fmt::join(lines, "\\n"));
    std::string steps;
    for (std::size_t i = 1; i < lines.size(); ++i) steps += i > 1 ? " 100" : "100";
    auto& offset = offsets_[host];
    say(host,
        fmt::format(
            R"({{"type":"log","stream":"kernel","text":"{}","chunk":{{"run":"00000000000000aa","offset":{},)"
            R"("time":{},"at":"{}","boot":"{}","up":{}}}}})",
            text, offset, time, steps, boot, up),
        time);
    for (const std::string& line : lines) offset += line.size() + 1;
  }

  Store store = empty_store();

 private:
  std::map<std::uint8_t, std::optional<FeedState>> states_;
  std::map<std::uint8_t, std::size_t> offsets_;
};

struct Shown {
  std::string text, json;
  std::vector<LinePosition> positions;
};

Shown shown(Store& store, Selection selection, const LinePosition& from = {}) {
  selection.right_clocks = true;
  Shown shown;
  auto sweep = Sweep::begin(store, selection, from);
  REQUIRE(sweep);
  const auto into = [](std::string& to) {
    return [&to](std::string_view text) {
      to += text;
      return Result<void>();
    };
  };
  TextWriter writer(into(shown.text));
  JsonlWriter json(into(shown.json));
  SweptLine line;
  for (;;) {
    auto more = sweep->next(line);
    REQUIRE(more);
    if (!*more) break;
    shown.positions.push_back(line.position);
    REQUIRE(json.write(*sweep, line));
    REQUIRE(writer.write(*sweep, line));
  }
  REQUIRE(writer.flush());
  REQUIRE(json.flush());
  return shown;
}

/// `TIME TEXT` of each line, without what stands between.
std::vector<std::string> brief(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    lines.push_back(line.substr(0, line.find(' ')) + line.substr(line.find("]: ") + 2));
    at = end + 1;
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines from before the clock was set stand where they belong, and say so") {
  Signed world;
  world.kernel(1, "0000aaaa", 5'000, 4'000, {"first", "second"});
  world.kernel(1, "0000aaaa", noon, 60'000, {"set"});
  world.kernel(1, "0000bbbb", 7'000, 2'000, {"never set"});
  world.say(2, R"({"type":"log","text":"another"})", noon - 56'000 + 50);
  const Lines wanted = {"1970-01-01T00:00:07.000Z never set", "2026-11-21T15:59:04.000Z~ first",
                        "2026-11-21T15:59:04.050Z another", "2026-11-21T15:59:04.100Z~ second",
                        "2026-11-21T16:00:00.000Z set"};
  const Shown all = shown(world.store, {});
  CHECK(brief(all.text) == wanted);
  CHECK(all.json.find(R"("time":"2026-11-21T15:59:04.000Z",)") != std::string::npos);
  CHECK(all.json.find(R"("clock":"1970-01-01T00:00:05.000Z")") != std::string::npos);
  CHECK(all.json.find(R"("clock":"1970-01-01T00:00:07)") == std::string::npos);

  SUBCASE("a range finds them there, and not where their clock put them") {
    Selection range;
    range.since = noon - 60'000;
    range.until = noon - 56'000 + 60;
    CHECK(brief(shown(world.store, range).text) == Lines{wanted[1], wanted[2]});
    range.since = 0;
    range.until = 6'000;
    CHECK(shown(world.store, range).text.empty());
  }
  SUBCASE("the last lines are counted so") {
    Selection selection;
    selection.right_clocks = true;
    auto from = find_tail(world.store, selection, 4);
    REQUIRE(from);
    CHECK(from->since == noon - 56'000);
    from = find_tail(world.store, selection, 5);
    REQUIRE(from);
    CHECK(from->since == 7'000);
  }
  SUBCASE("the last word of the boot counts") {
    world.kernel(1, "0000aaaa", noon + 63'000, 120'000, {"set again"});
    CHECK(brief(shown(world.store, {}).text)[2] == "2026-11-21T15:59:07.000Z~ first");
  }
  SUBCASE("a boot of another host is another") {
    world.kernel(3, "0000bbbb", noon, 10'000, {"of another"});
    CHECK(brief(shown(world.store, {}).text)[0] == wanted[0]);
  }
  SUBCASE("who does not ask for it gets what was signed") {
    auto sweep = Sweep::begin(world.store, {}, {});
    REQUIRE(sweep);
    SweptLine line;
    REQUIRE(sweep->next(line));
    CHECK(line.time == 5'000);
    CHECK_FALSE(line.clock);
  }
}

TEST_CASE("a sender's numbers move a line out of no bounds") {
  Signed world;
  constexpr Millis most = 9'007'199'254'740'991;
  world.kernel(1, "0000aaaa", 5'000, most, {"far"});
  world.kernel(1, "0000aaaa", noon, 0, {"set"});
  world.kernel(2, "0000aaaa", 5'000, 0, {"early"});
  world.kernel(2, "0000aaaa", noon, most, {"set"});
  const auto lines = brief(shown(world.store, {}).text);
  REQUIRE(lines.size() == 4);
  CHECK(lines.front() == "1970-01-01T00:00:00.000Z~ early");
  CHECK(lines.back() == "9999-12-31T23:59:59.999Z~ far");
}

TEST_CASE("whatever clocks say, each line comes once, in its order, from wherever a reader begins") {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    Signed world;
    std::size_t lines = 0;
    for (int i = 0; i < 60; ++i) {
      const auto host = static_cast<std::uint8_t>(1 + dice.below(3));
      const Millis up = dice.between(0, 200'000);
      const Millis began = dice.one_in(2) ? 0 : noon + 1000 * dice.between(-5, 5);
      Lines some(1 + dice.below(4));
      for (std::string& line : some) line = fmt::format("line {}", lines++);
      world.kernel(host, fmt::format("0000000{}", dice.below(5)), began + up, up, some);
    }
    const Shown all = shown(world.store, {});
    CHECK(all.positions.size() == lines);
    CHECK(std::is_sorted(all.positions.begin(), all.positions.end()));
    CHECK(static_cast<std::size_t>(std::count(all.text.begin(), all.text.end(), '\n')) == lines);
    std::size_t begin = 0;
    for (const LinePosition& position : all.positions) {
      REQUIRE(shown(world.store, {}, position).text == all.text.substr(begin));
      begin = all.text.find('\n', begin) + 1;
    }
    for (std::uint64_t count = 1; count < lines; count += 7) {
      Selection selection;
      selection.right_clocks = true;
      auto from = find_tail(world.store, selection, count);
      REQUIRE(from);
      REQUIRE(from->since);
      selection.since = from->since;
      const std::string end = shown(world.store, selection).text;
      CHECK(all.text.ends_with(end));
      CHECK(static_cast<std::uint64_t>(std::count(end.begin(), end.end(), '\n')) >= count);
    }
  }
}
