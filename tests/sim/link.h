// SPDX-License-Identifier: MIT
// sim/link.h - a connection of two hosts: two ends, bytes that take their time, and a cut at any moment.
//
// Used by World, Host and Liar. What `Peer` and `Wire` do over TCP is done here with whole items: they come in order or
// not at all, an end that is not read from fills up, and a cut loses what is on its way.
#pragma once

#include "gossip/neighbour.h"
#include "sim/clock.h"

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace ssblog::sim {

struct Item {
  enum class Kind { ebt_call, ebt_refusal, ebt, history_call, history, history_end };
  Kind kind;
  CallId id;  ///< as the receiver counts: negative for a call of the sender's
  std::string text;
};

class End;
class Link;

/// What went over the network, counted as TCP would carry it: a muxrpc header an item, a box header for 4096 bytes.
struct Traffic {
  std::uint64_t bytes = 0;
  std::uint64_t items = 0;
  std::uint64_t writes = 0;
  std::uint64_t messages = 0;  ///< of feeds
};

/// Who lives at a place of the network.
class Inhabitant {
 public:
  virtual ~Inhabitant() = default;
  virtual const FeedId& id() const = 0;
  virtual bool is_up() const = 0;
  /// The peer may connect.
  virtual bool admits(const FeedId& peer) const = 0;
  virtual PeerNumber new_number() = 0;
  virtual void opened(End& end) = 0;
  virtual void take(End& end, const Item& item) = 0;
  /// All items that came together were taken.
  virtual void taken(End& end) = 0;
  virtual void can_send(End& end) = 0;
  virtual void closed(End& end) = 0;
  virtual Traffic& traffic() = 0;
  /// Looks at what goes out before it goes. False: it does not go.
  virtual bool lets_out(End& end, Item& item) = 0;
};

class End final : public Neighbour {
 public:
  PeerNumber number() const override { return number_; }
  const std::optional<FeedId>& host() const override { return host_; }
  bool has_room() const override;
  bool has_ebt() const override { return ebt_; }
  void send_ebt(std::string_view json) override;
  CallId call_history(std::string_view args) override;
  void send_history(CallId id, std::string_view json) override;
  void end_history(CallId id) override;
  void hold_back(bool on) override;
  void flush() override;

  void call_ebt();
  void refuse_ebt();
  void set_ebt(bool on) { ebt_ = on; }

  bool dialled() const { return dialled_; }
  bool is_open() const { return open_; }
  /// Ends the connection in the next turn, what was sent is still delivered.
  void close_soon();

  HostNumber own() const { return own_; }
  HostNumber other() const { return other_; }

 private:
  friend class Link;
  struct Chunk {
    std::vector<Item> items;
    std::size_t bytes = 0;
  };
  void send(Item item);
  void open();
  void shut();
  void arrive(Chunk chunk);
  void read();
  End& peer() const;

  Link* link_ = nullptr;
  Inhabitant* inhabitant_ = nullptr;  ///< null: its life is over
  HostNumber own_ = nobody, other_ = nobody;
  PeerNumber number_ = 0;
  std::optional<FeedId> host_;
  bool dialled_ = false;
  bool open_ = false;
  bool ebt_ = false;
  bool held_back_ = false;
  bool taking_ = false;
  bool closing_ = false;
  bool was_full_ = false;
  std::int32_t last_call_ = 0;
  std::vector<Item> out_;
  std::size_t out_bytes_ = 0;
  std::size_t waiting_ = 0;  ///< bytes that were written and are not read there
  std::deque<Chunk> inbox_;  ///< not read yet
  Time last_arrival_{0};     ///< of what was written: nothing overtakes it
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  struct Manner {
    Time least_delay{200}, most_delay{20'000};
    std::size_t room = 256 * 1024;
  };
  Link(EventQueue& queue, Random& random, Manner manner, std::function<void(Link&)> over)
      : queue_(queue), random_(random), manner_(manner), over_(std::move(over)) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// `a` dials `b`.
  void open(Inhabitant& a, HostNumber a_number, Inhabitant& b, HostNumber b_number);
  /// The wire breaks: what is on its way is lost, both ends notice after a while.
  void cut();
  /// One of the two is gone, and will not be called any more.
  void desert(HostNumber host);

  bool is_alive() const { return !cut_ && (ends_[0].open_ || ends_[1].open_ || opening_); }
  bool is_between(HostNumber a, HostNumber b) const {
    return (ends_[0].own_ == a && ends_[1].own_ == b) || (ends_[0].own_ == b && ends_[1].own_ == a);
  }
  bool touches(HostNumber host) const { return ends_[0].own_ == host || ends_[1].own_ == host; }
  End& end(std::size_t index) { return ends_[index]; }

 private:
  friend class End;
  Time delay() { return Time(random_.between(manner_.least_delay.count(), manner_.most_delay.count())); }
  void shut_later(std::size_t index, Time at);
  void settle();

  EventQueue& queue_;
  Random& random_;
  const Manner manner_;
  std::function<void(Link&)> over_;
  std::array<End, 2> ends_;
  bool cut_ = false;
  bool opening_ = true;
  bool told_ = false;
};

}  // namespace ssblog::sim
