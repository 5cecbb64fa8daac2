// SPDX-License-Identifier: MIT
// intake/collector.h - reads files into our own feed, each byte once: the heart of the file sources.
//
// Used by the daemon (on a worker, one call at a time) and by `ship`. It knows no loop: whoever owns it calls `look` now
// and then and `round` when something changed, and does what the report says. What it read is published together with
// how far it read, in one transaction (position.h), so whatever is killed when, no byte comes twice and none is left
// out; what is lost all the same has a `loss` record. While publishing is held nothing is read.
// One thread at a time.
#pragma once

#include "feed/keys.h"
#include "feed/record.h"
#include "feed/result.h"
#include "intake/file_system.h"
#include "intake/source.h"
#include "store/home.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace ssblog {

class Publisher;
class Whereabouts;

struct CollectorOptions {
  std::string host;             ///< `source` of what is published
  std::vector<Source> sources;  ///< a file belongs to the first that matches it
  std::string root;  ///< paths and patterns are meant below it, and told without it; empty: as they are
  bool once =
      false;  ///< all that is there now: nothing is waited for, unfinished lines are given out at once
  std::size_t open_files = 0;  ///< descriptors that are kept at most; 0: by the limit of the process
  std::chrono::milliseconds patience{0};  ///< how long a write waits for the store's turn
  std::chrono::milliseconds turn{100};    ///< how long a round lasts, about
  /// Where the worker is, for who may give it up; null: nobody does.
  std::shared_ptr<Whereabouts> whereabouts;
  std::function<Millis()> clock;  ///< ms since 1970; empty: the system's
  std::function<std::chrono::milliseconds()>
      steady;  ///< a clock that only goes forwards; empty: the system's
};

/// What a watch told: `name` came, went or was written to in `folder`.
struct FileChange {
  std::string folder, name;
};

/// A line for the log. Each trouble is told once, until it changes.
struct CollectorTalk {
  bool trouble = true;
  std::string text;
};

struct CollectorReport {
  std::vector<CollectorTalk> talk;
  bool more = false;                                ///< there is more to read: call `round` again soon
  bool look_soon = false;                           ///< something moved that only `look` can sort out
  bool published = false;                           ///< there are new messages: tell the daemon
  bool held = false;                                ///< publishing is held: nothing is read
  std::optional<std::chrono::milliseconds> next;    ///< call `round` then, if nothing happens before
  std::optional<std::vector<std::string>> folders;  ///< all that should be watched, when they changed
  std::uint64_t behind =
      0;  ///< bytes of the files known so far that are not in the feed yet, as far as known
};

/// One file as `source list` and `ship` show it.
struct FileStatus {
  std::string source, stream, run;
  std::string path;   ///< at which a pattern found it
  std::string place;  ///< where it is now
  std::uint64_t size = 0,
                read =
                    0;  ///< bytes of the file (unpacked, where it is compressed: `size` is then unknown, 0)
  std::string_view state;  ///< "live", "rotated", "finished"
  std::string trouble;     ///< why it is not read; empty: none
};

class Collector {
 public:
  /// What it reads from and publishes into. Borrowed; files, store and publisher must outlive it.
  struct Parts {
    FileSystem& files;
    Store& store;
    Publisher& publisher;
    FeedId feed;
    std::vector<FileId> refused;  ///< never read: our own output
    std::string home;             ///< canonical; nothing below it is read
  };

  /// Opens the store of a home with a publisher of its own.
  /// @return Code::config for a source that cannot be (pattern, time zone, template).
  static Result<Collector> open(const Home& home, const std::optional<SigningKey>& hmac,
                                CollectorOptions options);
  static Result<Collector> open(Parts parts, CollectorOptions options);
  Collector(Collector&&) noexcept;
  Collector& operator=(Collector&&) noexcept;
  ~Collector();

  /// Looks at everything: finds files, notices what was rotated, cut off, or is gone. The first call, a call now and then,
  /// and when watching is not possible or lost something.
  CollectorReport look();

  /// These sources, by name, rest: nothing of theirs is touched or taken by others until they are named no more. All that
  /// is known is read anew from the store.
  void rest(std::set<std::string> sources);

  /// Reads and publishes what is new, for about a turn, all files in a fair order.
  CollectorReport round(std::span<const FileChange> changes = {});

  /// As `round`, for folders that nobody watches: asks the files in them that are known and stand at their paths, at most
  /// `most` of them, the others the next times.
  CollectorReport recheck(const std::set<std::string>& folders, std::size_t most,
                          std::span<const FileChange> changes = {});

  /// Those that are known, by path.
  std::vector<FileStatus> files() const;

  /// Files and folders that a pattern may mean, and that could not be looked at or opened: none of `files`. Why, was told.
  std::vector<std::string> left_out() const;

 private:
  struct State;
  explicit Collector(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ssblog
