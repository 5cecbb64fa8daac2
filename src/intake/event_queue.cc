// SPDX-License-Identifier: MIT
#include "intake/event_queue.h"

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

constexpr std::uint64_t much = 1024 * 1024;  // bytes that are committed at once
constexpr Level urgent_level = 3;            // err: may be the last that this host says
constexpr std::size_t most_losses = 100;     // records of losses that wait; then they are added up

void add_to(LostEvents& sum, const LostEvents& more) {
  if (more.records)
    sum.records = std::min(sum.records.value_or(0), max_offset) + std::min(*more.records, max_offset);
  if (sum.records) sum.records = std::min(*sum.records, max_offset);
  sum.time = std::max(sum.time, more.time);
}

}  // namespace

EventQueue::EventQueue(std::uint64_t buffer, std::function<void()> changed)
    : limit_(buffer == 0 ? usual_limit : buffer), gathers_(buffer != 0), changed_(std::move(changed)) {}

std::uint64_t EventQueue::bytes_of(const Event& event, const std::optional<std::string>& cursor) {
  return sizeof(Entry) + event.text.size() + event.stream.size() + event.sender.size() +
         (cursor ? cursor->size() : 0);
}

std::uint64_t EventQueue::Entry::bytes() const {
  if (const auto* event = std::get_if<Event>(&what)) return bytes_of(*event, cursor);
  const auto& lost = std::get<LostEvents>(what);
  return sizeof(Entry) + lost.stream.size() + lost.reason.size() + (cursor ? cursor->size() : 0);
}

bool EventQueue::enter(Event&& event, std::optional<std::string> cursor) {
  if (closed_) return false;
  // One that is greater than the limit still comes in, alone.
  const std::uint64_t bytes = bytes_of(event, cursor);
  if (bytes_ > 0 && bytes_ + bytes > limit_) {
    refused_ = true;
    return false;
  }
  urgent_ = urgent_ || event.level.value_or(urgent_level + 1) <= urgent_level;
  bytes_ += bytes;
  entries_.push_back({std::move(event), std::move(cursor)});
  changed_();
  return true;
}

void EventQueue::enter_loss(LostEvents lost, std::optional<std::string> cursor) {
  // Losses one behind the other are one; and a sender must not fill the memory with them.
  const auto same = [&lost](const Entry& entry) {
    const auto* other = std::get_if<LostEvents>(&entry.what);
    return other != nullptr && other->stream == lost.stream && other->reason == lost.reason;
  };
  auto into = entries_.rend();
  if (cursor)  // it must not come before what stands in front of it; who has one waits for room with the next event
    into = !entries_.empty() && same(entries_.back()) ? entries_.rbegin() : entries_.rend();
  else if (losses_ >= most_losses)
    into = std::find_if(entries_.rbegin(), entries_.rend(), same);
  else if (!entries_.empty() && same(entries_.back()))
    into = entries_.rbegin();
  if (into == entries_.rend() && !cursor && losses_ >= most_losses) {
    into = std::find_if(entries_.rbegin(), entries_.rend(),
                        [](const Entry& entry) { return std::holds_alternative<LostEvents>(entry.what); });
  }
  if (into != entries_.rend()) {
    bytes_ -= into->bytes();
    add_to(std::get<LostEvents>(into->what), lost);
    if (cursor) into->cursor = std::move(cursor);
    bytes_ += into->bytes();
  } else {
    entries_.push_back({std::move(lost), std::move(cursor)});
    bytes_ += entries_.back().bytes();
    ++losses_;
  }
  changed_();
}

EventQueue::Due EventQueue::due() const {
  if (entries_.empty()) return Due::never;
  if (!gathers_) return bytes_ >= much ? Due::now : Due::soon;
  if (urgent_) return Due::soon;
  return bytes_ >= limit_ / 4 * 3 || refused_ ? Due::now : Due::later;
}

EventBatch EventQueue::take(std::uint64_t bytes) {
  EventBatch batch;
  while (!entries_.empty() && batch.bytes < bytes) {
    Entry& entry = entries_.front();
    batch.bytes += entry.bytes();
    if (entry.cursor) batch.cursor = std::move(entry.cursor);
    losses_ -= std::holds_alternative<LostEvents>(entry.what) ? 1 : 0;
    batch.entries.push_back(std::move(entry.what));
    entries_.pop_front();
  }
  if (entries_.empty()) urgent_ = false;
  return batch;
}

void EventQueue::committed(const EventBatch& batch) {
  bytes_ -= batch.bytes;
  if (batch.cursor) cursor_ = *batch.cursor;
  if (!closed_ && std::exchange(refused_, false) && when_room_) when_room_();
}

void EventQueue::put_back(EventBatch&& batch) {
  bytes_ -= batch.bytes;
  for (auto entry = batch.entries.rbegin(); entry != batch.entries.rend(); ++entry) {
    losses_ += std::holds_alternative<LostEvents>(*entry) ? 1 : 0;
    entries_.push_front({std::move(*entry), std::exchange(batch.cursor, {})});
    bytes_ += entries_.front().bytes();
  }
}

}  // namespace ssblog
