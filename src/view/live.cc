// SPDX-License-Identifier: MIT
#include "view/live.h"

#include "assemble/alert_text.h"
#include "assemble/sweep.h"
#include "feed/alert_record.h"
#include "feed/json.h"
#include "store/store_watch.h"
#include "view/log_rows.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

// What comes meanwhile is told together: each portion wakes each viewer once.
constexpr auto least_pause = 40ms, pause_of_viewer = 2ms, longest_pause = 250ms;
constexpr auto trouble_pause = 2s;
constexpr Seq most_messages_at_once = 1000;
constexpr std::uint64_t most_lines_at_once = 5000;   // more than that nobody reads; the rest are counted
constexpr std::size_t most_alert_bytes = 64 * 1024;  // of one portion; /alerts has all

Result<std::map<FeedId, Seq>> tips_of(Store& store) {
  auto feeds = store.feeds();
  if (!feeds) return feeds.error();
  std::map<FeedId, Seq> tips;
  for (const FeedRow& feed : *feeds) {
    if (feed.tip) tips[feed.id] = feed.tip->sequence;
  }
  return tips;
}

/// The messages that came between, the newest of each feed where they are very many. `left_out`: of the others, so many.
std::map<FeedId, MessageSpan> spans_between(const std::map<FeedId, Seq>& seen,
                                            const std::map<FeedId, Seq>& now, std::uint64_t& left_out) {
  std::map<FeedId, MessageSpan> spans;
  for (const auto& [feed, last] : now) {
    const auto before = seen.find(feed);
    const Seq behind = before == seen.end() ? 0 : before->second;
    if (behind < last) spans[feed] = {behind, last};
  }
  if (spans.empty()) return spans;
  const Seq each = std::max<Seq>(most_messages_at_once / static_cast<Seq>(spans.size()), 1);
  for (auto& [feed, span] : spans) {
    const Seq first = span.last - std::min(span.last, each);
    if (span.behind >= first) continue;
    left_out += first - span.behind;
    span.behind = first;
  }
  return spans;
}

std::string lost_event(std::uint64_t lines) {
  return fmt::format("event: lost\ndata: {{\"lines\":{}}}\n\n", lines);
}

}  // namespace

bool LiveWish::wants(const SweptLine& line) const {
  const SweptMessage& message = *line.message;
  if (!selection.wants_feed(message.feed) || !selection.wants_host(message.feed, message.host) ||
      !selection.wants(message.record))
    return false;
  if (!filter.looks()) return true;
  const auto level = line.structural ? std::optional(level_of_structural(message.record))
                                     : level_of_line(message.record, line.level);
  return filter.wants(line.bytes, level);
}

Result<std::shared_ptr<Viewer>> Viewer::make(Selection selection) {
  auto filter = LineFilter::make(selection);
  if (!filter) return filter.error();
  std::string text = to_text(selection);
  auto wish =
      std::make_shared<const LiveWish>(LiveWish{std::move(selection), std::move(*filter), std::move(text)});
  return std::shared_ptr<Viewer>(new Viewer(std::move(wish)));
}

std::optional<std::string> Viewer::take(std::chrono::milliseconds patience) {
  std::vector<std::shared_ptr<const LiveEvents>> taken;
  std::string events;
  {
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, patience, [this] { return ended_ || !waiting_.empty() || lost_ > 0; });
    if (ended_) return std::nullopt;
    taken.swap(waiting_);
    waiting_bytes_ = 0;
    if (lost_ > 0) events = lost_event(std::exchange(lost_, 0));
  }
  for (const auto& one : taken) events += one->text;
  return events;
}

void Viewer::put(std::shared_ptr<const LiveEvents> events) {
  const std::lock_guard lock(mutex_);
  if (waiting_bytes_ + events->text.size() > most_waiting) {
    lost_ += events->lines;
  } else {
    waiting_bytes_ += events->text.size();
    waiting_.push_back(std::move(events));
  }
  news_.notify_one();
}

void Viewer::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  news_.notify_all();
}

LiveFeed::LiveFeed(std::string path, const FeedId& own) : path_(std::move(path)), own_(own) {
  int ends[2];
  // Without it the end of the server waits for the next look at the store, and that is all.
  if (::pipe(ends) != 0) return;
  for (std::size_t i = 0; i < wake_.size(); ++i) {
    wake_[i] = File(ends[i]);
    ::fcntl(ends[i], F_SETFD, FD_CLOEXEC);
  }
}

LiveFeed::~LiveFeed() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    wake_[1] = File();
    changed_.notify_all();
  }
  if (reader_.joinable()) reader_.join();
  for (const auto& viewer : viewers()) viewer->end();
}

bool LiveFeed::join(const std::shared_ptr<Viewer>& viewer) {
  const std::lock_guard lock(mutex_);
  std::erase_if(viewers_, [](const std::weak_ptr<Viewer>& one) { return one.expired(); });
  if (ending_ || viewers_.size() == most_viewers) return false;
  for (const std::weak_ptr<Viewer>& one : viewers_) {
    const auto other = one.lock();
    if (other && other->wish_->text == viewer->wish_->text) viewer->wish_ = other->wish_;
  }
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
  std::optional<StoreWatch> watch;
  for (std::chrono::milliseconds pause = 0ms; wait(pause);) {
    pause = trouble_pause;
    if (!store) {
      auto opened = Store::open(path_, OpenMode::read_only);
      if (!opened) continue;
      store.emplace(std::move(*opened));
      watch.emplace(path_);
    }
    auto news = look(*store);
    if (!news) {
      // Damaged, or gone: the pages of the API say why.
      store.reset();
      continue;
    }
    if (!watch->wait(*news, wake_[0].get())) return;
    pause = *news ? std::min<std::chrono::milliseconds>(
                        least_pause + pause_of_viewer * static_cast<int>(viewers().size()), longest_pause)
                  : 0ms;
  }
}

/// True: there was something new.
Result<bool> LiveFeed::look(Store& store) {
  auto version = store.data_version();
  if (!version) return version.error();
  if (*version == version_) return false;
  auto snapshot = ReadTransaction::begin(store.database());
  if (!snapshot) return snapshot.error();
  auto tips = tips_of(store);
  if (!tips) return tips.error();
  const bool is_first = version_ == -1;
  version_ = *version;
  const auto seen = std::exchange(seen_, std::move(*tips));
  if (is_first || seen_ == seen) return false;
  const auto there = viewers();
  Portion portion;
  for (const auto& viewer : there) {
    auto& events = portion[viewer->wish_.get()];
    if (!events) events = std::make_shared<LiveEvents>();
  }
  if (auto read = read_news(store, seen, portion); !read) return read.error();
  for (const auto& viewer : there) {
    const auto& events = portion[viewer->wish_.get()];
    if (!events->text.empty()) viewer->put(events);
  }
  return true;
}

/// Events of what lies behind `seen`, for each wish.
Result<void> LiveFeed::read_news(Store& store, const std::map<FeedId, Seq>& seen, Portion& portion) {
  Selection all;
  all.right_clocks = true;
  all.all_types = true;
  // Of these messages alone: what a walk by time would pass may be all that the store has.
  std::uint64_t left_out = 0;
  auto sweep = Sweep::of(store, all, spans_between(seen, seen_, left_out));
  if (!sweep) return sweep.error();
  SweptLine line;
  std::string row, common;  // `common` is for everybody
  bool board_changed = false;
  std::uint64_t lines = 0;
  for (;;) {
    auto more = sweep->next(line);
    if (!more) return more.error();
    if (!*more) break;
    const Record& record = line.message->record;
    // What is expected of a job, and an alert about one, change how it stands, as its runs do.
    board_changed =
        board_changed || record.kind == RecordKind::job || record.type == "alert" || record.type == "expect";
    if (record.type == "alert") {
      if (auto told = tell_alert(store, *line.message, common); !told) return told;
    }
    if (++lines > most_lines_at_once) continue;
    row.clear();
    for (const auto& [wish, events] : portion) {
      if (!wish->wants(line)) continue;
      if (row.empty()) {
        if (auto written = write_record(*sweep, line, row); !written) return written;
      }
      fmt::format_to(std::back_inserter(events->text), "event: line\ndata: {}\n\n", row);
      ++events->lines;
    }
  }
  if (board_changed) common += "event: board\ndata: {}\n\n";
  left_out += lines - std::min(lines, most_lines_at_once);
  if (left_out > 0) common += lost_event(left_out);
  for (const auto& [wish, events] : portion) events->text += common;
  return {};
}

/// As /alerts has it. What is said by a feed that this host does not follow is none.
Result<void> LiveFeed::tell_alert(Store& store, const SweptMessage& message, std::string& common) {
  if (common.size() > most_alert_bytes) return {};
  auto text = store.message(message.row);
  if (!text) return text.error();
  const auto alert = read_alert(member(*text, "content"));
  if (!alert) return {};
  auto trusted = AlertBook(store, own_).trusted();
  if (!trusted) return trusted.error();
  const bool counts = std::any_of(trusted->begin(), trusted->end(),
                                  [&](const FeedRow& feed) { return feed.id == message.feed; });
  if (!counts) return {};
  const auto made = clamp_time(number_of(member(*text, "timestamp")).value_or(0));
  auto shown = shown_alert(store, {id_of(*alert), *alert, message.feed, made, false});
  if (!shown) return shown.error();
  common += fmt::format("event: alert\ndata: {}\n\n", alert_json(*shown));
  return {};
}

}  // namespace ssblog
