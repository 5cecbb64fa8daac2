// SPDX-License-Identifier: MIT
// view/alert_rows.h - the alerts that this host knows, page by page, the newest first.
//
// Used by the API. One thread. The objects are those of `ssblog alerts --json` (assemble/alert_text.h).
#pragma once

#include "board/watch.h"
#include "store/alert_book.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// How far back those that are over are shown; open ones are shown whatever their age.
inline constexpr std::chrono::hours alerts_time{366 * 24};

/// Where a page ends: at an alert, in the order in which they were made.
struct AlertPosition {
  Millis made = 0;
  AlertId id;
  auto operator<=>(const AlertPosition&) const = default;
};

/// As a text that a client gives back: of base64url.
std::string to_cursor(const AlertPosition& position);
std::optional<AlertPosition> parse_alert_cursor(std::string_view text);

struct AlertPage {
  std::vector<std::string> rows;      ///< compact objects, the newest first
  std::optional<AlertPosition> next;  ///< older ones are there
};

/// Up to `count` alerts before `before` (nothing: the newest). `over`: only those that are over, or that are not; nothing: all.
/// Those in doubt, which `watcher` sees and nobody signs, are among them, with their due time for that at which they were made:
/// so they keep their place from page to page. Not within a ReadTransaction.
Result<AlertPage> alert_page(Store& store, const Watcher& watcher, Millis now, std::optional<bool> over,
                             const std::optional<AlertPosition>& before, std::size_t count);

}  // namespace ssblog
