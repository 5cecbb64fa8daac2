// SPDX-License-Identifier: MIT
// assemble/append/rotation.h - when a file that only grows is put aside, under which name, and how many are kept.
//
// Used by appended_file. Each step is one rename, and can be done again from wherever it was killed: what was moved is
// complete and durable before. Source: logrotate(8) for FILE.1, FILE.2; s6-log's and svlogd's manuals for `current` and
// `@TAI64N.s`; D. J. Bernstein, "TAI64, TAI64N, and TAI64NA".
#pragma once

#include "feed/record.h"
#include "feed/result.h"

#include <cstdint>
#include <string>

namespace ssblog {

enum class RotateStyle {
  none,
  numbered,  ///< FILE, FILE.1, FILE.2, ...
  s6,        ///< FILE is a directory: current, @TAI64N.s, ...
};

struct Rotation {
  RotateStyle style = RotateStyle::none;
  std::uint64_t size = 0;  ///< a file of so many bytes is put aside; 0: size does not matter
  bool daily = false;      ///< one that was begun on another day is
  unsigned keep = 8;       ///< of those that were put aside
};

/// A text that is equal for equal rotations.
std::string to_text(const Rotation& rotation);

/// The file that is written: `path`, or `path/current`.
std::string live_path(const std::string& path, RotateStyle style);

/// What is put aside for good.
enum class Whole {
  yes,  ///< `.s`
  no,   ///< `.u`: nobody knows whether it is whole
};

/// As s6-log has it: what is whole, its owner may execute. Who may read it is for the umask to say.
Result<void> mark_whole(const std::string& path, Whole whole);

/// The name of the file that was put aside last, where files are numbered.
std::string first_put_aside(const std::string& path);

/// Puts the live file of `path` aside, durably, and removes what is too old. Nothing is done where there is none.
Result<void> put_aside(const std::string& path, const Rotation& rotation, Millis now,
                       Whole whole = Whole::yes);

/// `@4000000069...`: 25 characters.
std::string tai64n(Millis time);

}  // namespace ssblog
