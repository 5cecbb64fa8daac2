// SPDX-License-Identifier: MIT
// view/live.h - what comes into the store, handed to those who look on.
//
// Used by the server: one thread reads what is new, once for all viewers. Those who want the same lines share the text of
// them; each viewer's thread takes it from a queue of its own, which is bounded: who does not read loses events and is told
// how many. What comes after quiet is told at once, what follows is gathered for a moment, the longer the more look on.
// Nothing is read while nobody does.
#pragma once

#include "assemble/line_filter.h"
#include "assemble/selection.h"
#include "assemble/sweep.h"
#include "store/files.h"
#include "store/store.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ssblog {

/// Which lines somebody wants: of all who want the same there is one. Never changed.
struct LiveWish {
  Selection selection;
  LineFilter filter;
  std::string text;  ///< equal for equal selections

  bool wants(const SweptLine& line) const;
};

/// Events for all who have one wish.
struct LiveEvents {
  std::string text;
  std::uint64_t lines = 0;  ///< told in it
};

/// One who looks on. `take` is for its own thread, the rest for the reader's.
class Viewer {
 public:
  static constexpr std::size_t most_waiting = 1024 * 1024;  // bytes

  static Result<std::shared_ptr<Viewer>> make(Selection selection);

  /// Events of text/event-stream that came since, all at once; empty: none in that time. Nothing: the server ends.
  std::optional<std::string> take(std::chrono::milliseconds patience);

 private:
  friend class LiveFeed;
  explicit Viewer(std::shared_ptr<const LiveWish> wish) : wish_(std::move(wish)) {}
  void put(std::shared_ptr<const LiveEvents> events);
  void end();

  std::shared_ptr<const LiveWish> wish_;  ///< not changed any more once it looks on
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::shared_ptr<const LiveEvents>> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t lost_ = 0;
  bool ended_ = false;
};

class LiveFeed {
 public:
  static constexpr std::size_t most_viewers = 200;

  /// Opens the store at `path` for reading, when somebody looks on. `own`: whose word, and that of whom it follows, counts as
  /// an alert.
  LiveFeed(std::string path, const FeedId& own);
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  /// Looks on from now on, until the last holder of the viewer lets it go. False: there are too many.
  bool join(const std::shared_ptr<Viewer>& viewer);

 private:
  using Portion = std::map<const LiveWish*, std::shared_ptr<LiveEvents>>;
  void run();
  Result<bool> look(Store& store);
  Result<void> read_news(Store& store, const std::map<FeedId, Seq>& seen, Portion& portion);
  Result<void> tell_alert(Store& store, const SweptMessage& message, std::string& common);
  std::vector<std::shared_ptr<Viewer>> viewers();
  bool wait(std::chrono::milliseconds time);

  const std::string path_;
  const FeedId own_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::weak_ptr<Viewer>> viewers_;
  bool ending_ = false;
  std::map<FeedId, Seq> seen_;
  std::int64_t version_ = -1;
  std::array<File, 2> wake_;  ///< a pipe: its end wakes who waits for the store
  std::thread reader_;        // the last: it uses all others
};

}  // namespace ssblog
