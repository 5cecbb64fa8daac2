// SPDX-License-Identifier: MIT
// view/live.h - what comes into the store, handed to those who look on.
//
// Used by the server: one thread reads what is new, once for all viewers; each viewer's thread takes its events from a
// queue of its own, which is bounded: who does not read loses events and is told how many. Nothing is read while nobody
// looks on.
#pragma once

#include "assemble/line_filter.h"
#include "assemble/selection.h"
#include "assemble/sweep.h"
#include "store/store.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ssblog {

/// One who looks on. `take` is for its own thread, the rest for the reader's.
class Viewer {
 public:
  static constexpr std::size_t most_waiting = 1024 * 1024;  // bytes

  static Result<std::shared_ptr<Viewer>> make(Selection selection);

  /// Events of text/event-stream that came since, all at once; empty: none in that time. Nothing: the server ends.
  std::optional<std::string> take(std::chrono::milliseconds patience);

 private:
  friend class LiveFeed;
  Viewer(Selection selection, LineFilter filter)
      : selection_(std::move(selection)), filter_(std::move(filter)) {}
  bool wants(const SweptLine& line) const;
  void put(std::string_view event);
  void end();

  const Selection selection_;
  const LineFilter filter_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::string waiting_;
  std::uint64_t lost_ = 0;
  bool ended_ = false;
};

class LiveFeed {
 public:
  static constexpr std::size_t most_viewers = 200;

  /// Opens the store at `path` for reading, when somebody looks on.
  explicit LiveFeed(std::string path);
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  /// Looks on from now on, until the last holder of the viewer lets it go. False: there are too many.
  bool join(const std::shared_ptr<Viewer>& viewer);

 private:
  void run();
  Result<void> look(Store& store);
  std::vector<std::shared_ptr<Viewer>> viewers();
  bool wait(std::chrono::milliseconds time);

  const std::string path_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::weak_ptr<Viewer>> viewers_;
  bool ending_ = false;
  std::map<FeedId, Seq> seen_;
  std::int64_t version_ = -1;
  std::thread reader_;  // the last: it uses all others
};

}  // namespace ssblog
