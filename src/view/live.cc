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
#include <optional>
#include <set>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

// What comes meanwhile is told together: each portion wakes each viewer once.
constexpr auto least_pause = 40ms, pause_of_viewer = 2ms, longest_pause = 250ms;
constexpr auto trouble_pause = 2s;
constexpr Seq most_messages_at_once = 1000;
constexpr std::uint64_t most_lines_at_once =
    5000;  // more than that nobody reads; the messages of the rest are counted
constexpr std::size_t most_alert_bytes = 64 * 1024;           // of one portion; /alerts has all
constexpr std::size_t event_bytes = 24;                       // of an event, around its row
constexpr std::size_t most_portion_bytes = 32 * 1024 * 1024;  // of lines, for all wishes

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

}  // namespace

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
  // Not before: who enters a sandbox must be alone.
  if (!reader_.joinable()) reader_ = std::thread([this] { run(); });
  viewers_.push_back(viewer);
  if (begun_) viewer->begin();
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
  std::erase_if(viewers_, [](const std::weak_ptr<Viewer>& one) { return one.expired(); });
  if (viewers_.empty()) {
    // What comes meanwhile nobody sees.
    begun_ = false;
    failed_before_ = false;
    changed_.wait(lock, [this] { return ending_ || !viewers_.empty(); });
  } else {
    changed_.wait_for(lock, time, [this] { return ending_; });
  }
  return !ending_;
}

/// A connection to the store: its numbers of versions mean nothing to another one.
struct LiveFeed::Source {
  Store store;
  StoreWatch watch;
  std::int64_t version = -1;  ///< that was looked at last; -1: none
};

void LiveFeed::run() {
  std::optional<Source> source;
  for (std::chrono::milliseconds pause = 0ms; wait(pause);) {
    pause = trouble_pause;
    if (!source) {
      auto opened = Store::open(path_, OpenMode::read_only);
      if (!opened) continue;
      source.emplace(Source{std::move(*opened), StoreWatch(path_)});
    }
    auto news = look(*source);
    if (!news) {
      // Damaged, or gone: the pages of the API say why.
      source.reset();
      continue;
    }
    if (!source->watch.wait(*news, wake_[0].get())) return;
    pause = *news ? std::min<std::chrono::milliseconds>(
                        least_pause + pause_of_viewer * static_cast<int>(viewers().size()), longest_pause)
                  : 0ms;
  }
}

/// What comes behind `tips` is told from now on.
void LiveFeed::begin(std::map<FeedId, Seq> tips) {
  seen_ = std::move(tips);
  {
    const std::lock_guard lock(mutex_);
    begun_ = true;
  }
  for (const auto& viewer : viewers()) viewer->begin();
}

/// True: there was something new.
Result<bool> LiveFeed::look(Source& source) {
  auto version = source.store.data_version();
  if (!version) return version.error();
  // Nobody but this thread changes it once somebody looks on.
  const bool begun = begun_;
  if (begun && *version == source.version) return false;
  auto snapshot = ReadTransaction::begin(source.store.database());
  if (!snapshot) return snapshot.error();
  auto tips = tips_of(source.store);
  if (!tips) return tips.error();
  if (!begun) begin(*tips);
  if (seen_ == *tips) {
    source.version = *version;
    return false;
  }
  const auto there = viewers();
  News news;
  for (const auto& viewer : there) {
    auto& events = news.portion[viewer->wish_.get()];
    if (!events) events = std::make_shared<LiveEvents>();
  }
  if (auto read = read_news(source.store, *tips, news); !read) {
    // Once it may be the moment. What cannot be read at all must not keep back what comes behind it.
    if (!std::exchange(failed_before_, true)) return read.error();
    news.common = {};
    news.common.board = true;
    for (const auto& [feed, span] : spans_between(seen_, *tips, news.common.messages))
      news.common.messages += span.last - span.behind;
    for (const auto& [wish, events] : news.portion) *events = {};
  }
  failed_before_ = false;
  seen_ = std::move(*tips);
  source.version = *version;
  for (const auto& viewer : there) viewer->put(news.portion[viewer->wish_.get()], news.common);
  return true;
}

/// Events of what lies between `seen_` and `tips`, for each wish.
Result<void> LiveFeed::read_news(Store& store, const std::map<FeedId, Seq>& tips, News& news) {
  Selection all;
  all.right_clocks = true;
  all.all_types = true;
  CommonEvents& common = news.common;
  // Of these messages alone: what a walk by time would pass may be all that the store has.
  auto sweep = Sweep::of(store, all, spans_between(seen_, tips, common.messages));
  if (!sweep) return sweep.error();
  // What was left out may have been about jobs.
  common.board = common.messages > 0;
  const std::size_t room =
      std::min(Viewer::most_waiting, most_portion_bytes / std::max<std::size_t>(news.portion.size(), 1));
  SweptLine line;
  std::string row;
  std::set<RowId> left_out;
  for (std::uint64_t lines = 0;; ++lines) {
    auto more = sweep->next(line);
    if (!more) return more.error();
    if (!*more) break;
    const Record& record = line.message->record;
    // What is expected of a job, and an alert about one, change how it stands, as its runs do.
    common.board =
        common.board || record.kind == RecordKind::job || record.type == "alert" || record.type == "expect";
    if (record.type == "alert") {
      if (auto told = tell_alert(store, *line.message, common); !told) return told;
    }
    if (lines >= most_lines_at_once) {
      left_out.insert(line.message->row);
      continue;
    }
    row.clear();
    for (const auto& [wish, events] : news.portion) {
      if (!wish->wants(line)) continue;
      if (events->lost == 0 && row.empty()) {
        if (auto written = write_record(*sweep, line, row); !written) return written;
      }
      if (events->lost > 0 || events->text.size() + row.size() + event_bytes > room) {
        ++events->lost;
        continue;
      }
      fmt::format_to(std::back_inserter(events->text), "event: line\ndata: {}\n\n", row);
      events->ends.push_back(events->text.size());
    }
  }
  common.messages += left_out.size();
  return {};
}

/// As /alerts has it. What is said by a feed that this host does not follow is none.
Result<void> LiveFeed::tell_alert(Store& store, const SweptMessage& message, CommonEvents& common) {
  auto text = store.message(message.row);
  if (!text) return text.error();
  const auto alert = read_alert(member(*text, "content"));
  if (!alert) return {};
  auto trusted = AlertBook(store, own_).trusted();
  if (!trusted) return trusted.error();
  const bool counts = std::any_of(trusted->begin(), trusted->end(),
                                  [&](const FeedRow& feed) { return feed.id == message.feed; });
  if (!counts) return {};
  if (common.alerts.size() > most_alert_bytes) {
    ++common.messages;
    return {};
  }
  const auto made = clamp_time(number_of(member(*text, "timestamp")).value_or(0));
  auto shown = shown_alert(store, {id_of(*alert), *alert, message.feed, made, false});
  if (!shown) return shown.error();
  common.alerts += fmt::format("event: alert\ndata: {}\n\n", alert_json(*shown));
  ++common.alert_count;
  return {};
}

}  // namespace ssblog
