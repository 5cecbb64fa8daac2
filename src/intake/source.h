// SPDX-License-Identifier: MIT
// intake/source.h - one `[[source]]` of config.toml, as plain values.
//
// Read in cli, used by everything of intake that reads files. Source: issue "Ways in", man/ssblog-config.5.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ssblog {

enum class WhenFull {
  block,        ///< leave it in the file until there is room
  drop_newest,  ///< skip what is too far behind, with a `loss` record
};

enum class Multiline {
  off,        ///< each line is a record
  automatic,  ///< indented lines and the stack traces of common languages belong to the line before
  pattern,    ///< a line that matches `record_start` begins a record
};

struct Source {
  std::string name;                  ///< unique
  std::vector<std::string> paths;    ///< absolute patterns: `*`, `?`, `[a-z]`, `**`, `{a,b}`
  std::vector<std::string> exclude;  ///< patterns; without a slash they mean the last part of a path
  std::string stream =
      "file:{path}";  ///< template: {name} {path} {basename} {host} {time} {atime} {mtime} {ctime} {ino} {dev}
  std::string regex_from, regex_to;  ///< rewrite of the stream's name; `$1` in `regex_to` is the first group
  std::string job, destination, level;  ///< fields of all its messages; left out when empty
  bool raw = false;                     ///< append-only bytes: no lines, no times
  Multiline multiline = Multiline::automatic;
  std::string record_start;                       ///< RE2, for Multiline::pattern
  std::chrono::milliseconds record_flush{1000};   ///< a record that may go on waits so long for more
  std::chrono::milliseconds partial_flush{5000};  ///< ... and a line without its newline so long
  std::string time_zone;  ///< of times in lines that have none: IANA name; empty: the machine's
  bool redact = true;     ///< secrets are masked; never in a raw source
  std::vector<std::string>
      redact_patterns;    ///< RE2, beside the presets: group 1 is masked, or the whole match
  bool from_end = false;  ///< of files that are there at the first look: what is new alone
  bool rotated = true;    ///< look for what a rotation made of a file
  WhenFull when_full = WhenFull::block;
  std::uint64_t most_behind = 256 << 20;  ///< bytes of one file, for WhenFull::drop_newest
};

}  // namespace ssblog
