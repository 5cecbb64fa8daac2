// SPDX-License-Identifier: MIT
// Lines that have a time of their own and a place in a record: ChunkWriter::add_line.
#include "feed/chunk_writer.h"
#include "feed/instance.h"
#include "feed/json.h"
#include "feed/message.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>

using namespace ssblog;

namespace {

constexpr Millis noon = 1700000000000;

/// The contents of a writer that begins at `offset`, and what a reader makes of them.
struct Stamped {
  explicit Stamped(std::uint64_t offset = 0) {
    writer.begin_at(offset);
    high = offset;
  }
  void add(std::string_view line, const LineStamp& stamp) { writer.add_line(line, stamp, noon, emit); }
  void flush() { writer.flush(noon, emit); }
  void finish(bool goes_on = false) { writer.finish(noon, emit, goes_on); }

  void take(std::string_view content) {
    REQUIRE(*canonical(content, Layout::compact) == content);
    contents.emplace_back(content);
    Record record;
    read_record(content, static_cast<double>(noon) + 0.5, record);
    REQUIRE(record.chunk);
    CHECK(record.chunk->offset == high);
    high += record.length();
    Millis time = record.time;
    const std::string at = text_of(member(member(content, "chunk"), "at")).value_or("");
    // An entry a line but the first, or one for each.
    const bool first_has_entry =
        !at.empty() && static_cast<std::size_t>(std::count(at.begin(), at.end(), ' ')) + 1 == record.lines;
    std::size_t entry = 0;
    std::size_t begin = 0;
    for (std::uint32_t line = 0; line < record.lines; ++line) {
      const std::size_t end = std::min(record.bytes.find('\n', begin), record.bytes.size());
      if (!record.steps.empty()) time += record.steps[line];
      bool joins = false;
      if (!at.empty() && (line > 0 || first_has_entry)) {
        const std::size_t stop = std::min(at.find(' ', entry), at.size());
        joins = at.substr(entry, stop - entry) == "+";
        entry = stop + 1;
      }
      if (!inside_line) {
        times.push_back(time);
        joined.push_back(joins);
        levels += record.levels.empty() ? '-' : record.levels.at(line);
        boots.push_back(record.boot);
        ups.push_back(record.up ? std::optional(*record.up + time - record.time) : std::nullopt);
      }
      inside_line = false;
      begin = end + 1;
    }
    inside_line = record.chunk->more;
    bytes += record.bytes;
    if (record.ends_line()) bytes += '\n';
  }

  ChunkWriter::Emit emit = [this](std::string_view content) { take(content); };
  ChunkWriter writer = *ChunkWriter::create(R"({"type":"log","stream":"file:/var/log/app"})", Packing::full,
                                            [] { return std::string("0123456789abcdef"); });
  std::vector<std::string> contents;
  std::string bytes;
  std::vector<Millis> times;
  std::vector<bool> joined;
  std::string levels;  ///< a character a line
  std::vector<std::string> boots;
  std::vector<std::optional<Millis>> ups;  ///< as the steps from the first line say
  std::uint64_t high = 0;
  bool inside_line = false;
};

std::string_view chunk_member(const std::string& content, std::string_view name) {
  return member(member(content, "chunk"), name);
}

}  // namespace

TEST_CASE("a record of several lines stays one, and says where its time comes from") {
  Stamped way;
  way.add("14:00 it failed\n", {noon - 7000, TimeFrom::line, false});
  way.add("  at a\n", {noon - 7000, TimeFrom::line, true});
  way.add("  at b\n", {noon - 7000, TimeFrom::line, true});
  way.add("14:01 it goes on\n", {noon - 5000, TimeFrom::line, false});
  way.flush();
  REQUIRE(way.contents.size() == 1);
  CHECK(chunk_member(way.contents[0], "at") == R"("+ + 2000")");
  CHECK(chunk_member(way.contents[0], "time_from") == R"("line")");
  CHECK(chunk_member(way.contents[0], "time") == std::to_string(noon - 7000));
  way.add("  at c\n", {noon - 5000, TimeFrom::interpolated, true});
  way.add("next\n", {noon - 4000, TimeFrom::line, false});
  way.flush();
  REQUIRE(way.contents.size() == 2);
  // One entry more than there are steps: the first line goes on with the record of the message before.
  CHECK(chunk_member(way.contents[1], "at") == R"("+ 1000")");
  // The least sure of its lines.
  CHECK(chunk_member(way.contents[1], "time_from") == R"("interpolated")");
  way.add("  at d\n", {noon - 4000, TimeFrom::line, true});
  way.flush();
  CHECK(chunk_member(way.contents[2], "at") == R"("+")");
}

TEST_CASE("lines of now say neither time nor where it comes from") {
  Stamped way;
  way.add("a line\n", {noon, TimeFrom::read, false});
  way.flush();
  CHECK(
      way.contents[0] ==
      R"({"type":"log","stream":"file:/var/log/app","text":"a line","chunk":{"run":"0123456789abcdef","offset":0}})");
}

TEST_CASE("the last line without a newline goes on, or ended there") {
  for (const bool goes_on : {true, false}) {
    Stamped way(100);
    way.add("whole\n", {noon, TimeFrom::mtime, false});
    way.add("half", {noon, TimeFrom::mtime, false});
    way.finish(goes_on);
    CHECK(way.bytes == "whole\nhalf");
    CHECK(way.high == 110);
    CHECK(chunk_member(way.contents.back(), goes_on ? "more" : "end") == "true");
  }
}

TEST_CASE("a level a line is told where one is known") {
  Stamped way;
  way.add("one\n", {noon, TimeFrom::read, false, 6});
  way.add("two\n", {noon, TimeFrom::read, false});
  way.add("three\n", {noon, TimeFrom::read, false, 3});
  way.add("of no level there is\n", {noon, TimeFrom::read, false, 8});
  way.flush();
  REQUIRE(way.contents.size() == 1);
  CHECK(chunk_member(way.contents[0], "levels") == R"("6-3-")");
  way.add("four\n", {noon, TimeFrom::read, false});
  way.flush();
  CHECK(chunk_member(way.contents[1], "levels").empty());
  CHECK(way.levels == "6-3--");
}

TEST_CASE("a chunk tells the boot of its lines, and when in it the first one was") {
  Stamped way;
  const auto add = [&way](std::string_view line, Millis time, std::string_view boot, std::uint64_t up) {
    way.add(line, {time, TimeFrom::line, false, {}, boot, up});
  };
  add("one\n", 5000, "0123abcd", 3000);
  add("two\n", 5500, "0123abcd", 3500);
  add("the clock was set\n", noon, "0123abcd", 4000);
  add("another boot\n", noon + 1, "fedcba98", 7);
  add("of none\n", noon + 2, "", 7);
  add("no boot's name\n", noon + 3, "FEDCBA98", 7);
  way.add("no time in it\n", {noon + 4, TimeFrom::line, false, {}, "fedcba98"});
  add("too long ago\n", noon + 5, "fedcba98", max_offset + 1);
  way.flush();
  REQUIRE(way.contents.size() == 5);
  CHECK(chunk_member(way.contents[0], "boot") == R"("0123abcd")");
  CHECK(chunk_member(way.contents[0], "up") == "3000");
  CHECK(chunk_member(way.contents[1], "up") == "4000");
  CHECK(chunk_member(way.contents[3], "boot").empty());
  CHECK(chunk_member(way.contents[3], "up").empty());
  CHECK(way.boots == std::vector<std::string>{"0123abcd", "0123abcd", "0123abcd", "fedcba98", "", "",
                                              "fedcba98", "fedcba98"});
  CHECK(way.ups == std::vector<std::optional<Millis>>{3000, 3500, 4000, 7, {}, {}, {}, {}});
}

TEST_CASE("a message with levels and an uptime is as long as it may be, and no longer") {
  // The writer must count every character of the three: each length of the first line moves the border.
  std::size_t longest = 0;
  for (std::size_t first = 1; first < 120; ++first) {
    Stamped way;
    const auto add = [&way](const std::string& line) {
      way.add(line + '\n', {noon - 1, TimeFrom::interpolated, false, 3, "0123abcd", max_offset});
    };
    add(std::string(first, 'x'));
    for (int i = 0; i < 80; ++i) add(std::string(100, 'y'));
    for (int i = 0; i < 3000; ++i) add("z");
    add(std::string(20'000, 'w'));
    way.flush();
    for (const std::string& content : way.contents) {
      const std::size_t units = message_overhead_units() + indented_length(content, 1);
      CHECK(units <= max_message_units);
      longest = std::max(longest, units);
    }
    CHECK(way.levels == std::string(3082, '3'));
  }
  // But for what the longest `encoding`, `offset` and `at` would take.
  CHECK(longest > max_message_units - 60);
}

TEST_CASE("any lines with any times are read as they were put in") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Stamped way(random() % 5000);
    std::string bytes;
    std::vector<Millis> times;
    std::vector<bool> joined;
    std::string levels;
    std::vector<std::string> boots;
    std::vector<std::optional<Millis>> ups;
    std::string boot;
    Millis booted = noon - 2'000'000'000'000;
    const bool plain = seed % 2 == 0;
    Millis time = noon - 1'000'000'000;
    for (int i = 0; i < 400; ++i) {
      std::string line;
      const std::size_t length = random() % 40 == 0 ? random() % 30'000 : random() % 200;
      const int kind = static_cast<int>(random() % 8);
      for (std::size_t n = 0; n < length; ++n)
        line += kind == 0 ? static_cast<char>(random()) : static_cast<char>(' ' + random() % 95);
      std::erase(line, '\n');
      line += '\n';
      const bool joins = i > 0 && random() % 3 == 0;
      if (!joins) time += static_cast<Millis>(random() % 100'000) - 20'000;
      if (!joins && random() % 50 == 0) time -= 10 * time_restart;
      if (!plain && !joins && random() % 40 == 0)
        boot = random() % 4 == 0 ? "" : fmt::format("{:08x}", random() % 3);
      if (!joins && random() % 40 == 0) booted = time - static_cast<Millis>(random() % 100'000'000);
      booted = std::min(booted, time);
      const std::optional<int> level =
          plain || random() % 3 == 0 ? std::nullopt : std::optional(static_cast<int>(random() % 8));
      const std::optional<std::uint64_t> up =
          boot.empty() ? std::nullopt : std::optional(static_cast<std::uint64_t>(time - booted));
      way.add(line, {time, static_cast<TimeFrom>(random() % 4), joins, level, boot, up});
      levels += level ? static_cast<char>('0' + *level) : '-';
      boots.push_back(boot);
      ups.push_back(up ? std::optional(static_cast<Millis>(*up)) : std::nullopt);
      bytes += line;
      times.push_back(time);
      joined.push_back(joins);
      if (random() % 30 == 0) way.flush();
    }
    way.flush();
    CHECK((way.bytes == bytes));
    CHECK((way.times == times));
    CHECK((way.joined == joined));
    CHECK(way.levels == levels);
    CHECK((way.boots == boots));
    // The clock moved by less than a minute within a chunk, and not noticeably.
    REQUIRE(way.ups.size() == ups.size());
    for (std::size_t i = 0; i < ups.size(); ++i) {
      REQUIRE(way.ups[i].has_value() == ups[i].has_value());
      if (ups[i]) CHECK(std::abs(*way.ups[i] - *ups[i]) <= 60'000);
    }
    for (const std::string& content : way.contents)
      CHECK(message_overhead_units() + indented_length(content, 1) <= max_message_units);
  }
}
