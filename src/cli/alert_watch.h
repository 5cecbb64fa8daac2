// SPDX-License-Identifier: MIT
// cli/alert_watch.h - the daemon's watch over jobs: makes the alerts that the rules ask for, and tells of them here.
//
// Used by the daemon. All of it works on the store, on workers, and telling, which waits for commands, on a thread of its
// own; this object only says when. On the loop's thread.
#pragma once

#include "board/alert_turns.h"
#include "board/watch.h"
#include "cli/alert_teller.h"
#include "feed/keys.h"
#include "loop/timer.h"
#include "loop/watch.h"
#include "loop/work.h"
#include "store/home.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ssblog {

class AlertWatch {
 public:
  struct Options {
    Home home;
    std::optional<SigningKey> hmac;
    FeedId own;
    Patience patience;
    Millis spread = 10'000;  ///< between the turns of two hosts
    TellWays tell;
    std::function<Millis()> clock;                ///< ms since 1970
    std::function<std::set<FeedId>()> connected;  ///< hosts, now
    std::function<void(bool trouble, const std::string&)> log;
    std::function<void()> published;
  };

  AlertWatch(Loop& loop, Options options);
  AlertWatch(const AlertWatch&) = delete;
  AlertWatch& operator=(const AlertWatch&) = delete;
  ~AlertWatch() { telling_->watch = nullptr; }

  /// How long after a look the next one may begin that a change asks for. Where much is said and many jobs are watched,
  /// a look takes long, and one behind the other would take all of a processor.
  static std::chrono::milliseconds pause_after(std::chrono::milliseconds look);

  /// Looks when others had time to say what they saw, and from then on when the store changes, and when time may bring something.
  void start();
  /// Begins nothing more; a command that is under way is killed, and then `done` is called.
  void stop(std::function<void()> done);

 private:
  struct Round {
    AlertTurns turns;
    std::optional<Millis> wake;
    std::vector<std::string> made;  ///< lines for the log
    std::vector<AlertRecord> doubtful;
    std::optional<Error> trouble;
    std::chrono::milliseconds took{0};
  };
  static Round work(const Options& options, const Watcher& watcher, AlertTurns turns, Millis now);
  static Result<void> publish(const Options& options, Store& store, const std::vector<AlertRecord>& alerts,
                              Round& round);
  /// Of the loop's thread and of the one that tells; outlives the watch.
  struct Telling {
    std::atomic<bool> stopped = false;
    bool under_way = false;             // of the loop alone, as what follows
    std::function<void()> ended;        // when it was stopped
    AlertWatch* watch = nullptr;        // gone, when it is
    std::vector<std::string> troubles;  // of the other thread until it ended
  };
  void look();
  void looked(Round round);
  void tell();
  static void told(Telling& telling);
  void soon();
  void changed();
  bool has_news();

  Loop& loop_;
  const Options options_;
  Millis since_ = 0;
  AlertTurns turns_;
  bool begun_ = false, looking_ = false, again_ = false, stopped_ = false;
  std::string told_trouble_;
  std::vector<AlertRecord> doubtful_;  ///< of the last look
  Ticket look_ticket_;
  const std::shared_ptr<Telling> telling_ = std::make_shared<Telling>();
  Timer later_, soon_;
  std::chrono::milliseconds pause_;  ///< from a change to the next look
  std::optional<Store> ear_;         ///< says whether a change of the file is one of what is in it
  std::int64_t heard_ = -1;
  std::optional<FileWatch> changes_;
};

}  // namespace ssblog
