// SPDX-License-Identifier: MIT
// view/live.h - what comes into the store, handed to those who look on.
//
// Used by the server: one thread reads what is new, once for all viewers. Those who want the same lines share the text of
// them (viewer.h); all that is made at once has a bound, and what is left out is counted. What comes after quiet is told at
// once, what follows is gathered for a moment, the longer the more look on. Nothing is read while nobody does.
#pragma once

#include "assemble/sweep.h"
#include "store/files.h"
#include "store/store.h"
#include "view/viewer.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ssblog {

class LiveFeed {
 public:
  static constexpr std::size_t most_viewers = 200;

  /// Opens the store at `path` for reading, when somebody looks on. `own`: whose word, and that of whom it follows, counts as
  /// an alert.
  LiveFeed(std::string path, const FeedId& own);
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  /// Looks on until the last holder of the viewer lets it go; it begins when the viewer says so. False: there are too many.
  /// std::system_error where no thread can be started.
  bool join(const std::shared_ptr<Viewer>& viewer);

 private:
  using Portion = std::map<const LiveWish*, std::shared_ptr<LiveEvents>>;
  struct News {
    Portion portion;
    CommonEvents common;
  };
  struct Source;  // the store, open
  void run();
  Result<bool> look(Source& source);
  void begin(std::map<FeedId, Seq> tips);
  Result<void> read_news(Store& store, const std::map<FeedId, Seq>& tips, News& news);
  Result<void> tell_alert(Store& store, const SweptMessage& message, CommonEvents& common);
  std::vector<std::shared_ptr<Viewer>> viewers();
  bool wait(std::chrono::milliseconds time);

  const std::string path_;
  const FeedId own_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::weak_ptr<Viewer>> viewers_;
  bool ending_ = false;
  bool begun_ = false;          ///< what comes behind `seen_` is told
  std::map<FeedId, Seq> seen_;  ///< the reader's
  bool failed_before_ = false;  ///< likewise: the news could not be read, and are tried once more
  std::array<File, 2> wake_;    ///< a pipe: its end wakes who waits for the store
  std::thread reader_;          // the last: it uses all others
};

}  // namespace ssblog
