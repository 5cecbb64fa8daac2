// SPDX-License-Identifier: MIT
#include "assemble/tail.h"

#include "feed/instance.h"
#include "feed/json.h"
#include "store/timeline.h"

#include <algorithm>
#include <set>
#include <vector>

namespace ssblog {
namespace {

/// How many lines begin in a message, as far as they are wanted and not behind the end of the selection.
std::uint64_t count_lines(std::string_view text, const Placement& placement, const Selection& selection,
                          Record& record, std::vector<LinePiece>& pieces) {
  read_record(member(text, "content"), number_of(member(text, "timestamp")).value_or(0), record);
  if (!selection.wants(record)) return 0;
  if (record.kind != RecordKind::log) return 1;
  lay_out(record, placement, pieces);
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
  auto walk = timeline.walk_back(selection.until.value_or(max_time), selection.since.value_or(0));
  Placement placement;
  Record record;
  std::vector<LinePiece> pieces;
  std::string text;
  std::uint64_t found = 0;
  for (;;) {
    auto more = walk.next();
    if (!more) return more.error();
    if (!*more) return std::optional<Millis>();
    const TimedRow message = walk.at();
    if (!wanted.contains(message.row.feed())) continue;
    if (auto read = timeline.read(message.row, text, placement); !read) return read.error();
    found += count_lines(text, placement, selection, record, pieces);
    if (found >= lines) return std::optional<Millis>(message.first);
  }
}

}  // namespace ssblog
