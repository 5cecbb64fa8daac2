// SPDX-License-Identifier: MIT
// tests/intake/redacted_files_test.cc - files with secrets: masked in the feed, and known again all the same.
#include "intake/collector_world.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

struct World : CollectorWorld {
  World() {
    Source source;
    source.name = "logs";
    source.paths = {"/log/*.log"};
    source.time_zone = "UTC";
    sources = {source};
  }
  /// No secret is in the feed, each line once, no byte of an instance twice or missing.
  void check(int count) {
    const Fed fed = this->fed();
    CHECK(fed.wrong.empty());
    std::vector<int> numbers;
    for (const FedLine& line : fed.lines) {
      CHECK(line.text.find("hunter") == std::string::npos);
      CHECK(line.text.find("MIIE") == std::string::npos);
      if (line.text.starts_with("line ")) numbers.push_back(std::stoi(line.text.substr(5)));
    }
    std::vector<int> expected;
    for (int i = 0; i < count; ++i) expected.push_back(i);
    CHECK(numbers == expected);
  }
};

/// So many lines, each with a secret; and a key of many lines behind each tenth.
std::string secrets(int first, int count) {
  std::string text;
  for (int i = first; i < first + count; ++i) {
    text += fmt::format("line {:06} password=hunter{:06} postgres://bob:hunter2hunter2hunter2@db/x\n", i, i);
    if (i % 10 != 9) continue;
    text += "-----BEGIN RSA PRIVATE KEY-----\n";
    for (int j = 0; j < 9; ++j) text += fmt::format("MIIE{:060}\n", i * 16 + j);
    text += "MIIEabcd==\n-----END RSA PRIVATE KEY-----\n";
  }
  return text;
}

}  // namespace

TEST_CASE("what is secret in a file is masked in the feed, at the same offsets") {
  World world;
  world.files.create("/log/app.log");
  const std::string text = secrets(0, 3000);
  world.files.append("/log/app.log", text);
  world.settle();
  world.check(3000);
  const Fed fed = world.fed();
  REQUIRE(fed.instances.size() == 1);
  const std::string& all = fed.instances.begin()->second;
  REQUIRE(all.size() == text.size());
  CHECK(all.substr(0, 40) == "line 000000 password=[redacted]** postgr");
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
    REQUIRE(all[at] == '\n');
  CHECK(all.find("\n[redacted:private-key]******") != std::string::npos);
  CHECK(all.find("bob:[redacted:url-password]@db") == std::string::npos);
  CHECK(all.find("bob:[redacted]***********@db") != std::string::npos);
}

TEST_CASE("bytes are left as they are where a source says so, and where it is raw") {
  World world;
  SUBCASE("redact = false") { world.sources[0].redact = false; }
  SUBCASE("raw") { world.sources[0].raw = true; }
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", secrets(0, 20));
  world.settle();
  CHECK(world.fed().instances.begin()->second == secrets(0, 20));
}

TEST_CASE("a program that is killed in the middle of a key masks on when it starts again") {
  World world;
  world.files.create("/log/app.log");
  const std::string text = secrets(0, 30);
  for (std::size_t at = 0; at < text.size(); at += 97) {
    world.files.append("/log/app.log", text.substr(at, 97));
    world.look();
    world.round();
    if (at % 2 == 0) world.kill();
    world.pass(at % 3 == 0 ? 6000ms : 300ms);
    world.round();
  }
  world.settle();
  // Lines were given out before they were whole: more of them may be masked than the secrets, never less.
  const Fed fed = world.fed();
  CHECK(fed.wrong.empty());
  REQUIRE(fed.instances.size() == 1);
  const std::string& all = fed.instances.begin()->second;
  CHECK(all.size() == text.size());
  CHECK(all.find("hunter") == std::string::npos);
  CHECK(all.find("MIIE") == std::string::npos);
}

TEST_CASE("a file with secrets is known again, whatever became of it") {
  World world;
  world.back_up();
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", secrets(0, 200));
  world.settle();
  SUBCASE("renamed") {
    world.files.rename("/log/app.log", "/log/app.log.1");
    world.files.create("/log/app.log");
  }
  SUBCASE("renamed and packed while nothing ran") {
    world.kill();
    world.files.rename("/log/app.log", "/log/app.log.1");
    world.files.gzip("/log/app.log.1");
    world.files.create("/log/app.log");
  }
  SUBCASE("copied beside the original") { world.files.copy("/log/app.log", "/log/copy.log", false); }
  SUBCASE("moved while nothing ran") {
    world.kill();
    world.files.copy("/log/app.log", "/log/moved.log", true);
    world.files.remove("/log/app.log");
  }
  SUBCASE("an older copy came back") {
    world.files.copy("/log/app.log", "/tmp/kept", true);
    world.files.append("/log/app.log", secrets(200, 50));
    world.settle();
    world.kill();
    world.files.remove("/log/app.log");
    world.files.rename("/tmp/kept", "/log/app.log");
    world.settle();
    world.check(250);
    world.files.append("/log/app.log", secrets(250, 5));
    world.settle();
    world.check(255);
    return;
  }
  SUBCASE("the rows are lost, and the feed came back") { world.restore(); }
  SUBCASE("the rows are lost, and the file is in another place of the disk") {
    world.restore();
    world.files.copy("/log/app.log", "/tmp/kept", true);
    world.files.remove("/log/app.log");
    world.files.rename("/tmp/kept", "/log/app.log");
  }
  SUBCASE("without masking from now on") { world.sources[0].redact = false; }
  world.settle();
  world.check(200);
}

TEST_CASE("the store is older than the feed: a file goes on where the feed ends, also in a key") {
  World world;
  const std::string text = secrets(0, 40);
  const std::size_t in_key = text.find("MIIE", text.size() / 2) + 65 * 3;
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", text.substr(0, 700));
  world.settle();
  world.back_up();
  world.files.append("/log/app.log", text.substr(700, in_key - 700));
  world.settle();
  world.restore();
  world.settle();
  world.files.append("/log/app.log", text.substr(in_key));
  world.settle();
  world.check(40);
  CHECK(world.fed().instances.size() == 1);
}

TEST_CASE("what was published before masking was there is known again, too") {
  World world;
  world.back_up();
  world.sources[0].redact = false;
  world.files.create("/log/app.log");
  world.files.append("/log/app.log", secrets(0, 30));
  world.settle();
  world.restore();
  world.sources[0].redact = true;
  world.files.append("/log/app.log", secrets(30, 10));
  world.settle();
  const Fed fed = world.fed();
  CHECK(fed.wrong.empty());
  REQUIRE(fed.instances.size() == 1);
  const std::string& all = fed.instances.begin()->second;
  CHECK(all.size() == secrets(0, 40).size());
  CHECK(all.starts_with(secrets(0, 30)));
  CHECK(all.find("hunter", secrets(0, 30).size()) == std::string::npos);
}

TEST_CASE("a line that is given out before it is whole does not show a secret's first half") {
  World world;
  const std::string line =
      "line 000000 key eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.abcdefghijklmnop password=hunter99 end\n";
  for (std::size_t at = 1; at < line.size(); ++at) {
    World fresh;
    fresh.files.create("/log/app.log");
    fresh.files.append("/log/app.log", line.substr(0, at));
    fresh.settle();
    if (at % 2 == 0) fresh.kill();
    fresh.files.append("/log/app.log", line.substr(at));
    fresh.settle();
    const Fed fed = fresh.fed();
    REQUIRE(fed.lines.size() == 1);
    CAPTURE(at);
    CHECK(fed.lines[0].text.size() + 1 == line.size());
    CHECK(fed.lines[0].text.find("hunter") == std::string::npos);
    CHECK(fed.lines[0].text.find("eyJhbGciOiJI") == std::string::npos);
    CHECK(fed.lines[0].text.find("abcdefghij") == std::string::npos);
  }
}

TEST_CASE("secrets in a line of a megabyte are masked, across the edges of what is read at once") {
  World world;
  world.files.create("/log/app.log");
  const std::string token = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
  std::string line = "line 000000 ";
  while (line.size() < (1 << 20)) line += token + std::string(1 + line.size() % 97, ' ');
  world.files.append("/log/app.log", line + "\n");
  world.settle();
  world.check(1);
  const Fed fed = world.fed();
  REQUIRE(fed.lines.size() == 1);
  CHECK(fed.lines[0].text.size() == line.size());
  CHECK(fed.lines[0].text.find("ghp") == std::string::npos);
  CHECK(fed.lines[0].text.find("6789") == std::string::npos);
}
