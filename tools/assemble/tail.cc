// SPDX-License-Identifier: MIT
#include "assemble/tail.h"

#include "feed/instance.h"
#include "feed/json.h"

#include <algorithm>
#include <set>
#include <vector>

namespace ssblog {
namespace {

/// How many lines begin in a message, as far as they are wanted and not behind the end of the selection.
std::uint64_t count_lines(std::string_view text, const std::optional<Millis>& first, std::string_view shape,
                          const Selection& selection, Record& record, std::vector<LinePiece>& pieces) {
  read_record(member(text, "content"), number_of(member(text, "timestamp")).value_or(0), record);
  if (!selection.wants(record)) return 0;
  if (record.kind != RecordKind::log) return 1;
  Placement placement;
  placement.first = first;
  parse_shape(shape, placement);
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
  Statement backwards(store.database(),
                      "SELECT first_time, id, shape, body FROM messages WHERE first_time BETWEEN ? AND ? "
                      "ORDER BY first_time DESC");
  auto run = backwards.run(selection.since.value_or(0), selection.until.value_or(max_time));
  BodyReader reader;
  Record record;
  std::vector<LinePiece> pieces;
  std::string text;
  std::uint64_t found = 0;
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return std::optional<Millis>();
    if (!wanted.contains(RowId{run.integer(1)}.feed())) continue;
    if (auto read = reader.unpack(run.blob(3), text); !read) return read.error();
    found += count_lines(text, run.integer(0), run.text(2), selection, record, pieces);
    if (found >= lines) return std::optional<Millis>(run.integer(0));
  }
}

}  // namespace ssblog
