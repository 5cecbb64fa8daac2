// SPDX-License-Identifier: MIT
#include "intake/position.h"

#include "feed/json.h"
#include "intake/rotation.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ssblog;

namespace {

Position some_position() {
  Position position;
  position.run = "0123456789abcdef";
  position.source = "logs";
  position.stream = "file:/var/log/a b";
  position.path = "/var/log/a \xff%\n";
  position.place = "/var/log/a.1";
  position.file = {64769, 1234, 1'700'000'000'000'000'001};
  position.truncations = 2;
  position.offset = 4096;
  position.base = 10;
  position.skipped = 30;
  position.head = Fingerprint::of("first bytes");
  position.tail = Fingerprint::of(std::string(1024, 'x'));
  position.modified = -5;
  position.size = 5000;
  position.since = 7;
  position.packed = true;
  position.cut_off = true;
  position.cut.latest = 1'700'000'000'000;
  position.cut.in_record = true;
  position.cut.trace = "java";
  position.redact.block = RedactState::Block::body;
  position.redact.open = "pass";
  position.stage = Stage::rotated;
  position.order = std::uint64_t{1} << 40;
  return position;
}

}  // namespace

TEST_CASE("a position is read as it was written") {
  Position position = some_position();
  SUBCASE("with everything") {}
  SUBCASE("with nothing read yet") {
    position.head = position.tail = {};
    position.cut = {};
    position.offset = position.base = position.skipped = 0;
  }
  SUBCASE("by a program that knew no order") { position.order = 0; }
  auto read = parse_position(position_key(position.run), format_position(position));
  REQUIRE(read);
  CHECK(*read == position);
}

TEST_CASE("a fingerprint that grows is the same at each length") {
  std::string bytes;
  for (int i = 0; i < 1024; ++i) bytes += static_cast<char>(i * 7);
  for (const std::size_t step : {1, 5, 64, 1000}) {
    GrowingFingerprint growing(bytes);
    for (std::size_t length = 0; length <= bytes.size(); length += step)
      CHECK(growing.of_first(length) == Fingerprint::of(bytes.substr(0, length)));
  }
}

TEST_CASE("a row of an older version does not say whether a secret was under way") {
  const Position position = some_position();
  std::string text = format_position(position);
  const std::size_t begin = text.find("\"redact\":");
  REQUIRE(begin != std::string::npos);
  text.erase(begin, text.find(',', begin) + 1 - begin);
  const auto read = parse_position(position_key(position.run), text);
  REQUIRE(read);
  CHECK(read->redact.unknown);
}

TEST_CASE("a position that is damaged anywhere is refused, or still a position") {
  const std::string text = format_position(some_position());
  const std::string key = position_key("0123456789abcdef");
  for (std::size_t at = 0; at < text.size(); ++at) {
    CHECK_FALSE(parse_position(key, text.substr(0, at)));
    for (const char c : {'\0', '"', '{', '-', '9', '\xff'}) {
      std::string damaged = text;
      damaged[at] = c;
      auto read = parse_position(key, damaged);
      if (read) CHECK(read->base <= read->skipped);
    }
  }
  for (const char* wrong :
       {"", "file:", "file:0123456789abcdeg", "file:0123456789abcdef0", "0123456789abcdef"})
    CHECK_FALSE(parse_position(wrong, text));
  CHECK_FALSE(parse_position(key, text.substr(0, text.size() - 1) + R"(,"more":1})"));
}

TEST_CASE("the run of a file says which generation it is") {
  const FeedId feed{};
  const FileId file{1, 2, 3};
  const std::string run = run_of(feed, file, 0);
  CHECK(run.size() == 16);
  CHECK(run == run_of(feed, file, 0));
  CHECK(run != run_of(feed, file, 1));
  CHECK(run != run_of(feed, {1, 2, 4}, 0));
  CHECK(run != run_of(feed, {12, 3, 3}, 0));
  FeedId other = feed;
  other.bytes[0] = 1;
  CHECK(run != run_of(other, file, 0));
}

TEST_CASE("what a rotation calls a file is known by its name, and so is what it was called before") {
  const auto knows_name_before = [](std::string_view rotated, std::string_view name) {
    const auto names = names_before(rotated);
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const char* rotated : {"syslog.1", "syslog.12", "syslog.1.gz", "syslog-20261120", "syslog-20261120.xz",
                              "syslog.2026-11-20T14:02:11Z.zst", "syslog.old", "syslog_1", "syslog.gz"}) {
    CAPTURE(rotated);
    CHECK(may_be_rotated("syslog", rotated));
    CHECK(knows_name_before(rotated, "syslog"));
  }
  for (const char* rotated : {"app.log.1", "app.log.2.gz", "app.1.log", "app-2026-11-20.log",
                              "app.2026-11-20.log.gz", "app.log-20261120"}) {
    CAPTURE(rotated);
    CHECK(may_be_rotated("app.log", rotated));
    CHECK(knows_name_before(rotated, "app.log"));
  }
  for (const char* other :
       {"syslog2", "syslog.conf", "syslog.", "mysyslog.1", "syslog.1.tmp", "sys.1", "syslog.d", ""}) {
    CAPTURE(other);
    CHECK_FALSE(may_be_rotated("syslog", other));
    CHECK_FALSE(knows_name_before(other, "syslog"));
  }
  CHECK_FALSE(may_be_rotated("app.log", "app.1"));
  CHECK_FALSE(may_be_rotated("app.log", "apple.1.log"));
}
