// SPDX-License-Identifier: MIT
// intake/collector_state.h - the inside of a Collector, for its own files alone:
//
//   collector.cc           the calls, the report, what is told
//   collector_look.cc      which files there are: sight, changes, newcomers
//   collector_meet.cc      a file that no row knows: refused, known after all, or read from now on
//   collector_rotation.cc  what became of a file: rotated, truncated, gone
//   collector_place.cc     which of the known files lies at a place
//   collector_kin.cc       whose bytes a new file begins with: copied, moved, restored
//   collector_read.cc      turns of reading
//   collector_trouble.cc   what could not be read, and when it is tried again
//   collector_store.cc     what the store knows, and transactions
//
// A change of a position is made in memory (Tail::now), and committed with the contents that belong to it; all that is
// dirty goes in one transaction. When one fails, memory is made anew from the store (`reload`).
#pragma once

#include "intake/collector.h"
#include "intake/instances_beyond.h"
#include "intake/known_files.h"
#include "intake/whereabouts.h"
#include "store/instance_bytes.h"
#include "store/publish.h"

#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace ssblog {

class OpenedPlace;

struct Collector::State {
  using Time = std::chrono::milliseconds;  ///< of the steady clock

  /// What `open` made for us; the rest points at it.
  struct Own {
    std::unique_ptr<FileSystem> files;
    KeyPair keys;
    std::optional<SigningKey> hmac;
    Store store;
    std::unique_ptr<Publisher> publisher;
  };

  /// A file that no row knows, at a path that a pattern matches.
  struct Newcomer {
    const SourceRules* rules = nullptr;
    std::string path;
    std::optional<FileId>
        searched;  ///< between it and the last generation that we know there is nothing unread
  };
  /// One that equals a file that is still there: maybe it is being copied right now.
  struct Copy {
    Newcomer newcomer;
    FileFacts facts;
    Time since{0};      ///< it did not change
    bool waits = true;  ///< for more
  };
  /// A file beside a path that may be what a rotation made.
  struct Sibling {
    std::string path;
    FileFacts facts;
  };
  /// All of them, oldest first.
  struct Siblings {
    std::vector<Sibling> files;
    bool settled = true;  ///< false: names changed that moment, one may be missing
  };

  /// The siblings of a path are to be searched for generations that we never saw.
  struct Search {
    const SourceRules* rules = nullptr;
    std::int64_t since = 0;  ///< older ones are none of them
    bool copied = false;     ///< they were made by copying, before the file was cut
    std::int64_t born = 0;   ///< the file at the path, ns since 1970; 0: unknown
    std::optional<std::uint64_t>
        before;  ///< the order of the generation that came behind them; none: it did not begin
    std::optional<Time> begun;
  };

  State(Parts parts, CollectorOptions options);

  // collector.cc
  Millis clock() const { return options.clock(); }
  Time steady() const { return options.steady(); }
  /// Tells a trouble of something once, until it changes.
  void trouble(const std::string& what, const std::string& text);
  void no_trouble(const std::string& what);
  /// Something that a pattern may mean cannot be read. What is not there, or is no file, leaves nothing out.
  void unread(const std::string& what, const std::string& path, const SourceRules& rules, const Error& why);
  void tell(std::string text, bool is_trouble = true);
  void begin_report() { report = {}; }
  CollectorReport end_report();

  /// The worker was given up: nothing that it believes counts, and nothing may be written.
  bool given_up() const { return options.whereabouts && options.whereabouts->given_up(); }
  bool rests(const std::string& source) const { return resting.contains(source); }

  // collector_look.cc
  void look();
  void sight(const SourceRules& rules, const FoundFile& found);
  bool goes_on(Tail& tail, std::uint64_t size);
  void notice(const FileChange& change, bool was_told = true);
  void notice_unknown(const std::string& path);
  void recheck(const std::set<std::string>& blind, std::size_t most);
  const SourceRules* owner_of(const std::string& path) const;
  bool is_back(const Newcomer& newcomer);
  /// Sorts out what was displaced, is new, was cut off, or is a copy.
  void resolve();
  void due(Tail& tail);
  bool is_first_look(const SourceRules& rules) const { return first_looks.contains(rules.source().name); }

  // collector_meet.cc
  void meet(const Newcomer& newcomer);
  /// The words that refuse a file; empty: it may be read.
  std::string refusal(const std::string& path, const FileFacts& facts);
  bool meet_again(Tail& tail);
  void forget(Tail& tail);  ///< It must not be queued.
  Tail& begin(const SourceRules& rules, const std::string& path, const std::string& place, FileBytes bytes,
              std::uint64_t base, std::uint32_t truncations = 0, std::optional<std::uint64_t> before = {});

  // collector_rotation.cc
  void displace(Tail& tail);
  /// Finds where a file lies that is not at its path. False: nowhere.
  bool locate(Tail& tail);
  /// A rotated file whose name is not known has none.
  static bool has_place(const Tail& tail) { return tail.now.stage == Stage::live || !tail.now.place.empty(); }
  enum class Unknown { yes, no, not_yet };
  Unknown open_unknown(const std::string& path, const SourceRules& rules, std::int64_t since,
                       const Sibling& sibling, std::optional<FileBytes>& bytes);
  void become(Tail& tail, const Sibling& sibling, FileBytes bytes);
  bool goes_on_beside(Tail& tail, const std::string& place);
  bool comes_back(Tail& tail, const Newcomer& newcomer, OpenedPlace& place);
  void lose(Tail& tail);
  void cut_off(Tail& tail);
  const Siblings& siblings_of(const std::string& path);
  void search_beside(const Tail& tail, bool copied, std::optional<std::uint64_t> before = {});
  std::optional<std::uint64_t> younger_than(const Sibling& sibling, const Siblings& beside,
                                            std::optional<std::uint64_t> before) const;
  bool read_unknown_siblings(const std::string& path, Search& search);
  bool is_read_already(const Sibling& sibling, FileBytes& bytes, std::string_view first);
  bool takes_over(Tail& tail, const Sibling& sibling);

  // collector_place.cc
  static bool is_raw(const Tail& tail) { return tail.rules != nullptr && tail.rules->source().raw; }
  std::vector<Tail*> may_lie_at(OpenedPlace& place, const FileId& file);
  bool is_same_file(const Tail& tail, const std::string& place);
  bool is_same_file(const Tail& tail, OpenedPlace& place);
  bool is_same_file(const Tail& tail, FileBytes& bytes, const std::string& place);
  bool is_known(const Sibling& sibling);
  bool was_met_empty(const Sibling& sibling) const;

  // collector_kin.cc
  /// What is known of a file's bytes before it is read at all.
  enum class Kin { none, same, waits };
  Kin recognise(const Newcomer& newcomer, FileBytes& bytes, std::uint64_t& base);
  struct InFeed {
    const InstanceRow* row = nullptr;  ///< of `beyond`: the file has all of it; null: of none
    std::uint64_t bytes = 0;           ///< that are in the feed already
  };
  InFeed in_feed(const Position& position, FileBytes& bytes);
  void go_on_from_feed(Position& position, FileBytes& bytes);
  Result<std::uint64_t> prefix_of(const Tail& tail, FileBytes& bytes);
  static std::uint64_t new_from(FileBytes& bytes, std::uint64_t prefix, bool raw);
  bool begins_alike(const std::string& path, std::string_view first);
  bool is_restored(Tail& tail);
  bool is_alive(const Tail& tail);

  // collector_read.cc
  void round();
  bool read_until(Time until);
  void step(Tail& tail);
  bool open(Tail& tail);
  bool search_years(Tail& tail);
  bool waits_for_older(const Tail& tail) const;
  bool is_awaited(const std::string& path, std::optional<std::uint64_t> before = {}) const;
  static bool is_to_be_read(const Tail& tail);
  bool older_grew(Tail& tail);
  void give_up_surplus(Tail& tail, const FileFacts& facts);
  void wake();
  void close_idle();
  std::optional<Time> next_wake() const;

  // collector_trouble.cc
  void failed(Tail& tail, const Error& error);
  bool is_worth_unpacking(Tail& tail);

  // collector_store.cc
  Result<void> load();
  void reload();
  bool commit();
  Result<Published> commit_window();
  void store_failed(const Error& error);
  bool may_publish();
  void forget_oldest();
  std::uint64_t covered(const std::string& stream, const std::string& run,
                        std::optional<InstanceRow>* row = nullptr);
  void make_dirty(Tail& tail) {
    tail.dirty = true;
    dirty.insert(&tail);
  }

  std::unique_ptr<Own> own;
  Parts parts;
  CollectorOptions options;
  std::vector<std::unique_ptr<SourceRules>> sources;
  std::set<std::string> resting;  ///< names of sources; what is known of their files has no rules
  CollectorReport report;

  KnownFiles known;
  bool loaded = false;
  std::uint64_t look_number = 0;
  std::size_t next_recheck = 0;       ///< of all that are known, whose turn it is
  std::set<std::string> first_looks;  ///< sources that were never looked at before
  std::set<std::string> folders, told_folders;
  std::map<std::string, std::string> troubles;  ///< told, by what they are of
  std::set<std::string> left_out;               ///< paths of the last look that could not be read

  // To be sorted out by `resolve`.
  std::vector<Newcomer> newcomers;
  std::set<std::string> newcomer_paths;
  std::vector<Newcomer> deferred;  ///< until what stood at their paths was read
  std::vector<Tail*> displaced, truncated;
  std::map<std::string, Search> searches;              ///< by path
  std::map<std::string, Copy> copies;                  ///< by path
  std::unordered_map<std::string, Siblings> siblings;  ///< of this pass, by path

  std::deque<Tail*> queue;
  std::unordered_set<Tail*> timed;  ///< to be looked at again after a time
  std::unordered_set<Tail*> opened;

  // What goes with the next transaction.
  std::vector<std::string> contents;
  std::size_t contents_bytes = 0;
  std::unordered_set<Tail*> dirty;
  std::vector<std::string> dropped_rows, seen_sources;

  // What our own feed says beyond the rows.
  InstancesBeyond beyond;  ///< instances that no row knows
  std::set<std::string> truncated_runs;
  bool looked = false;   ///< since the rows were loaded
  bool settled = false;  ///< all files were met since
  FeedNumber feed_number = 0;
  bool ahead = false;  ///< the feed covers more of an instance than we knew: nothing of this may be committed

  bool held = false;
  std::optional<Time> store_retry;
};

}  // namespace ssblog
