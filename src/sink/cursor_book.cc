// SPDX-License-Identifier: MIT
#include "sink/cursor_book.h"

#include "feed/json.h"
#include "store/positions.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

/// That it began; its feeds are in rows of their own. No name has a colon in it.
std::string head_of(std::string_view sink) { return fmt::format("sink:{}", sink); }
std::string feeds_of(std::string_view sink) { return fmt::format("sink-feed:{}:", sink); }

std::string format_mark(const FeedMark& mark) {
  return fmt::format(R"({{"sequence":{},"key":"{}"}})", mark.sequence, to_text(mark.key));
}

std::optional<FeedMark> parse_mark(std::string_view row) {
  const auto object = canonical(row, Layout::compact);
  if (!object) return std::nullopt;
  const auto sequence = integer_of(member(*object, "sequence"));
  const auto text = text_of(member(*object, "key"));
  const auto key = text ? parse_message_key(*text) : std::nullopt;
  if (!sequence || *sequence < 0 || *sequence > max_sequence || !key) return std::nullopt;
  return FeedMark{static_cast<Seq>(*sequence), *key};
}

}  // namespace

Result<std::optional<SinkCursor>> read_cursor(Store& store, std::string_view sink) {
  const std::string head = head_of(sink);
  auto begun = read_positions(store, head);
  if (!begun) return begun.error();
  // Another sink's name may begin as this one's.
  if (begun->empty() || begun->front().source != head) return std::optional<SinkCursor>();
  const std::string prefix = feeds_of(sink);
  auto rows = read_positions(store, prefix);
  if (!rows) return rows.error();
  SinkCursor cursor;
  for (const PositionRow& row : *rows) {
    const auto feed = parse_feed_id(std::string_view(row.source).substr(prefix.size()));
    const auto mark = parse_mark(row.position);
    if (feed && mark) cursor[*feed] = *mark;
  }
  return std::optional(std::move(cursor));
}

Result<void> begin_cursor(Batch& batch, std::string_view sink, const SinkCursor& cursor, Millis now) {
  if (auto set = batch.set_position(head_of(sink), fmt::format(R"({{"begun":{}}})", now)); !set) return set;
  return save_steps(batch, sink, {cursor.begin(), cursor.end()});
}

Result<void> save_steps(Batch& batch, std::string_view sink, const CursorSteps& steps) {
  const std::string prefix = feeds_of(sink);
  for (const auto& [feed, mark] : steps) {
    if (auto set = batch.set_position(prefix + to_text(feed), format_mark(mark)); !set) return set;
  }
  return {};
}

}  // namespace ssblog
