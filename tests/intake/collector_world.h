// SPDX-License-Identifier: MIT
// intake/collector_world.h - a host with a store in memory, files in memory, and a clock that is set by hand.
//
// Used by tests of the collector. What came into the feed is read back out of its messages.
#pragma once

#include "intake/collector.h"
#include "intake/memory_files.h"
#include "intake/whereabouts.h"
#include "store/feeds.h"
#include "store/publish.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ssblog {

/// A whole line, or the end of a stream instance, as the feed has it.
struct FedLine {
  std::string stream, run, text;
  std::uint64_t end = 0;  ///< offset behind it
};
struct FedLoss {
  std::string stream, run, reason;
  std::uint64_t offset = 0, bytes = 0;
};
struct Fed {
  std::vector<FedLine> lines;  ///< in the order in which they became whole
  std::vector<FedLoss> losses;
  std::vector<std::string> wrong;                 ///< a byte that is missing before a chunk, or came twice
  std::map<std::string, std::string> instances;   ///< all bytes, by run
  std::map<std::string, std::string> unfinished;  ///< by run: behind the last newline
};

class CollectorWorld {
 public:
  CollectorWorld();
  ~CollectorWorld();

  MemoryFiles files;
  std::vector<Source> sources;
  std::size_t open_files = 100;
  bool once = false;
  std::vector<std::string> talk;  ///< all that was told
  std::vector<FileId> refused;
  std::string home;

  Store& store() { return *store_; }
  const FeedId& id() const { return keys_.id(); }
  Collector& collector();
  /// The program ends, at once; it begins again when it is next needed.
  void kill() { collector_.reset(); }
  bool is_running() const { return collector_ != nullptr; }
  /// Calls about paths that begin so do not come back from now on: a collector that makes one is given up, and the source
  /// at it rests. Empty: all answer, and no source rests.
  void hang(const std::string& beginning);
  CollectorReport look();
  CollectorReport round(const std::vector<FileChange>& changes = {});
  void pass(std::chrono::milliseconds time);
  Millis clock() const { return files.now / 1'000'000; }
  /// Looks and reads until nothing is left to do.
  void settle();

  /// The store as it is now; put back with all messages that the feed got since: they came from peers.
  void back_up();
  void restore();
  bool has_backup() const { return backup_ != nullptr; }
  /// Every write fails from now on.
  void fill_disk(bool full);

  Fed fed();
  void publish(const std::string& content);

 private:
  bool answers(const std::string& path);
  std::unique_ptr<Store> copy(Store& store);
  std::string directory_;
  KeyPair keys_;
  std::unique_ptr<Store> store_, backup_;
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<Collector> collector_;
  std::shared_ptr<Whereabouts> whereabouts_;
  std::string hung_;
  std::set<std::string> resting_;
  std::chrono::milliseconds steady_{1'000'000};
};

}  // namespace ssblog
