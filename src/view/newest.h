// SPDX-License-Identifier: MIT
// view/newest.h - the newest lines of a selection, page by page.
//
// Used by the API. Costs as much as the lines that are passed, and is cut short where those are many. One thread.
#pragma once

#include "assemble/sweep.h"
#include "store/store.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// Where a page ends, as a text that a client gives back: of base64url.
std::string to_cursor(const LinePosition& position);
std::optional<LinePosition> parse_cursor(std::string_view text);

struct NewestPage {
  std::vector<std::string> rows;     ///< the newest first
  std::optional<LinePosition> next;  ///< lines before it may be there; nothing: these were the last
};

/// Appends a line's row to an empty text.
using RowWriter = std::function<Result<void>(Sweep& sweep, const SweptLine& line, std::string& row)>;

/// A page has as many bytes, about; it is shorter where lines are long. Clients that read slowly have us hold theirs.
inline constexpr std::size_t longest_page = 2 * 1024 * 1024;

/// False: the line is not of this page. For what a selection cannot say; nothing: all lines are.
using LineChoice = std::function<bool(const SweptLine& line)>;

/// How long one page is looked for; then it has what was found, and `next` goes on from there. Lines that were found are read
/// once more.
inline constexpr std::chrono::milliseconds longest_look{5000};

/// Up to `count` lines before `before` (nothing: the newest). Read one state of the store (ReadTransaction). `is_gone`: nobody
/// waits for them any more; asked between lines that are held against levels or words. Then it is Code::busy.
Result<NewestPage> newest_lines(Store& store, Selection selection, const std::optional<LinePosition>& before,
                                std::size_t count, const RowWriter& write, const LineChoice& choice = {},
                                std::chrono::milliseconds patience = longest_look,
                                const std::function<bool()>& is_gone = {});

}  // namespace ssblog
