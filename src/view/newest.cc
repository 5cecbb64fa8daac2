// SPDX-License-Identifier: MIT
#include "view/newest.h"

#include "assemble/tail.h"

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::size_t cursor_bytes = 8 + 32 + 8 + 4;

void append_number(ByteBuf& out, std::uint64_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

std::uint64_t number_at(ByteView bytes, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) number = number << 8 | bytes[at + i];
  return number;
}

class PageReader {
 public:
  PageReader(Store& store, Selection selection, const std::optional<LinePosition>& before)
      : store_(store), selection_(std::move(selection)), before_(before) {
    if (before_) selection_.until = std::min(selection_.until.value_or(max_time), before_->order);
  }

  Result<NewestPage> read(std::size_t count, const RowWriter& write) {
    NewestPage page;
    if (count == 0) return page;
    // Lines of the very ms of `before` may stand behind it: then a second look goes further back.
    std::uint64_t lines = 0;
    LastLines last;
    for (std::uint64_t wanted = count + 1;; wanted *= 4) {
      auto found = find_tail(store_, selection_, wanted);
      if (!found) return found.error();
      last = std::move(*found);
      auto counted = each(last, [](Sweep&, const SweptLine&) { return Result<void>(); });
      if (!counted) return counted.error();
      lines = *counted;
      if (lines > count || !last.since) break;
    }
    std::uint64_t skip = lines > count ? lines - count : 0;
    std::vector<LinePosition> places;
    auto written = each(last, [&](Sweep& sweep, const SweptLine& line) -> Result<void> {
      if (skip > 0) {
        --skip;
        return {};
      }
      places.push_back(line.position);
      return write(sweep, line, page.rows.emplace_back());
    });
    if (!written) return written.error();
    std::reverse(page.rows.begin(), page.rows.end());
    std::reverse(places.begin(), places.end());
    shorten(page, places);
    if (!places.empty() && (lines > count || places.size() < std::min<std::uint64_t>(lines, count)))
      page.next = places.back();
    return page;
  }

 private:
  template <class Use>
  Result<std::uint64_t> each(const LastLines& last, const Use& use) {
    auto sweep =
        Sweep::begin(store_, selection_, LinePosition{last.since.value_or(0), {}, 0, 0}, {}, last.picked);
    if (!sweep) return sweep.error();
    SweptLine line;
    for (std::uint64_t lines = 0;;) {
      auto more = sweep->next(line);
      if (!more) return more.error();
      if (!*more || (before_ && line.position >= *before_)) return lines;
      if (auto used = use(*sweep, line); !used) return used.error();
      ++lines;
    }
  }

  static void shorten(NewestPage& page, std::vector<LinePosition>& places) {
    std::size_t bytes = 0, rows = 0;
    while (rows < page.rows.size() && (rows == 0 || bytes + page.rows[rows].size() <= longest_page))
      bytes += page.rows[rows++].size();
    page.rows.resize(rows);
    places.resize(rows);
  }

  Store& store_;
  Selection selection_;
  const std::optional<LinePosition> before_;
};

}  // namespace

std::string to_cursor(const LinePosition& position) {
  ByteBuf bytes;
  append_number(bytes, static_cast<std::uint64_t>(position.order), 8);
  const ByteView feed = position.feed.view();
  bytes.insert(bytes.end(), feed.begin(), feed.end());
  append_number(bytes, static_cast<std::uint64_t>(position.sequence), 8);
  append_number(bytes, position.line, 4);
  return to_base64_url(bytes);
}

std::optional<LinePosition> parse_cursor(std::string_view text) {
  std::string plain(text.substr(0, 2 * cursor_bytes));
  std::replace(plain.begin(), plain.end(), '-', '+');
  std::replace(plain.begin(), plain.end(), '_', '/');
  while (plain.size() % 4 != 0) plain += '=';
  const auto bytes = from_base64(plain);
  if (!bytes || bytes->size() != cursor_bytes) return std::nullopt;
  const ByteView view(*bytes);
  const std::uint64_t order = number_at(view, 0, 8), sequence = number_at(view, 40, 8);
  const auto feed = FeedId::from(ByteBuf(view.begin() + 8, view.begin() + 40));
  if (order > static_cast<std::uint64_t>(max_time) || sequence > static_cast<std::uint64_t>(max_sequence) ||
      !feed)
    return std::nullopt;
  return LinePosition{static_cast<Millis>(order), *feed, static_cast<Seq>(sequence),
                      static_cast<std::uint32_t>(number_at(view, 48, 4))};
}

Result<NewestPage> newest_lines(Store& store, Selection selection, const std::optional<LinePosition>& before,
                                std::size_t count, const RowWriter& write) {
  return PageReader(store, std::move(selection), before).read(count, write);
}

}  // namespace ssblog
