// SPDX-License-Identifier: MIT
// cli/doctor/logrotate.h - which files logrotate cuts off in place.
//
// Used by the doctor. Reads as much of logrotate's configuration as says that: patterns, include, copytruncate. Source:
// logrotate.conf(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// One configuration file: `/var/log/a /var/log/b { ... }`, and what stands outside of braces.
struct LogrotateText {
  struct Block {
    std::vector<std::string> patterns;  ///< as glob(7) has them
    bool copytruncate = false;
  };
  std::vector<Block> blocks;
  std::vector<std::string> includes;  ///< files or folders
  bool copytruncate = false;          ///< for the blocks behind it, in files included later, too
};

/// @param copytruncate what holds before the text
/// Never fails: what it does not understand says nothing.
LogrotateText parse_logrotate(std::string_view text, bool copytruncate);

/// A rule that cuts a file off.
struct CopytruncateRule {
  std::string file;     ///< the configuration that says so
  std::string pattern;  ///< of the files that it is said of
};

/// All such rules of logrotate.conf below `root` (empty: /) and of what it includes. Empty when there is none.
std::vector<CopytruncateRule> copytruncate_rules(const std::string& root);

}  // namespace ssblog
