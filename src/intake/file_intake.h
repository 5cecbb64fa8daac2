// SPDX-License-Identifier: MIT
// intake/file_intake.h - the daemon's reading of files: has the collector work, on a thread, when something changed.
//
// Used by the daemon. It watches the folders that the collector names, waits a moment so that a burst is one round, and
// looks at everything now and then, for file systems that do not tell. One job at a time; the collector is moved into it
// and comes back with its report. A job that a file system does not let come back is given up: the sources at that file
// system rest until it answers, and a new collector goes on with the others. On the loop's thread.
#pragma once

#include "intake/collector.h"
#include "intake/folder_ear.h"
#include "intake/mounts.h"
#include "intake/source_rules.h"
#include "loop/timer.h"

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
        1'000};  ///< between two looks at the files of folders that cannot be watched
    std::function<void(const CollectorTalk&)> log;
    std::function<void()> published;  ///< something new is in the feed
  };

  FileIntake(Loop& loop, Options options);
  FileIntake(const FileIntake&) = delete;
  FileIntake& operator=(const FileIntake&) = delete;
  ~FileIntake();

  void start() { run(); }
  /// `stopped` is called when nothing is under way any more but calls that do not come back; nothing begins from here on.
  void stop(std::function<void()> stopped);

 private:
  /// What a worker is to do.
  struct Task {
    bool end = false;      ///< close everything
    bool look = false;     ///< at everything
    bool recheck = false;  ///< the files of folders that cannot be watched
    std::vector<FileChange> changes;
    std::vector<std::string> folders;  ///< to be watched
    std::set<std::string> blind, resting;
  };
  struct Answer {
    std::unique_ptr<Collector> collector;
    Result<CollectorReport> report;
    std::vector<WatchedFolder> watched;
    bool looked = false;
  };
  /// A file system that does not answer, and the sources that rest.
  struct Silence {
    std::string path;
    std::string mount;  ///< the line of its mount
    std::vector<std::string> sources;
  };

  void changed(const std::string& folder, std::string_view name);
  void run();
  void begin(Task task);
  static Answer work(std::unique_ptr<Collector> collector, const Options& options, const Task& task,
                     const std::shared_ptr<const File>& ear);
  void ended(std::uint64_t job, Answer answer);
  void watch();
  void watched(const std::vector<WatchedFolder>& folders);
  void restat();
  void end();
  /// Looks whether the worker comes along.
  void patrol();
  void give_up();
  std::vector<std::string> sources_at(const std::string& path, const Mount* mount) const;
  void answers(std::uint64_t job);
  void look_at_mounts();
  std::set<std::string> resting() const;
  void tell_trouble(const Error& error);

  Loop& loop_;
  const Options options_;
  std::vector<std::unique_ptr<SourceRules>> rules_;
  std::unique_ptr<Collector> collector_;      ///< while no worker has it; none before the first job
  std::shared_ptr<Whereabouts> whereabouts_;  ///< of that collector
  std::unique_ptr<FolderEar> ear_;            ///< none where the system refused it
  std::set<std::string> wanted_;              ///< folders that should be watched
  std::vector<std::string> to_watch_;
  std::set<std::string> blind_;   ///< folders that cannot be watched
  std::set<std::string> silent_;  ///< ... whose file system does not tell what other hosts do there
  std::set<std::pair<std::string, std::string>> changes_;  ///< folder and name
  bool look_ = true;                                       ///< everything is to be looked at
  bool recheck_ = false;                                   ///< the blind folders are
  bool busy_ = false;
  bool stopping_ = false;
  std::uint64_t job_ = 0;                      ///< the last one that began
  std::map<std::uint64_t, Silence> silences_;  ///< by the job that is stuck there
  std::size_t stuck_ = 0;                      ///< jobs that were given up, and did not come back
  std::uint64_t call_ = 0;                     ///< the one that the patrol saw last
  std::chrono::milliseconds call_since_{0};
  std::string trouble_;  ///< told last
  bool told_blind_ = false;
  std::function<void()> stopped_;
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true);  ///< read on the loop's thread alone
  Timer soon_;   ///< what came is read, or what failed is tried again
  Timer later_;  ///< a file's own time has come: what comes meanwhile does not wait for it
  Timer scan_, restat_, patrol_, mounts_;
};

}  // namespace ssblog
