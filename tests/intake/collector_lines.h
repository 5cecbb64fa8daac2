// SPDX-License-Identifier: MIT
// intake/collector_lines.h - numbered lines in the files of a CollectorWorld, and which of them came.
//
// Used by tests of the collector.
#pragma once

#include "intake/collector_world.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace ssblog {

inline Source source(const std::string& pattern, const std::string& name = "logs") {
  Source source;
  source.name = name;
  source.paths = {pattern};
  source.time_zone = "UTC";
  return source;
}

/// So many numbered lines, from a number on.
inline std::string numbered(int first, int count, std::size_t width = 60) {
  std::string text;
  for (int i = first; i < first + count; ++i)
    text += fmt::format("{:06} {}\n", i, std::string(width, "abcdefghij"[i % 10]));
  return text;
}

/// Their numbers, as they came; those of one stream, or of all.
inline std::vector<int> numbers(const Fed& fed, const std::string& stream = "") {
  std::vector<int> numbers;
  for (const FedLine& line : fed.lines) {
    if (stream.empty() || line.stream == stream) numbers.push_back(std::stoi(line.text));
  }
  return numbers;
}

inline std::vector<int> upto(int last, int first = 0) {
  std::vector<int> numbers;
  for (int i = first; i < last; ++i) numbers.push_back(i);
  return numbers;
}

/// Of one source.
struct World : CollectorWorld {
  explicit World(const std::string& pattern = "/log/app.log") { sources = {source(pattern)}; }
  /// All came once, in their order, and nothing is told as lost.
  void check(int count) {
    const Fed fed = this->fed();
    CHECK(numbers(fed) == upto(count));
    CHECK(fed.wrong.empty());
    CHECK(fed.losses.empty());
  }
};

/// Packed while nothing runs: the inode is free for the next file.
inline void pack(CollectorWorld& world, const std::string& path) {
  world.kill();
  world.files.rename(path, path + ".1");
  world.files.gzip(path + ".1");
  world.pass(std::chrono::seconds(1));
}

}  // namespace ssblog
