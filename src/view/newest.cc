// SPDX-License-Identifier: MIT
#include "view/newest.h"

#include "assemble/pick_messages.h"
#include "assemble/tail.h"
#include "store/files.h"
#include "view/cursor_bytes.h"

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <utility>

namespace ssblog {
namespace {

constexpr std::size_t most_sought = 5000;  // messages that the index names
constexpr std::size_t line_position_bytes = 8 + 32 + 8 + 4;

class PageReader {
 public:
  PageReader(Store& store, Selection selection, const std::optional<LinePosition>& before,
             const LineChoice& choice, const std::function<bool()>& is_gone)
      : store_(store), selection_(std::move(selection)), before_(before), choice_(choice), is_gone_(is_gone) {
    if (!before_) return;
    // Where a look was cut short nothing of that time comes before it.
    const bool is_of_a_time = *before_ == LinePosition{before_->order, {}, 0, 0};
    const Millis until = before_->order - (is_of_a_time ? 1 : 0);
    selection_.until = std::min(selection_.until.value_or(max_time), until);
  }

  Result<NewestPage> read(std::size_t count, const RowWriter& write, std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    const LookPatience look{[end] { return std::chrono::steady_clock::now() >= end; }, is_gone_};
    NewestPage page;
    if (count == 0) return page;
    // Lines of the very ms of `before` may stand behind it: then a second look goes further back.
    std::uint64_t lines = 0;
    LastLines last;
    const Picked picked = by_index();
    for (std::uint64_t wanted = count + 1;; wanted *= 4) {
      auto found = find_tail(store_, selection_, wanted, picked, look);
      if (!found) return found.error();
      last = std::move(*found);
      auto counted = each(last, [](Sweep&, const SweptLine&) { return Result<void>(); });
      if (!counted) return counted.error();
      lines = *counted;
      if (lines > count || !last.since || last.cut_short) break;
    }
    std::uint64_t skip = lines > count ? lines - count : 0;
    // The oldest first, and no more than a page: what has no room goes again, from that end.
    std::deque<std::pair<LinePosition, std::string>> rows;
    std::size_t bytes = 0;
    auto written = each(last, [&](Sweep& sweep, const SweptLine& line) -> Result<void> {
      if (skip > 0) {
        --skip;
        return {};
      }
      auto& row = rows.emplace_back(line.position, std::string());
      if (auto done = write(sweep, line, row.second); !done) return done;
      for (bytes += row.second.size(); bytes > longest_page && rows.size() > 1; rows.pop_front())
        bytes -= rows.front().second.size();
      return {};
    });
    if (!written) return written.error();
    if (!rows.empty() && rows.size() < lines)
      page.next = rows.front().first;
    else if (last.cut_short)
      page.next = LinePosition{*last.since, {}, 0, 0};
    while (!rows.empty()) {
      page.rows.push_back(std::move(rows.back().second));
      rows.pop_back();
    }
    return page;
  }

 private:
  /// What the index of `search` picks, where there is one and the words are rare: those that stand everywhere are sooner found
  /// from the end. What is wrong with it is told by search; here all is gone through.
  Picked by_index() {
    const auto is_word = [](const TextRule& rule) { return !rule.pattern && !rule.without; };
    if (std::none_of(selection_.texts.begin(), selection_.texts.end(), is_word)) return {};
    const std::string path = directory_of(store_.path()) + "/search.db";
    if (::access(path.c_str(), F_OK) != 0) return {};
    auto index = SearchIndex::open(path, store_, OpenMode::read_only);
    if (!index || !*index) return {};
    auto picked = pick_messages(**index, selection_, most_sought);
    return picked ? *picked : Picked();
  }

  template <class Use>
  Result<std::uint64_t> each(const LastLines& last, const Use& use) {
    auto sweep =
        Sweep::begin(store_, selection_, LinePosition{last.since.value_or(0), {}, 0, 0}, {}, last.picked);
    if (!sweep) return sweep.error();
    sweep->stop_when(is_gone_);
    SweptLine line;
    for (std::uint64_t lines = 0;;) {
      auto more = sweep->next(line);
      if (!more) return more.error();
      if (!*more || (before_ && line.position >= *before_)) return lines;
      if (choice_ && !choice_(line)) continue;
      if (auto used = use(*sweep, line); !used) return used.error();
      ++lines;
    }
  }

  Store& store_;
  Selection selection_;
  const std::optional<LinePosition> before_;
  const LineChoice& choice_;
  const std::function<bool()>& is_gone_;
};

}  // namespace

std::string to_cursor(const LinePosition& position) {
  ByteBuf bytes(line_position_bytes);
  put_big_endian(bytes, 0, 8, static_cast<std::uint64_t>(position.order));
  std::copy(position.feed.bytes.begin(), position.feed.bytes.end(), bytes.begin() + 8);
  put_big_endian(bytes, 40, 8, static_cast<std::uint64_t>(position.sequence));
  put_big_endian(bytes, 48, 4, position.line);
  return to_base64_url(bytes);
}

std::optional<LinePosition> parse_cursor(std::string_view text) {
  const auto bytes = from_cursor_text(text, line_position_bytes);
  if (!bytes) return std::nullopt;
  const std::uint64_t order = big_endian_at(*bytes, 0, 8), sequence = big_endian_at(*bytes, 40, 8);
  const auto feed = FeedId::from(ByteView(*bytes).subspan(8, 32));
  if (order > static_cast<std::uint64_t>(max_time) || sequence > static_cast<std::uint64_t>(max_sequence) ||
      !feed)
    return std::nullopt;
  return LinePosition{static_cast<Millis>(order), *feed, static_cast<Seq>(sequence),
                      static_cast<std::uint32_t>(big_endian_at(*bytes, 48, 4))};
}

Result<NewestPage> newest_lines(Store& store, Selection selection, const std::optional<LinePosition>& before,
                                std::size_t count, const RowWriter& write, const LineChoice& choice,
                                std::chrono::milliseconds patience, const std::function<bool()>& is_gone) {
  return PageReader(store, std::move(selection), before, choice, is_gone).read(count, write, patience);
}

}  // namespace ssblog
