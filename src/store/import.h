// SPDX-License-Identifier: MIT
// store/import.h - takes the feeds of bundles: everything is checked, what is good is stored.
//
// Used by the command. Other threads check signatures (values are moved in, results moved back); this one
// reads, links and writes, in transactions of a few milliseconds so that publishers hardly wait. A bad
// message harms nothing but what would have to follow it. Several processes may import at once.
// Source: design.md, section 5.
#pragma once

#include "store/batch.h"
#include "store/bundle_reader.h"
#include "store/forks.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace ssblog {

struct ImportCount {
  std::uint64_t taken = 0;
  std::uint64_t held = 0;  ///< already
  std::uint64_t refused = 0;
};

struct ImportReport {
  std::map<FeedId, ImportCount> feeds;  ///< a refused message counts for the author that it names
  std::uint64_t unreadable = 0;         ///< objects that name no author
  std::uint64_t refused = 0;            ///< of all feeds, and what is unreadable
  bool own_feed_grew = false;           ///< messages of our own feed were here that we did not hold
  std::set<FeedId>
      forgotten;  ///< by another process meanwhile; what the bundle has of them is to be taken again
};

class Importer {
 public:
  struct Options {
    FeedId own;
    std::optional<SigningKey> hmac;
    std::set<FeedId> feeds;  ///< only these; empty: all
    std::function<Millis()> now;
    /// Told the first reasons of each feed why messages were refused, and that more are not told.
    std::function<void(const std::string&)> complain;
    std::function<void(const ImportReport&)> progress = nullptr;  ///< called now and then
  };

  /// Borrows the store.
  Importer(Store& store, Options options);

  /// Takes one bundle. `name` is what complaints call it. What was committed before an error stays.
  Result<void> take(ByteSource source, const std::string& name);

  const ImportReport& report() const { return report_; }

 private:
  struct Refused {
    std::optional<FeedId> author;  ///< as the message says, if it does
    std::string why;
  };
  struct Nothing {};
  struct Checked {
    std::uint64_t line = 0;
    std::variant<Nothing, Inspected, Refused> result;
  };
  using Part = std::vector<Checked>;

  static Part check(std::vector<BundleItem> objects, std::optional<SigningKey> hmac);
  static Checked check_one(const BundleItem& object, const SigningKey* hmac, std::string& buffer);
  void start_check(std::vector<BundleItem> objects);

  Result<bool> passed_over(std::string_view text);
  Result<void> link(Part part);
  Result<void> link_one(std::uint64_t line, Inspected message);
  Result<bool> holds(const FeedRow& feed, const Inspected& message);
  Result<void> refuse_fork(std::uint64_t line, const FeedRow& feed, const Inspected& message);
  Result<void> prove_fork(const FeedRow& feed, const Inspected& message);
  Result<FeedRow*> find(const FeedId& id);
  Result<void> begin(bool own);
  Result<void> commit();
  Result<void> note_own();
  bool wanted(const FeedId& id) const { return options_.feeds.empty() || options_.feeds.contains(id); }
  bool forgotten(const FeedRow& feed);
  void refuse(std::uint64_t line, const std::optional<FeedId>& author, const std::string& why);

  Store& store_;
  ForkBook forks_;
  Options options_;
  std::string name_;
  ImportReport report_;
  std::deque<std::future<Part>> checking_;

  std::optional<Batch> batch_;
  std::chrono::steady_clock::time_point begun_;
  bool own_batch_ = false;                          ///< the transaction under way is durable at its commit
  Seq own_shown_ = 0;                               ///< greatest own sequence beyond our tip that was seen
  std::unordered_map<FeedId, FeedRow> rows_;        ///< as the transaction under way sees them
  std::map<FeedId, std::uint64_t> taken_;           ///< in the transaction under way
  std::unordered_map<FeedId, FeedNumber> numbers_;  ///< of feeds of which messages were held or taken
  std::map<FeedId, int> complaints_;
  int all_complaints_ = 0;
};

}  // namespace ssblog
