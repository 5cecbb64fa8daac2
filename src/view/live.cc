// SPDX-License-Identifier: MIT
#include "view/live.h"

#include "assemble/sweep.h"
#include "view/log_rows.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto look_pause = 100ms;
constexpr auto trouble_pause = 2s;
constexpr std::uint64_t most_lines_at_once = 5000;  // more than that nobody reads; the rest are counted

Result<std::map<FeedId, Seq>> tips_of(Store& store) {
  auto feeds = store.feeds();
  if (!feeds) return feeds.error();
  std::map<FeedId, Seq> tips;
  for (const FeedRow& feed : *feeds) {
    if (feed.tip) tips[feed.id] = feed.tip->sequence;
  }
  return tips;
}

}  // namespace

Result<std::shared_ptr<Viewer>> Viewer::make(Selection selection) {
  auto filter = LineFilter::make(selection);
  if (!filter) return filter.error();
  return std::shared_ptr<Viewer>(new Viewer(std::move(selection), std::move(*filter)));
}

std::optional<std::string> Viewer::take(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, patience, [this] { return ended_ || !waiting_.empty() || lost_ > 0; });
  if (ended_) return std::nullopt;
  std::string events = std::exchange(waiting_, {});
  if (lost_ > 0) events += fmt::format("event: lost\ndata: {{\"lines\":{}}}\n\n", std::exchange(lost_, 0));
  return events;
}

bool Viewer::wants(const SweptLine& line) const {
  const SweptMessage& message = *line.message;
  if (!selection_.wants_feed(message.feed) || !selection_.wants_host(message.feed, message.host) ||
      !selection_.wants(message.record))
    return false;
  if (!filter_.looks()) return true;
  const auto level = line.structural ? std::optional(level_of_structural(message.record))
                                     : level_of_line(message.record, line.level);
  return filter_.wants(line.bytes, level);
}

void Viewer::put(std::string_view event) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() + event.size() > most_waiting) {
    ++lost_;
  } else {
    waiting_ += event;
  }
  news_.notify_one();
}

void Viewer::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  news_.notify_all();
}

LiveFeed::LiveFeed(std::string path) : path_(std::move(path)) {}

LiveFeed::~LiveFeed() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (reader_.joinable()) reader_.join();
  for (const auto& viewer : viewers()) viewer->end();
}

bool LiveFeed::join(const std::shared_ptr<Viewer>& viewer) {
  const std::lock_guard lock(mutex_);
  std::erase_if(viewers_, [](const std::weak_ptr<Viewer>& one) { return one.expired(); });
  if (ending_ || viewers_.size() == most_viewers) return false;
  viewers_.push_back(viewer);
  // Not before: who enters a sandbox must be alone.
  if (!reader_.joinable()) reader_ = std::thread([this] { run(); });
  changed_.notify_all();
  return true;
}

std::vector<std::shared_ptr<Viewer>> LiveFeed::viewers() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Viewer>> there;
  std::erase_if(viewers_, [&](const std::weak_ptr<Viewer>& one) {
    auto viewer = one.lock();
    if (!viewer) return true;
    there.push_back(std::move(viewer));
    return false;
  });
  return there;
}

/// False: the end has come. Without viewers it waits for one.
bool LiveFeed::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  if (viewers_.empty()) {
    // What comes meanwhile nobody sees.
    seen_.clear();
    version_ = -1;
    changed_.wait(lock, [this] { return ending_ || !viewers_.empty(); });
  } else {
    changed_.wait_for(lock, time, [this] { return ending_; });
  }
  return !ending_;
}

void LiveFeed::run() {
  std::optional<Store> store;
  for (std::chrono::milliseconds pause = look_pause; wait(pause);) {
    pause = look_pause;
    if (!store) {
      auto opened = Store::open(path_, OpenMode::read_only);
      if (!opened) {
        pause = trouble_pause;
        continue;
      }
      store.emplace(std::move(*opened));
    }
    if (!look(*store)) {
      // Damaged, or gone: the pages of the API say why.
      store.reset();
      pause = trouble_pause;
    }
  }
}

Result<void> LiveFeed::look(Store& store) {
  auto version = store.data_version();
  if (!version) return version.error();
  if (*version == version_) return {};
  auto snapshot = ReadTransaction::begin(store.database());
  if (!snapshot) return snapshot.error();
  auto tips = tips_of(store);
  if (!tips) return tips.error();
  const bool is_first = version_ == -1;
  version_ = *version;
  if (is_first || *tips == seen_) {
    seen_ = std::move(*tips);
    return {};
  }
  const auto there = viewers();
  Selection all;
  all.right_clocks = true;
  auto sweep = Sweep::begin(store, all, LinePosition{}, seen_);
  if (!sweep) return sweep.error();
  SweptLine line;
  bool board_changed = false;
  std::uint64_t lines = 0;
  for (;;) {
    auto more = sweep->next(line);
    if (!more) return more.error();
    if (!*more) break;
    board_changed = board_changed || line.message->record.kind == RecordKind::job;
    if (++lines > most_lines_at_once) continue;
    std::string event;
    for (const auto& viewer : there) {
      if (!viewer->wants(line)) continue;
      if (event.empty()) {
        std::string row;
        if (auto written = write_record(*sweep, line, row); !written) return written;
        event = fmt::format("event: line\ndata: {}\n\n", row);
      }
      viewer->put(event);
    }
  }
  const std::string left_out =
      lines > most_lines_at_once
          ? fmt::format("event: lost\ndata: {{\"lines\":{}}}\n\n", lines - most_lines_at_once)
          : "";
  for (const auto& viewer : there) {
    if (board_changed) viewer->put("event: board\ndata: {}\n\n");
    if (!left_out.empty()) viewer->put(left_out);
  }
  seen_ = std::move(*tips);
  return {};
}

}  // namespace ssblog
