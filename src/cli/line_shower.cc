// SPDX-License-Identifier: MIT
#include "cli/line_shower.h"

#include "assemble/sweep.h"
#include "assemble/tail.h"
#include "cli/command.h"
#include "store/store_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace ssblog {
namespace {

constexpr std::uint64_t window_lines = 10'000;  // held at once when lines are shown backwards

void no_matter() {}

Result<void> to_stdout(std::string_view text) {
  print(text);
  return {};
}

}  // namespace

Result<std::uint64_t> LineShower::forwards(std::optional<std::uint64_t> wanted) {
  auto snapshot = ReadTransaction::begin(store_.database());
  if (!snapshot) return snapshot.error();
  auto tips = read_tips();
  if (!tips) return tips.error();
  shown_ = std::move(*tips);
  Range range;
  range.picked = picked_;
  if (wanted) {
    auto last = find_tail(store_, selection_, *wanted, picked_);
    if (!last) return last.error();
    range.from.order = last->since.value_or(0);
    range.picked = last->picked;
    auto lines = count(range);
    if (!lines) return lines.error();
    range.skip = *lines > *wanted ? *lines - *wanted : 0;
  }
  return show(range, no_matter, to_stdout);
}

Result<void> LineShower::backwards(std::optional<std::uint64_t> wanted) {
  auto snapshot = ReadTransaction::begin(store_.database());
  if (!snapshot) return snapshot.error();
  std::uint64_t left = wanted.value_or(UINT64_MAX);
  while (left > 0) {
    auto last = find_tail(store_, selection_, std::min(left, window_lines), picked_);
    if (!last) return last.error();
    Range range;
    range.from.order = last->since.value_or(0);
    range.picked = last->picked;
    std::vector<std::string> lines;
    auto shown = show(
        range, [&lines] { lines.emplace_back(); },
        [&lines](std::string_view text) {
          lines.back() += text;
          return Result<void>();
        });
    if (!shown) return shown.error();
    for (auto line = lines.rbegin(); line != lines.rend() && left > 0; ++line, --left) print(*line);
    if (last->since.value_or(0) == 0) return {};
    selection_.until = *last->since - 1;
  }
  return {};
}

Result<void> LineShower::follow() {
  StoreWatch watch(store_.path());
  for (std::int64_t version = -1;;) {
    if (auto arrived = done(); !arrived) return arrived.error();
    auto now = store_.data_version();
    if (!now) return now.error();
    const bool news = *now != version;
    version = *now;
    if (news) {
      auto snapshot = ReadTransaction::begin(store_.database());
      if (!snapshot) return snapshot.error();
      auto next = read_tips();
      if (!next) return next.error();
      if (*next != shown_) {
        Range range;
        range.behind = shown_;
        auto shown = show(range, no_matter, to_stdout);
        if (!shown) return shown.error();
        shown_ = std::move(*next);
        if (auto arrived = done(); !arrived) return arrived.error();
      }
    }
    if (!watch.wait(news, STDOUT_FILENO)) return {};
  }
}

Result<std::map<FeedId, Seq>> LineShower::read_tips() {
  auto feeds = store_.feeds();
  if (!feeds) return feeds.error();
  std::map<FeedId, Seq> tips;
  for (const FeedRow& feed : *feeds) {
    if (feed.tip) tips[feed.id] = feed.tip->sequence;
  }
  return tips;
}

Result<std::uint64_t> LineShower::count(const Range& range) {
  auto sweep = Sweep::begin(store_, selection_, range.from, range.behind, range.picked);
  if (!sweep) return sweep.error();
  SweptLine line;
  for (std::uint64_t lines = 0;; ++lines) {
    auto more = sweep->next(line);
    if (!more) return more.error();
    if (!*more) return lines;
  }
}

Result<std::unique_ptr<LineWriter>> LineShower::writer(Sink use) const {
  if (look_.colours) return ColouredWriter::make(*look_.colours, look_.format.clock, std::move(use));
  return make_writer(look_.format, std::move(use));
}

Result<std::uint64_t> LineShower::show(const Range& range, const std::function<void()>& begin,
                                       const Sink& use) {
  auto sweep = Sweep::begin(store_, selection_, range.from, range.behind, range.picked);
  if (!sweep) return sweep.error();
  auto lines_writer = writer(use);
  if (!lines_writer) return lines_writer.error();
  SweptLine line;
  std::uint64_t skip = range.skip;
  for (std::uint64_t lines = 0;;) {
    auto more = sweep->next(line);
    if (!more) return more.error();
    if (!*more) return lines;
    if (skip > 0) {
      --skip;
      continue;
    }
    begin();
    if (auto written = (*lines_writer)->write(*sweep, line); !written) return written.error();
    if (auto flushed = (*lines_writer)->flush(); !flushed) return flushed.error();
    ++lines;
  }
}

Result<std::optional<std::uint64_t>> parse_line_count(const std::optional<std::string>& text) {
  if (!text || *text == "all") return std::optional<std::uint64_t>();
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error != std::errc() || end != text->data() + text->size()) {
    return Error{Code::usage, fmt::format("-n {}: say a number of lines, or `all`", *text)};
  }
  return std::optional(count);
}

}  // namespace ssblog
