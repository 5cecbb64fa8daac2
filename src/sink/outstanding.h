// SPDX-License-Identifier: MIT
// sink/outstanding.h - what a program was given and has not taken yet, and what follows for the cursor when it has.
//
// Used by Sink. Pure. Portions are taken as wholes: the cursor stands between messages, and one portion has the lines of
// several messages mixed.
#pragma once

#include "sink/cursor.h"

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace ssblog {

/// Where the cursor goes on for some feeds.
using CursorSteps = std::vector<std::pair<FeedId, FeedMark>>;

class Outstanding {
 public:
  /// The program was given a portion behind all others. One without bytes is taken with those before it.
  void give(std::uint64_t bytes, std::uint64_t lines, CursorSteps steps);

  /// It has taken so many bytes, or lines, since it started. What follows from that is appended to `steps`.
  void took_bytes(std::uint64_t total, CursorSteps& steps);
  void took_lines(std::uint64_t total, CursorSteps& steps);
  void took_all(CursorSteps& steps);

  /// Another program begins with nothing.
  void clear();

  bool is_empty() const { return portions_.empty(); }
  std::uint64_t bytes() const { return given_.bytes - taken_.bytes; }
  std::uint64_t lines() const { return given_.lines - taken_.lines; }
  std::uint64_t bytes_given() const { return given_.bytes; }
  std::uint64_t lines_given() const { return given_.lines; }
  /// Of whole portions.
  std::uint64_t lines_taken() const { return taken_.lines; }

 private:
  struct Sum {
    std::uint64_t bytes = 0, lines = 0;
  };
  struct Portion {
    Sum end;  ///< of all up to its end
    CursorSteps steps;
  };
  template <class Taken>
  void take_while(Taken taken, CursorSteps& steps);

  std::deque<Portion> portions_;
  Sum given_, taken_;
};

}  // namespace ssblog
