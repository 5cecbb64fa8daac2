// SPDX-License-Identifier: MIT
#include "intake/instances_beyond.h"

#include <doctest/doctest.h>

using namespace ssblog;

namespace {

InstanceRow row(const std::string& stream, const std::string& run, std::uint64_t high) {
  InstanceRow row;
  row.stream = stream;
  row.run = run;
  row.high = high;
  return row;
}

}  // namespace

TEST_CASE("an instance that no row knows is found by its stream and by its run, until it is taken") {
  InstancesBeyond beyond({row("a", "1", 10), row("b", "1", 20), row("a", "2", 30), row("a", "3", 40)});
  REQUIRE(beyond.of_stream("a").size() == 3);
  CHECK(beyond.of_stream("a")[0].high == 10);
  CHECK(beyond.of_stream("a")[2].high == 40);
  CHECK(beyond.of_stream("c").empty());
  CHECK(beyond.is_elsewhere("1", "a"));
  CHECK(!beyond.is_elsewhere("2", "a"));
  CHECK(beyond.is_elsewhere("2", "b"));
  CHECK(!beyond.is_elsewhere("4", "a"));

  CHECK(!beyond.take("b", "2"));
  CHECK(!beyond.take("c", "1"));
  const auto taken = beyond.take("b", "1");
  REQUIRE(taken);
  CHECK(taken->high == 20);
  CHECK(!beyond.take("b", "1"));
  CHECK(!beyond.is_elsewhere("1", "a"));
  CHECK(beyond.is_elsewhere("1", "b"));
  CHECK(beyond.take("a", "2"));
  REQUIRE(beyond.of_stream("a").size() == 2);
  CHECK(beyond.of_stream("a")[1].high == 40);
  CHECK(!beyond.empty());
  CHECK(beyond.take("a", "3"));
  CHECK(beyond.take("a", "1"));
  CHECK(beyond.empty());
  CHECK(!beyond.is_elsewhere("1", "b"));
}
