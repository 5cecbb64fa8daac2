// SPDX-License-Identifier: MIT
// intake/event_queue.h - what came in for one source and is not committed yet: bounded, in order.
//
// The EventInlet of a receiver. EventIntake takes batches off its front, and puts them back when they could not be
// committed. On the loop's thread.
#pragma once

#include "intake/event_inlet.h"
#include "intake/event_packer.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ssblog {

/// Taken off a queue, to be committed together.
struct EventBatch {
  std::vector<EventOrLoss> entries;
  std::optional<std::string> cursor;  ///< of the last of them that has one
  std::uint64_t bytes = 0;            ///< that they count as
};

class EventQueue final : public EventInlet {
 public:
  static constexpr std::uint64_t usual_limit = 4 * 1024 * 1024;  // bytes in memory

  /// How soon what waits is to be committed.
  enum class Due {
    never,  ///< nothing waits
    later,  ///< when the buffer is three quarters full, or after a while
    soon,   ///< with what comes in the next moment
    now,    ///< there is much
  };

  /// `buffer`: bytes to gather before a commit; 0: none are gathered. `changed` is called when something came.
  EventQueue(std::uint64_t buffer, std::function<void()> changed);

  bool put(Event&& event) override { return enter(std::move(event), {}); }
  bool put(Event&& event, std::string cursor) override { return enter(std::move(event), std::move(cursor)); }
  void lose(LostEvents lost) override { enter_loss(std::move(lost), {}); }
  void lose(LostEvents lost, std::string cursor) override { enter_loss(std::move(lost), std::move(cursor)); }
  const std::string& cursor() const override { return cursor_; }
  void when_room(std::function<void()> call) override { when_room_ = std::move(call); }

  Due due() const;

  /// The oldest of what waits, of about `bytes`. It counts as waiting until `committed` or `put_back` is called.
  EventBatch take(std::uint64_t bytes);
  void committed(const EventBatch& batch);
  void put_back(EventBatch&& batch);

  /// What the store says, at the start.
  void set_cursor(std::string cursor) { cursor_ = std::move(cursor); }
  /// From now on nothing is taken.
  void close() { closed_ = true; }

  std::uint64_t waiting_bytes() const { return bytes_; }
  std::uint64_t waiting_records() const { return entries_.size(); }

 private:
  struct Entry {
    EventOrLoss what;
    std::optional<std::string> cursor;
    std::uint64_t bytes() const;
  };
  static std::uint64_t bytes_of(const Event& event, const std::optional<std::string>& cursor);
  bool enter(Event&& event, std::optional<std::string> cursor);
  void enter_loss(LostEvents lost, std::optional<std::string> cursor);

  const std::uint64_t limit_;
  const bool gathers_;
  const std::function<void()> changed_;
  std::function<void()> when_room_;
  std::deque<Entry> entries_;
  std::uint64_t bytes_ = 0;  ///< of entries_ and of what was taken and is not committed yet
  std::size_t losses_ = 0;   ///< in entries_
  bool urgent_ = false;      ///< something came that does not wait for others
  bool refused_ = false;     ///< since room was made last
  bool closed_ = false;
  std::string cursor_;
};

}  // namespace ssblog
