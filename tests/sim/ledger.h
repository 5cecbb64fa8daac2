// SPDX-License-Identifier: MIT
// sim/ledger.h - what is true of the simulated world, and whether the hosts keep to it.
//
// Used by World and Host. The ledger sees what is published, what is stored and what is sent, and knows nothing of how
// the hosts come to it. The first invariant that is broken is kept, and ends the run.
#pragma once

#include "feed/contact.h"
#include "feed/message.h"
#include "sim/clock.h"
#include "store/store.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace ssblog::sim {

// The invariants, as they are printed.
inline constexpr std::string_view valid_prefix = "every store holds a valid prefix";
inline constexpr std::string_view honest_claims = "no host claims what it does not hold";
inline constexpr std::string_view nothing_lost = "nothing acknowledged is lost";
inline constexpr std::string_view no_fork = "no honest feed forks";
inline constexpr std::string_view blocks_kept = "no feed goes to whom its author blocks";
inline constexpr std::string_view no_honest_cut = "no honest host is cut";
inline constexpr std::string_view equal_in_the_end = "in the end all are equal";
inline constexpr std::string_view fork_marked = "a fork is marked by all who met it";
inline constexpr std::string_view fork_ends_signing =
    "nothing is signed on a feed that is known to be forked";
inline constexpr std::string_view quiet_forks = "a fork that all know of causes no traffic";

struct Violation {
  std::string_view invariant;
  std::string text;
};

class Ledger {
 public:
  /// Blocks hold from so long after the message that says them was stored: contacts are weighed in crowds.
  static constexpr Time block_grace = std::chrono::seconds(1);

  explicit Ledger(const EventQueue& queue) : queue_(queue) {}

  void add_host(HostNumber host, const FeedId& id, bool honest);
  std::string name_of(const FeedId& id) const;

  /// publish() of this host said that it has the content.
  void acknowledged(HostNumber host, std::string content);
  /// The host's store is another one now: it may hold less.
  void replaced(HostNumber host);
  /// ... and its guard is as old, so that it may fork its feed. `warned`: it knows that the store came out of a backup, so
  /// it may not as long as a host that it can ask holds more than `tip`.
  void guard_replaced(HostNumber host, Seq tip, bool warned);
  bool may_fork(HostNumber host) const { return hosts_.at(host).may_fork; }
  /// It has signed two messages of one number.
  bool is_forked(HostNumber host) const { return !hosts_.at(host).branch.empty(); }
  /// From now on a host sends another one no message of these feeds twice: all whom it concerns know that they are forked.
  void expect_quiet(std::set<FeedId> feeds) { quiet_ = std::move(feeds); }
  const std::set<FeedId>& quiet() const { return quiet_; }
  /// Looks at all that is new in a store. `waiting`: contents in its spool.
  void look(HostNumber host, Store& store, std::size_t waiting);
  /// An honest host sends an item of EBT, or a message of createHistoryStream.
  void sends(HostNumber from, HostNumber to, std::string_view item);
  void cuts(HostNumber host, HostNumber peer, const std::string& why);
  void break_invariant(std::string_view invariant, std::string text);

  const std::optional<Violation>& violation() const { return violation_; }
  /// Messages that were signed of an honest feed, or the greatest sequence that is held of another.
  Seq signed_of(HostNumber host) const { return static_cast<Seq>(hosts_.at(host).feed.size()); }
  std::size_t acknowledged_of(HostNumber host) const { return hosts_.at(host).acknowledged.size(); }
  Seq held(HostNumber host, const FeedId& feed) const;
  /// The last word of an author about another, as far as `host` holds its feed.
  std::optional<Relation> relation(HostNumber host, const FeedId& author, const FeedId& contact) const;

 private:
  struct Signed {
    std::string text;
    MessageKey key;
  };
  struct Held {
    FeedState tip;
    /// By contact: the last word, and since when it is held.
    std::map<FeedId, std::pair<Relation, Time>> contacts;
  };
  struct Host {
    FeedId id;
    bool honest = true;
    std::vector<Signed> feed;  ///< as it was signed, by its author's own store
    std::map<Seq, std::vector<Signed>>
        branch;                     ///< what was signed for numbers that were taken, or behind those
    std::size_t signed_in_all = 0;  ///< messages
    bool may_fork = false;
    bool warned = false;
    bool marked = false;                ///< its own store knows that its feed is forked
    std::map<HostNumber, Seq> holders;  ///< who held how much when its guard was replaced
    std::vector<std::string> acknowledged;
    std::map<FeedId, Held> held;
  };
  void look_at(HostNumber host, Store& store, const FeedRow& row);
  const Signed* signed_as(const FeedId& feed, Seq sequence) const;
  const Signed* signed_as(const FeedId& feed, Seq sequence, std::string_view text) const;
  bool take_branch(HostNumber number, Store& store, const MessageFacts& message);
  void take(Held& held, const FeedState& tip, std::string_view text);
  bool take_own(Host& author, const MessageFacts& message);
  bool was_acknowledged(Host& author, const MessageFacts& message);
  void check_message(HostNumber from, HostNumber to, const FeedId& feed, Seq sequence, std::string_view text);

  const EventQueue& queue_;
  std::map<HostNumber, Host> hosts_;
  std::map<FeedId, HostNumber> numbers_;
  std::optional<Violation> violation_;
  std::set<FeedId> quiet_;
  std::set<std::tuple<HostNumber, HostNumber, std::string>> sent_in_quiet_;
};

}  // namespace ssblog::sim
