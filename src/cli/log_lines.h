// SPDX-License-Identifier: MIT
// cli/log_lines.h - the daemon's log lines to stderr, which may be a pipe or a terminal that nobody reads.
//
// Used by the daemon. A write never waits: a line for which there is no room is lost, counted, and told of later. The
// descriptor is shared with other processes (a shell, a terminal), so it is never made
// non-blocking itself. One thread.
#pragma once

#include "store/files.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace ssblog {

class LogLines {
 public:
  /// Borrows the descriptor.
  explicit LogLines(int descriptor);

  /// "ssblog: text", or with the level in journald's form, `<6>text`, where the descriptor is the journal's. A line has
  /// PIPE_BUF bytes at most. False: there was no room for it; `settle` is to be called some time.
  bool write(int level, std::string_view text);

  /// Tells of lost lines, if there are any and there is room. False: they are not told yet.
  bool settle();

 private:
  enum class Kind {
    plain,   ///< a file, /dev/null: never waits for a reader
    opened,  ///< `own_` is the same pipe or terminal, opened anew and non-blocking
    socket,  ///< the journal's
    shared,  ///< could not be opened anew
  };
  bool put(std::string_view line);
  std::string framed(int level, std::string_view text) const;

  int descriptor_;
  bool journal_;
  Kind kind_;
  File own_;
  std::string rest_;  // of a line that a terminal took in part
  std::size_t lost_ = 0;
};

}  // namespace ssblog
