// SPDX-License-Identifier: MIT
// view/viewer.h - one who looks on: what waits for it, with a bound, and what it lost.
//
// Used by the server, a thread for each viewer, and by the reader of live.h, which puts. Lines have a queue: who does not
// read loses the later ones, and is told how many. What is for everybody is apart from them and is not lost with them: that the
// board changed is one word however often it did, and alerts are few.
#pragma once

#include "assemble/line_filter.h"
#include "assemble/selection.h"
#include "assemble/sweep.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// Which lines somebody wants: of all who want the same there is one. Never changed.
struct LiveWish {
  Selection selection;
  LineFilter filter;
  std::string text;  ///< equal for equal selections

  bool wants(const SweptLine& line) const;
};

/// Lines for all who have one wish.
struct LiveEvents {
  std::string text;
  std::vector<std::size_t> ends;  ///< of each line's event in it
  std::uint64_t lost = 0;         ///< lines behind these that fit the wish, and for which there was no room
};

/// For everybody, whatever the wish.
struct CommonEvents {
  std::string alerts;
  std::uint64_t alert_count = 0;  ///< in it
  bool board = false;             ///< how jobs stand may be another now
  std::uint64_t messages = 0;     ///< that came and were not looked into
};

/// `take` and `wait_for_begin` are for its own thread, the rest for the reader's.
class Viewer {
 public:
  static constexpr std::size_t most_waiting = 1024 * 1024;        // bytes of lines
  static constexpr std::size_t most_alerts_waiting = 256 * 1024;  // bytes; /alerts has all

  static Result<std::shared_ptr<Viewer>> make(Selection selection);

  /// True: whatever is committed from now on will be told. False: the store could not be looked at in that time, or the
  /// server ends.
  bool wait_for_begin(std::chrono::milliseconds patience);

  /// Events of text/event-stream that came since, all at once; empty: none in that time. Nothing: the server ends.
  std::optional<std::string> take(std::chrono::milliseconds patience);

 private:
  friend class LiveFeed;
  explicit Viewer(std::shared_ptr<const LiveWish> wish) : wish_(std::move(wish)) {}
  void begin();
  void put(std::shared_ptr<const LiveEvents> events, const CommonEvents& common);
  void end();
  void put_lines(std::shared_ptr<const LiveEvents> events);
  bool has_news() const;

  struct Part {
    std::shared_ptr<const LiveEvents> events;
    std::size_t size;  ///< of its text, from the beginning
  };
  std::shared_ptr<const LiveWish> wish_;  ///< not changed any more once it looks on
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<Part> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t lost_ = 0;  ///< lines
  CommonEvents common_;
  bool begun_ = false, ended_ = false;
};

}  // namespace ssblog
