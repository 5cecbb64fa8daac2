// SPDX-License-Identifier: MIT
#include "view/viewer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace ssblog {

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

bool Viewer::wait_for_begin(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, patience, [this] { return begun_ || ended_; });
  return begun_ && !ended_;
}

bool Viewer::has_news() const {
  return !waiting_.empty() || lost_ > 0 || common_.board || common_.alert_count > 0 || common_.messages > 0;
}

std::optional<std::string> Viewer::take(std::chrono::milliseconds patience) {
  std::vector<Part> taken;
  std::uint64_t lost = 0;
  CommonEvents common;
  {
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, patience, [this] { return ended_ || has_news(); });
    if (ended_) return std::nullopt;
    taken.swap(waiting_);
    waiting_bytes_ = 0;
    lost = std::exchange(lost_, 0);
    common = std::exchange(common_, {});
  }
  std::string events;
  for (const Part& part : taken) events += std::string_view(part.events->text).substr(0, part.size);
  if (lost > 0 || common.messages > 0)
    fmt::format_to(std::back_inserter(events), "event: lost\ndata: {{\"lines\":{},\"messages\":{}}}\n\n",
                   lost, common.messages);
  events += common.alerts;
  if (common.board) events += "event: board\ndata: {}\n\n";
  return events;
}

void Viewer::begin() {
  const std::lock_guard lock(mutex_);
  begun_ = true;
  news_.notify_all();
}

/// As many of them as there is room for. Behind lost ones nothing is queued until the viewer has heard of the loss: it would be
/// out of its place.
void Viewer::put_lines(std::shared_ptr<const LiveEvents> events) {
  const auto& ends = events->ends;
  const auto fits =
      lost_ > 0 ? ends.begin() : std::upper_bound(ends.begin(), ends.end(), most_waiting - waiting_bytes_);
  lost_ += static_cast<std::uint64_t>(ends.end() - fits) + events->lost;
  if (fits == ends.begin()) return;
  const std::size_t size = *std::prev(fits);
  waiting_bytes_ += size;
  waiting_.push_back({std::move(events), size});
}

void Viewer::put(std::shared_ptr<const LiveEvents> events, const CommonEvents& common) {
  const std::lock_guard lock(mutex_);
  put_lines(std::move(events));
  common_.board = common_.board || common.board;
  common_.messages += common.messages;
  if (common_.alerts.size() + common.alerts.size() > most_alerts_waiting) {
    common_.messages += common.alert_count;
  } else {
    common_.alerts += common.alerts;
    common_.alert_count += common.alert_count;
  }
  if (has_news()) news_.notify_one();
}

void Viewer::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  news_.notify_all();
}

}  // namespace ssblog
