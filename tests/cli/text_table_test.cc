// SPDX-License-Identifier: MIT
#include "cli/text_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace ssblog;

namespace {

TextTable::Row row(std::vector<std::string> cells, std::string below, std::string_view colour) {
  TextTable::Row row;
  row.cells = std::move(cells);
  row.below = std::move(below);
  row.colour = colour;
  return row;
}

TextTable jobs() {
  TextTable table(
      {{"STATE", false, 0, 0}, {"JOB", false, 6, 0}, {"FROM", false, 4, 2}, {"LINES", true, 0, 1}});
  table.add(row({"ok", "nightly-backup", "nas", "12"}, "", "32"));
  table.add(
      row({"failed", "etc", "a-long-source", "3"}, "exit 1: d\u00e9j\u00e0 vu, and some more words", "31"));
  return table;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0, line = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) continue;
    line = c == '\n' ? 0 : line + 1;
    longest = std::max(longest, line);
  }
  return longest;
}

}  // namespace

TEST_CASE("a table as wide as it needs") {
  CHECK(jobs().text(100, false) ==
        "STATE   JOB             FROM           LINES\n"
        "ok      nightly-backup  nas               12\n"
        "failed  etc             a-long-source      3\n"
        "    exit 1: d\u00e9j\u00e0 vu, and some more words\n");
}

TEST_CASE("where there is no room the widest is cut first, then columns go") {
  for (std::size_t width = 16; width < 60; ++width) {
    CAPTURE(width);
    CHECK(longest_line(jobs().text(width, false)) <= width);
  }
  CHECK(jobs().text(27, false).starts_with("STATE   JOB     FROM  LINES\n"));
  CHECK(jobs().text(26, false).starts_with("STATE   JOB          LINES\n"));
  CHECK(jobs().text(14, false).starts_with("STATE   JOB\n"));
}

TEST_CASE("names are cut in their middle, and what is the same in each row goes first") {
  TextTable table({{"JOB", false, 8, 0}, {"HOST", false, 8, 1}, {"TOOK", true, 0, 2}});
  table.add(row({"backup-of-001-home", "nas@tH2r3OVM", "12 s"}, "", ""));
  table.add(row({"backup-of-002-home", "nas@tH2r3OVM", "3 s"}, "", ""));
  CHECK(table.text(34, false) ==
        "JOB             HOST          TOOK\n"
        "backup-~1-home  nas@tH2r3OVM  12 s\n"
        "backup-~2-home  nas@tH2r3OVM   3 s\n");
  table.add(row({"backup-of-003-home", "nas@tH2r3OVM", "4 s"}, "", ""));
  CHECK(table.text(23, false).find("HOST") == std::string::npos);
  CHECK(table.text(23, false).find("TOOK") != std::string::npos);
}

TEST_CASE("a column that says nothing is left out, and colours are of the first cell alone") {
  TextTable table({{"STATE", false, 0, 0}, {"NOTE", false, 0, 1}});
  table.add(row({"ok", "-"}, "", "32"));
  CHECK(table.text(80, true) == "STATE\n\033[32mok\033[0m\n");
}
