// SPDX-License-Identifier: MIT
// sink/outstanding.h - what a program was given and has not taken yet, and what follows for the cursor when it has.
//
// Used by Sink. Pure. Portions are taken as wholes, since one has the lines of several messages mixed, and the cursor stands
// between messages; of the one under way it is known how many records were taken.
#pragma once

#include "sink/portion.h"

#include <cstdint>
#include <deque>
#include <optional>

namespace ssblog {

class Outstanding {
 public:
  /// The program was given a portion behind all others; its text is not kept. One without text is taken with those before.
  void give(Portion portion);

  /// It has taken so many bytes, or lines, since it started. What follows from that is appended to `steps`.
  void took_bytes(std::uint64_t total, CursorSteps& steps);
  void took_lines(std::uint64_t total, CursorSteps& steps);
  void took_all(CursorSteps& steps);

  /// What is left of the portion under way, when so many bytes, or lines, were taken; nothing: all of it.
  std::optional<PortionRest> rest_behind_bytes(std::uint64_t total) const;
  std::optional<PortionRest> rest_behind_lines(std::uint64_t total) const;

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
  struct Given {
    TextSize end;  ///< of all up to its end
    Portion portion;
  };
  template <class Taken>
  void take_while(Taken taken, CursorSteps& steps);
  template <class Taken>
  std::optional<PortionRest> rest(Taken taken) const;

  std::deque<Given> portions_;
  TextSize given_, taken_;
};

}  // namespace ssblog
