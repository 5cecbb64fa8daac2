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

TEST_CASE("any lines with any times are read as they were put in") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Stamped way(random() % 5000);
    std::string bytes;
    std::vector<Millis> times;
    std::vector<bool> joined;
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
      way.add(line, {time, static_cast<TimeFrom>(random() % 4), joins});
      bytes += line;
      times.push_back(time);
      joined.push_back(joins);
      if (random() % 30 == 0) way.flush();
    }
    way.flush();
    CHECK((way.bytes == bytes));
    CHECK((way.times == times));
    CHECK((way.joined == joined));
    for (const std::string& content : way.contents)
      CHECK(message_overhead_units() + indented_length(content, 1) <= max_message_units);
  }
}
