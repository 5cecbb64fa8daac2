// SPDX-License-Identifier: MIT
// tests/intake/run_packer_test.cc - several streams of one run: their order, their bytes, what is lost of them.
#include "intake/run_packer.h"
#include <doctest/doctest.h>
#include "feed/json.h"
#include "feed/record.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace ssblog;

namespace {

struct World {
  explicit World(std::optional<Level> filter = {}, std::optional<Level> level = {})
      : packer(*RunPacker::create({{"nas", "nightly", "offsite", "0123456789abcdef"},
                                   level,
                                   filter,
                                   {{"stdout", info_level}, {"stderr", warning_level}}})) {}
  RunPacker packer;
  std::vector<std::string> contents;
  RunPacker::Emit keep = [this](std::string_view content) {
    CHECK(*canonical(content, Layout::compact) == content);
    contents.emplace_back(content);
  };

  std::vector<Record> records() const {
    std::vector<Record> all;
    for (const std::string& content : contents) {
      all.emplace_back();
      read_record(content, 0, all.back());
    }
    return all;
  }
  std::string bytes_of(std::string_view stream) const {
    std::string bytes;
    for (const Record& record : records()) {
      if (record.kind != RecordKind::log || record.stream != stream) continue;
      CHECK(record.chunk->offset == bytes.size());
      bytes += record.bytes;
      if (record.ends_line()) bytes += '\n';
    }
    return bytes;
  }
};

}  // namespace

TEST_CASE("streams of a run share it, and keep their bytes") {
  World world;
  world.packer.add(0, "one\n", 10, world.keep);
  world.packer.add(1, "two\nthr", 11, world.keep);
  world.packer.add(1, "ee", 12, world.keep);
  CHECK(world.packer.waiting_since() == 10);
  world.packer.finish(world.keep);
  CHECK(world.packer.waiting_since() == std::nullopt);
  CHECK(world.bytes_of("stdout") == "one\n");
  CHECK(world.bytes_of("stderr") == "two\nthree");
  for (const Record& record : world.records()) {
    CHECK(record.chunk->run == "0123456789abcdef");
    CHECK(record.job == "nightly");
    CHECK(record.destination == "offsite");
    CHECK(record.source == "nas");
    CHECK(record.level.empty());
  }
}

TEST_CASE("a level that was given stands in the messages; a guessed one does not") {
  World given({}, 5);
  given.packer.add(0, "ERROR x\n", 1, given.keep);
  given.packer.finish(given.keep);
  CHECK(given.records().at(0).level == "notice");
  World guessed(7);
  guessed.packer.add(0, "ERROR x\n", 1, guessed.keep);
  guessed.packer.finish(guessed.keep);
  CHECK(guessed.records().at(0).level.empty());
}

TEST_CASE("readers see lines of both streams in the order in which they were read") {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    World world;
    Millis now = 1000;
    std::size_t lines = 0;
    for (int i = 0; i < 300; ++i) {
      now += random() % 3 == 0 ? static_cast<Millis>(random() % 5) : 0;
      std::string bytes;
      for (auto count = random() % 3 + 1; count > 0; --count) bytes += std::to_string(lines++) + "\n";
      world.packer.add(random() % 2, bytes, now, world.keep);
      if (random() % 20 == 0) world.packer.flush(world.keep);
    }
    world.packer.finish(world.keep);

    // As readers order: by time, then by the order of messages.
    std::vector<std::pair<Millis, std::string>> shown;
    for (const Record& record : world.records()) {
      Millis time = record.time;
      std::size_t line = 0, begin = 0;
      for (std::size_t end = 0; begin <= record.bytes.size(); begin = end + 1, ++line) {
        end = std::min(record.bytes.find('\n', begin), record.bytes.size());
        if (line > 0 && !record.steps.empty()) time += record.steps.at(line);
        shown.emplace_back(time, record.bytes.substr(begin, end - begin));
      }
    }
    std::stable_sort(shown.begin(), shown.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    REQUIRE(shown.size() == lines);
    for (std::size_t i = 0; i < lines; ++i) REQUIRE(shown[i].second == std::to_string(i));
  }
}

TEST_CASE("a loss stands where it happened, and takes up no bytes") {
  World world;
  world.packer.add(0, "one\nhal", 1, world.keep);
  world.packer.lose(0, {100, 3, 2}, "no room", world.keep);
  world.packer.add(0, "four\n", 3, world.keep);
  world.packer.finish(world.keep);
  CHECK(world.bytes_of("stdout") == "one\nhalfour\n");
  const auto records = world.records();
  REQUIRE(records.size() == 3);
  CHECK(records[0].chunk->end);  // the cut line goes on with nothing
  CHECK(records[1].kind == RecordKind::loss);
  CHECK(records[1].run == "0123456789abcdef");
  CHECK(records[1].note.find("offset=7 bytes=100 records=3") != std::string::npos);
  CHECK(records[2].chunk->offset == 7);
}

TEST_CASE("a filter chooses lines of each stream by what they count as") {
  World world(warning_level);
  world.packer.add(0, "plain\nERROR a\n", 1, world.keep);
  world.packer.add(1, "plain\ninfo: b\n  of b\nunfinished", 2, world.keep);
  world.packer.finish(world.keep);
  CHECK(world.bytes_of("stdout") == "ERROR a\n");
  CHECK(world.bytes_of("stderr") == "plain\nunfinished");
}

TEST_CASE("names that leave no room are refused") {
  CHECK(!RunPacker::create({{"nas", std::string(9000, 'x'), "", draw_run()}, {}, {}, {{"stdout"}}}));
  CHECK(draw_run().size() == 16);
  CHECK(draw_run() != draw_run());
}
