// SPDX-License-Identifier: MIT
// tests/view/paging_test.cc - page by page: each line once, the newest first, however soon a look is cut short.
#include "view/newest.h"

#include "assemble/world.h"

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

std::vector<std::string> swept(Store& store) {
  auto sweep = Sweep::begin(store, all_lines(), {});
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
std::vector<std::string> paged(Store& store, std::size_t count, std::chrono::milliseconds patience,
                               int& cut) {
  std::vector<std::string> rows;
  std::optional<LinePosition> before;
  do {
    auto page = newest_lines(store, all_lines(), before, count, name_line, {}, patience);
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
    const auto all = swept(store);
    REQUIRE(all.size() > 300);
    int whole = 0;
    CHECK(paged(store, 7, 1h, whole) == all);
    CHECK(paged(store, 100, 1h, whole) == all);
    CHECK(whole == 0);
    CHECK(paged(store, 100'000, 0ms, cut) == all);
    CHECK(paged(store, 90, 0ms, cut) == all);
  }
  CHECK(cut > 0);
}
