// SPDX-License-Identifier: MIT
#include "assemble/format.h"
#include "assemble/sweep.h"
#include "assemble/tail.h"
#include "cli/format_words.h"
#include "cli/select.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <map>
#include <thread>

namespace ssblog {
namespace {

constexpr std::uint64_t window_lines = 10'000;  // held at once when lines are shown backwards
constexpr std::uint64_t follow_lines = 10;      // shown first by -f, as journalctl does
constexpr auto follow_pause = std::chrono::milliseconds(100);

struct LogOptions {
  SelectionOptions selection;
  FormatWords format;
  std::optional<std::string> count;
  bool follow = false, reverse = false, json = false, all = false;
};

/// Lines as they are to be shown, one text a line.
class Shower {
 public:
  Shower(Store& store, Selection selection, const FormatOptions& format)
      : store_(store), selection_(std::move(selection)), format_(format) {}

  /// The last `count` lines, or all, oldest first.
  Result<void> forwards(std::optional<std::uint64_t> count) {
    auto snapshot = ReadTransaction::begin(store_.database());
    if (!snapshot) return snapshot.error();
    auto tips = read_tips();
    if (!tips) return tips.error();
    shown_ = std::move(*tips);
    LinePosition from{};
    std::uint64_t skip = 0;
    Picked picked;
    if (count) {
      auto tail = find_tail(store_, selection_, *count);
      if (!tail) return tail.error();
      from.order = tail->since.value_or(0);
      picked = tail->picked;
      auto lines = count_from(from, picked);
      if (!lines) return lines.error();
      skip = *lines > *count ? *lines - *count : 0;
    }
    return show(from, {}, picked, skip, [](std::string_view text) {
      print(text);
      return Result<void>();
    });
  }

  /// The last `count` lines, or all, newest first: window by window.
  Result<void> backwards(std::optional<std::uint64_t> count) {
    auto snapshot = ReadTransaction::begin(store_.database());
    if (!snapshot) return snapshot.error();
    std::uint64_t left = count.value_or(UINT64_MAX);
    while (left > 0) {
      auto tail = find_tail(store_, selection_, std::min(left, window_lines));
      if (!tail) return tail.error();
      std::vector<std::string> lines;
      auto shown = show(LinePosition{tail->since.value_or(0), {}, 0, 0}, {}, tail->picked, 0,
                        [&lines](std::string_view text) {
                          // A long line comes in pieces.
                          if (!lines.empty() && !lines.back().ends_with('\n')) {
                            lines.back() += text;
                          } else {
                            lines.emplace_back(text);
                          }
                          return Result<void>();
                        });
      if (!shown) return shown;
      for (auto line = lines.rbegin(); line != lines.rend() && left > 0; ++line, --left) print(*line);
      if (tail->since.value_or(0) == 0) return {};
      selection_.until = *tail->since - 1;
    }
    return {};
  }

  /// What comes into the store after `forwards`, as it comes.
  Result<void> follow() {
    for (std::int64_t version = -1;;) {
      if (auto arrived = done(); !arrived) return arrived.error();
      auto now = store_.data_version();
      if (!now) return now.error();
      if (*now == version) {
        std::this_thread::sleep_for(follow_pause);
        continue;
      }
      version = *now;
      auto snapshot = ReadTransaction::begin(store_.database());
      if (!snapshot) return snapshot.error();
      auto next = read_tips();
      if (!next) return next.error();
      if (*next == shown_) continue;
      auto shown = show(LinePosition{}, shown_, nullptr, 0, [](std::string_view text) {
        print(text);
        return Result<void>();
      });
      if (!shown) return shown;
      shown_ = std::move(*next);
    }
  }

 private:
  Result<std::map<FeedId, Seq>> read_tips() {
    auto feeds = store_.feeds();
    if (!feeds) return feeds.error();
    std::map<FeedId, Seq> tips;
    for (const FeedRow& feed : *feeds) {
      if (feed.tip) tips[feed.id] = feed.tip->sequence;
    }
    return tips;
  }

  Result<std::uint64_t> count_from(const LinePosition& from, const Picked& picked) {
    auto sweep = Sweep::begin(store_, selection_, from, {}, picked);
    if (!sweep) return sweep.error();
    SweptLine line;
    for (std::uint64_t lines = 0;; ++lines) {
      auto more = sweep->next(line);
      if (!more) return more.error();
      if (!*more) return lines;
    }
  }

  /// Gives each line's text, with its line end, to `use`.
  Result<void> show(const LinePosition& from, const std::map<FeedId, Seq>& behind, const Picked& picked,
                    std::uint64_t skip, const LineWriter::Sink& use) {
    auto sweep = Sweep::begin(store_, selection_, from, behind, picked);
    if (!sweep) return sweep.error();
    auto writer = make_writer(format_, use);
    if (!writer) return writer.error();
    SweptLine line;
    for (;;) {
      auto more = sweep->next(line);
      if (!more) return more.error();
      if (!*more) return {};
      if (skip > 0) {
        --skip;
        continue;
      }
      if (auto written = (*writer)->write(*sweep, line); !written) return written;
      if (auto flushed = (*writer)->flush(); !flushed) return flushed;
    }
  }

  Store& store_;
  Selection selection_;
  FormatOptions format_;
  std::map<FeedId, Seq> shown_;  ///< up to which messages lines were shown
};

Result<std::optional<std::uint64_t>> parse_count(const std::optional<std::string>& text) {
  if (!text || *text == "all") return std::optional<std::uint64_t>();
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error != std::errc() || end != text->data() + text->size()) {
    return Error{Code::usage, fmt::format("-n {}: say a number of lines, or `all`", *text)};
  }
  return std::optional(count);
}

Result<int> show_log(const LogOptions& wanted) {
  auto count = parse_count(wanted.count);
  if (!count) return count.error();
  if (wanted.follow && !wanted.count) count = std::optional(follow_lines);
  auto format = wanted.format.read();
  if (!format) return format.error();
  if (wanted.json) format->format = Format::jsonl;
  auto opened = wanted.selection.open();
  if (!opened) return opened.error();
  opened->selection.all_types = wanted.all;
  opened->selection.right_clocks = true;
  Shower shower(opened->store, opened->selection, *format);
  auto shown = wanted.reverse ? shower.backwards(*count) : shower.forwards(*count);
  if (shown && wanted.follow) shown = shower.follow();
  if (!shown) return shown.error();
  return done();
}

}  // namespace

Result<int> run_log(const Words& words) {
  Options options("log", "Shows the lines of all feeds in the order of time, the newest last.",
                  "  ssblog log -n 20\n"
                  "  ssblog log -f host:nas job:nightly level:err since:yesterday");
  LogOptions wanted;
  options.value("-n,--lines N", wanted.count, "Only the last N lines, or `all`");
  options.flag("-f,--follow", wanted.follow, "Go on with what comes in (shows the last 10 first)");
  options.flag("-r,--reverse", wanted.reverse, "The newest first");
  wanted.selection.declare(options);
  wanted.format.declare(options, "-o,--output");
  options.flag("--json", wanted.json, "One JSON object a line: -o jsonl");
  options.flag("-a,--all", wanted.all, "Messages that are no log lines, too");
  options.excludes("--reverse", "--follow");
  options.excludes("--json", "--output");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  return show_log(wanted);
}

}  // namespace ssblog
