// SPDX-License-Identifier: MIT
// tests/view/paging_test.cc - page by page: each line once, the newest first, however soon a look is cut short.
#include "view/newest.h"

#include "assemble/tail.h"
#include "assemble/world.h"
#include "store/feed_writer.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

/// A row that names one line, and no other.
Result<void> name_line(Sweep& sweep, const SweptLine& line, std::string& row) {
  static_cast<void>(sweep);
  const LinePosition& at = line.position;
  row = fmt::format("{} {} {} {}", at.order, short_id(at.feed), at.sequence, at.line);
  return {};
}

Selection all_lines() {
  Selection selection;
  selection.right_clocks = true;
  return selection;
}

/// Those in which a pattern stands: each line has to be looked at.
Selection lines_like(const char* pattern) {
  Selection selection = all_lines();
  selection.texts = {{.text = pattern, .pattern = true}};
  return selection;
}

std::vector<std::string> swept(Store& store, const Selection& selection, const LinePosition& from = {},
                               const Picked& picked = nullptr) {
  auto sweep = Sweep::begin(store, selection, from, {}, picked);
  REQUIRE(sweep);
  std::vector<std::string> rows;
  SweptLine line;
  for (;;) {
    auto more = sweep->next(line);
    REQUIRE(more);
    if (!*more) break;
    REQUIRE(name_line(*sweep, line, rows.emplace_back()));
  }
  std::reverse(rows.begin(), rows.end());
  return rows;
}

/// All pages behind each other; `cut` counts those that were cut short.
std::vector<std::string> paged(Store& store, const Selection& selection, std::size_t count,
                               std::chrono::milliseconds patience, int& cut) {
  std::vector<std::string> rows;
  std::optional<LinePosition> before;
  do {
    auto page = newest_lines(store, selection, before, count, name_line, {}, patience);
    REQUIRE_MESSAGE(page, page.error().text);
    CHECK(page->rows.size() <= count);
    if (page->next && page->rows.size() < count) ++cut;
    rows.insert(rows.end(), page->rows.begin(), page->rows.end());
    const auto next = page->next ? parse_cursor(to_cursor(*page->next)) : std::nullopt;
    REQUIRE(next == page->next);
    // Each look gets on.
    REQUIRE((!next || !before || *next < *before));
    before = next;
  } while (before);
  return rows;
}

}  // namespace

TEST_CASE("pages hold each line once, however many lines they have and however soon they are cut short") {
  int cut = 0;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const auto hosts = some_hosts(dice, 3, 150, Manner());
    Shelf shelf(hosts);
    shelf.take_all();
    Store& store = shelf.store();
    auto snapshot = ReadTransaction::begin(store.database());
    REQUIRE(snapshot);
    for (const Selection& selection : {all_lines(), lines_like("[a-f]"), lines_like("b")}) {
      const auto all = swept(store, selection);
      REQUIRE(all.size() > 20);
      int whole = 0;
      CHECK(paged(store, selection, 7, 1h, whole) == all);
      CHECK(paged(store, selection, 100, 1h, whole) == all);
      CHECK(whole == 0);
      CHECK(paged(store, selection, 100'000, 0ms, cut) == all);
      CHECK(paged(store, selection, 90, 0ms, cut) == all);
    }
  }
  CHECK(cut > 0);
}

TEST_CASE("whenever a look is over, it has all lines from where it ends") {
  Dice dice(5);
  Manner manner;
  manner.lines = 12;
  const auto hosts = some_hosts(dice, 3, 40, manner);
  Shelf shelf(hosts);
  shelf.take_all();
  Store& store = shelf.store();
  auto snapshot = ReadTransaction::begin(store.database());
  REQUIRE(snapshot);
  const Selection selection = lines_like("[a-f]");
  const auto all = swept(store, selection);
  std::size_t least = all.size();
  bool is_cut = true;
  for (int last = 1; is_cut; ++last) {
    CAPTURE(last);
    int asked = 0;
    auto tail = find_tail(store, selection, all.size() + 1, nullptr, {[&] { return ++asked >= last; }, {}});
    REQUIRE(tail);
    is_cut = tail->cut_short;
    CHECK(is_cut == (asked >= last));
    const auto found = swept(store, selection, {tail->since.value_or(0), {}, 0, 0}, tail->picked);
    REQUIRE(found.size() <= all.size());
    CHECK(std::equal(found.begin(), found.end(), all.begin()));
    least = std::min(least, found.size());
    if (!is_cut) CHECK(found == all);
    if (!is_cut) CHECK(last > 120);
  }
  CHECK(least < 20);
}

TEST_CASE("a look is over between two lines of one message") {
  Store store = empty_store();
  FeedWriter writer{keys_of(1), {}, {}};
  std::string lines = "line";
  for (int i = 0; i < 500; ++i) lines += "\\nline";
  const auto say = [&](const std::string& text, Millis time) {
    writer.say(fmt::format(R"({{"type":"log","job":"web","stream":"stdout","text":"{}"}})", text), time);
  };
  say(lines, 1'795'262'400'000);
  say("the newest line", 1'795'262'401'000);
  writer.import_to(store);
  int asked = 0;
  const Selection selection = lines_like("line");
  auto tail = find_tail(store, selection, 1000, nullptr, {[&] { return ++asked >= 10; }, {}});
  REQUIRE(tail);
  CHECK(asked == 10);
  CHECK(tail->cut_short);
  CHECK(tail->since == 1'795'262'401'000);
  // The first message is looked at to its end, or a look would not get on.
  asked = 0;
  Selection older = selection;
  older.until = 1'795'262'400'999;
  tail = find_tail(store, older, 1000, nullptr, {[&] { return ++asked > 0; }, {}});
  REQUIRE(tail);
  CHECK_FALSE(tail->cut_short);
  CHECK(tail->picked->rows.size() == 1);
  // One that nobody waits for ends wherever it is.
  bool is_done = false;
  int answers = 0;
  for (int last = 1; !is_done; ++last) {
    asked = 0;
    auto page = newest_lines(store, selection, {}, 1000, name_line, {}, 1h, [&] { return ++asked == last; });
    is_done = bool(page);
    CHECK(is_done == (asked < last));
    if (!page) CHECK(page.error().code == Code::busy);
    if (page) CHECK(page->rows.size() == 502);
    answers = asked;
  }
  // On the way back, when lines are counted, and when they are written.
  CHECK(answers > 3 * 500);
}
