// SPDX-License-Identifier: MIT
// cli/line_shower.h - the lines of a selection on stdout: all, the last ones, backwards, or as they come.
//
// Used by log and search. One thread.
#pragma once

#include "assemble/format.h"
#include "assemble/message_walk.h"
#include "assemble/selection.h"
#include "cli/coloured_writer.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace ssblog {

struct LineLook {
  FormatOptions format;
  std::optional<ColouredWriter::Look> colours;  ///< of the plain text; none: as in a file
};

class LineShower {
 public:
  /// Borrows the store. `picked`: only these messages can have wanted lines.
  LineShower(Store& store, Selection selection, LineLook look, Picked picked = nullptr)
      : store_(store), selection_(std::move(selection)), look_(std::move(look)), picked_(std::move(picked)) {}

  /// The last `count` lines, or all, oldest first. Gives how many were shown.
  Result<std::uint64_t> forwards(std::optional<std::uint64_t> count);

  /// The last `count` lines, or all, newest first: window by window.
  Result<void> backwards(std::optional<std::uint64_t> count);

  /// What comes into the store after `forwards`, as it comes. Ends when nobody reads any more.
  Result<void> follow();

 private:
  using Sink = LineWriter::Sink;
  struct Range {
    LinePosition from{};
    std::map<FeedId, Seq> behind{};
    Picked picked{};
    std::uint64_t skip = 0;  ///< lines at its beginning
  };

  Result<std::map<FeedId, Seq>> read_tips();
  Result<std::uint64_t> count(const Range& range);
  Result<std::unique_ptr<LineWriter>> writer(Sink use) const;
  /// Calls `begin` before each line, and gives its text to `use`, in pieces where it is long. Says how many there were.
  Result<std::uint64_t> show(const Range& range, const std::function<void()>& begin, const Sink& use);

  Store& store_;
  Selection selection_;
  LineLook look_;
  Picked picked_;
  std::map<FeedId, Seq> shown_;  ///< up to which messages lines were shown
};

/// `-n`: a number of lines, or `all`, which is nothing. Code::usage for something else.
Result<std::optional<std::uint64_t>> parse_line_count(const std::optional<std::string>& text);

}  // namespace ssblog
