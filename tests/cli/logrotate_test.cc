// SPDX-License-Identifier: MIT
// tests/cli/logrotate_test.cc - logrotate's configuration, as far as the doctor reads it.
#include "cli/doctor/logrotate.h"

#include <doctest/doctest.h>

using namespace ssblog;

namespace {

std::vector<std::string> cut_by(std::string_view text, bool before = false) {
  std::vector<std::string> patterns;
  for (const auto& block : parse_logrotate(text, before).blocks) {
    if (block.copytruncate) patterns.insert(patterns.end(), block.patterns.begin(), block.patterns.end());
  }
  return patterns;
}

using Patterns = std::vector<std::string>;

}  // namespace

TEST_CASE("a block says copytruncate for each of its patterns, and for no other") {
  CHECK(cut_by("/var/log/a.log {\n  daily\n  copytruncate\n}\n/var/log/b.log {\n  daily\n}\n") ==
        Patterns{"/var/log/a.log"});
  CHECK(cut_by("/a /b\n\"/with blank/*.log\"\n{\n copytruncate\n}") ==
        Patterns{"/a", "/b", "/with blank/*.log"});
  CHECK(cut_by("/a{\ncopytruncate\n}\n") == Patterns{"/a"});
}

TEST_CASE("what stands outside of braces holds for the blocks behind it, unless they say otherwise") {
  const LogrotateText text =
      parse_logrotate("/a {\n}\ncopytruncate\n/b {\n}\n/c {\nnocopytruncate\n}\n", false);
  REQUIRE(text.blocks.size() == 3);
  CHECK_FALSE(text.blocks[0].copytruncate);
  CHECK(text.blocks[1].copytruncate);
  CHECK_FALSE(text.blocks[2].copytruncate);
  CHECK(text.copytruncate);
  CHECK(cut_by("/a {\n}\n", true) == Patterns{"/a"});
}

TEST_CASE("scripts and comments say nothing") {
  CHECK(cut_by("# /x {\n/a { # copytruncate\n postrotate\n  copytruncate\n  }\n endscript\n}\n").empty());
  CHECK(parse_logrotate("include /etc/logrotate.d # more\n", false).includes == Patterns{"/etc/logrotate.d"});
}

TEST_CASE("any bytes are read, and end") {
  for (const std::string_view text :
       {"{", "}", "}}{{", "\"", "/a {\n", "include\n", "/a '", "\xff{\x00}", "postrotate"}) {
    CAPTURE(text);
    CHECK(cut_by(text).empty());
  }
}
