// SPDX-License-Identifier: MIT
// intake/file_intake.h - the daemon's reading of files: has the collector work, on a worker, when something changed.
//
// Used by the daemon. It watches the folders that the collector names, waits a moment so that a burst is one round, and
// looks at everything now and then, for file systems that do not tell. One job at a time; the collector is moved into it
// and comes back with its report. On the loop's thread.
#pragma once

#include "intake/collector.h"
#include "loop/timer.h"
#include "loop/watch.h"
#include "loop/work.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ssblog {

class FileIntake {
 public:
  struct Options {
    Home home;
    std::optional<SigningKey> hmac;
    CollectorOptions collector;
    std::chrono::milliseconds scan_interval{30'000};  ///< between two looks at everything
    std::chrono::milliseconds restat_interval{
        1'000};  ///< between two looks at a folder that cannot be watched
    std::function<void(const CollectorTalk&)> log;
    std::function<void()> published;  ///< something new is in the feed
  };

  FileIntake(Loop& loop, Options options);
  FileIntake(const FileIntake&) = delete;
  FileIntake& operator=(const FileIntake&) = delete;

  void start() { run(); }
  /// `stopped` is called when nothing is under way any more; nothing begins from here on.
  void stop(std::function<void()> stopped);

 private:
  struct Answer {
    std::unique_ptr<Collector> collector;
    Result<CollectorReport> report;
  };
  void changed(const std::string& folder, std::string_view name);
  void run();
  static Answer work(std::unique_ptr<Collector> collector, const Options& options, bool look,
                     const std::vector<FileChange>& changes);
  void ended(Answer answer);
  void watch(const std::vector<std::string>& folders);
  void restat();
  void tell_trouble(const Error& error);

  Loop& loop_;
  const Options options_;
  std::unique_ptr<Collector> collector_;  ///< while no worker has it; none before the first job
  std::map<std::string, FolderWatch> watches_;
  std::set<std::string> blind_;                            ///< folders that cannot be watched
  std::string next_blind_;                                 ///< whose turn it is
  std::set<std::pair<std::string, std::string>> changes_;  ///< folder and name
  bool look_ = true;                                       ///< everything is to be looked at
  bool busy_ = false;
  bool stopping_ = false;
  std::string trouble_;  ///< told last
  std::function<void()> stopped_;
  Ticket ticket_;
  Timer soon_, scan_, restat_;
};

}  // namespace ssblog
