// SPDX-License-Identifier: MIT
#include "assemble/tail.h"

#include "assemble/sweep.h"

#include "feed/instance.h"
#include "feed/json.h"
#include "store/timeline.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <vector>

namespace ssblog {
namespace {

/// How many lines begin in a message, as far as they are wanted and not behind the end of the selection.
std::uint64_t count_lines(std::string_view text, const Placement& placement, Millis shift,
                          const Selection& selection, Record& record, std::vector<LinePiece>& pieces) {
  read_record(member(text, "content"), number_of(member(text, "timestamp")).value_or(0), record);
  if (!selection.wants(record)) return 0;
  if (record.kind != RecordKind::log) return 1;
  lay_out(record, placement, pieces);
  put_right(pieces, shift);
  const Millis until = selection.until.value_or(max_time);
  return static_cast<std::uint64_t>(
      std::count_if(pieces.begin(), pieces.end(),
                    [until](const LinePiece& piece) { return !piece.continues && piece.order <= until; }));
}

}  // namespace

Result<std::optional<Millis>> time_of_last(Store& store, const Selection& selection, std::uint64_t lines) {
  auto feeds = store.feeds();
  if (!feeds) return feeds.error();
  std::set<FeedNumber> wanted;
  for (const FeedRow& feed : *feeds) {
    if (selection.wants_feed(feed.id)) wanted.insert(feed.number);
  }
  Timeline timeline(store);
  std::vector<RightedRow> righted;
  if (selection.right_clocks) {
    auto found = timeline.righted();
    if (!found) return found.error();
    righted = std::move(*found);
  }
  std::unordered_map<std::int64_t, Millis> shifts;
  for (const RightedRow& message : righted) shifts.emplace(message.row.value, message.shift);
  std::erase_if(righted, [&](const RightedRow& message) {
    return message.first < selection.since.value_or(0) || message.first > selection.until.value_or(max_time);
  });
  auto walk = timeline.walk_back(selection.until.value_or(max_time), selection.since.value_or(0));
  Placement placement;
  Record record;
  std::vector<LinePiece> pieces;
  std::string text;
  std::uint64_t found = 0;
  bool walked = false;
  const auto walk_on = [&]() -> Result<void> {
    do {
      auto more = walk.next();
      if (!more) return more.error();
      walked = !*more;
    } while (!walked && shifts.contains(walk.at().row.value));
    return {};
  };
  if (auto first = walk_on(); !first) return first.error();
  for (;;) {
    TimedRow message;
    Millis shift = 0;
    if (!righted.empty() && (walked || righted.back().first > walk.at().first)) {
      message = {righted.back().first, righted.back().row};
      shift = righted.back().shift;
      righted.pop_back();
    } else if (!walked) {
      message = walk.at();
      if (auto next = walk_on(); !next) return next.error();
    } else {
      return std::optional<Millis>();
    }
    if (!wanted.contains(message.row.feed())) continue;
    if (auto read = timeline.read(message.row, text, placement); !read) return read.error();
    found += count_lines(text, placement, shift, selection, record, pieces);
    if (found >= lines) return std::optional<Millis>(message.first);
  }
}

}  // namespace ssblog
