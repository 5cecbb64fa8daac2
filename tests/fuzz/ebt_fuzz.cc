// SPDX-License-Identifier: MIT
// fuzz/ebt_fuzz.cc - epidemic broadcast trees: any sequence of events, against a store that is a number a feed.
//
// The promises: what we say that we hold is what the store holds, only what it holds is sent, in order, to nobody from
// whom it is withheld; and only the next message is taken.
#include "feed/json.h"
#include "fuzz/input.h"
#include "gossip/protocol/ebt.h"

#include <map>
#include <set>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

constexpr std::size_t feeds = 4;  // the first is our own; the others are of the peers
constexpr std::size_t hosts = 3;

FeedId id_of(std::size_t number) {
  FeedId id;
  id.bytes.fill(static_cast<std::uint8_t>(number + 1));
  return id;
}

class World {
 public:
  World() : ebt_(id_of(0)) { ebt_.want(id_of(0), 0); }

  void step(Input& input) {
    const std::uint8_t what = input.byte();
    const FeedId feed = id_of(input.byte() % feeds);
    const PeerNumber peer = input.byte() % (last_peer_ + 1);
    switch (what % 12) {
      case 0:
        ebt_.want(feed, have_[feed]);
        break;
      case 1:
        if (feed == id_of(0)) break;  // ours is always wanted
        ebt_.unwant(feed);
        std::erase_if(withheld_, [&](const auto& pair) { return pair.first == feed; });
        break;
      case 2:
        open(input);
        break;
      case 3:
        saved_[hosts_[peer]] = ebt_.close(peer, now_);
        hosts_.erase(peer);
        break;
      case 4:
      case 5:
        take_notes(peer, input);
        break;
      case 6:
      case 7:
        take_message(peer, feed, input);
        break;
      case 8:
        if (feed == id_of(0)) ebt_.stored(feed, ++have_[feed], std::nullopt, now_);
        break;
      case 9:
        now_ += Ebt::Time(input.number(2));
        ebt_.wake(now_);
        if (const auto at = ebt_.wake_at()) must(*at > now_, "what was due is done");
        break;
      case 10:
        withhold(feed, id_of(1 + input.byte() % hosts), input.coin());
        break;
      default:
        ebt_.refused(peer, feed, now_);
    }
    if (input.coin()) send();
  }

  void send() {
    for (const PeerNumber peer : ebt_.take_dirty()) {
      must(hosts_.contains(peer), "only who is there is written to");
      for (std::size_t count = 0; const auto push = ebt_.next_push(peer); ++count) {
        must(count <= feeds, "sending comes to an end");
        must(ebt_.wants(push->feed), "only what we replicate is sent");
        must(!withheld_.contains({push->feed, hosts_[peer]}),
             "what is withheld from a host does not go there");
        must(push->have == have_[push->feed] && push->from >= 1 && push->from <= push->have,
             "only what the store holds is sent");
        ebt_.pushed(peer, push->feed, push->have);
      }
      if (const auto notes = ebt_.take_notes(peer)) check(*notes);
    }
  }

 private:
  void open(Input& input) {
    if (hosts_.size() >= 4) return;
    const FeedId host = id_of(1 + input.byte() % hosts);
    hosts_[++last_peer_] = host;
    ebt_.open(last_peer_, host, input.coin(), saved_[host], now_);
  }

  /// As they come off the wire: the codec is part of it.
  void take_notes(PeerNumber peer, Input& input) {
    std::string text = "{";
    for (std::size_t count = input.byte() % 5; count > 0; --count) {
      if (text.size() > 1) text += ',';
      const FeedId feed = id_of(input.byte() % (feeds + 2));
      const auto number = static_cast<std::int64_t>(input.coin() ? input.number(5) : input.number(1)) - 2;
      text += json_string(to_text(feed)) + ":" + std::to_string(number);
    }
    const auto item = read_ebt_item(as_bytes(text + "}"));
    if (item && std::holds_alternative<Notes>(*item)) ebt_.take_notes(peer, std::get<Notes>(*item), now_);
  }

  void take_message(PeerNumber peer, const FeedId& feed, Input& input) {
    const Seq sequence =
        input.coin() ? have_[feed] + 1 : static_cast<Seq>(input.number(input.coin() ? 4 : 1));
    if (!ebt_.take_message(peer, feed, sequence, now_)) return;
    must(hosts_.contains(peer) && ebt_.wants(feed), "a message is taken from who is there, of what we want");
    must(sequence > have_[feed], "a message is taken once");
    // The store refuses what does not follow, and takes its time.
    if (sequence != have_[feed] + 1) return;
    if (input.coin())
      ebt_.stored(feed, ++have_[feed], peer, now_);
    else
      ebt_.refused(peer, feed, now_);
  }

  void withhold(const FeedId& feed, const FeedId& host, bool withhold) {
    if (!ebt_.wants(feed)) return;
    if (withhold) {
      ebt_.withhold(feed, host);
      withheld_.insert({feed, host});
    } else {
      ebt_.give(feed, host);
      withheld_.erase({feed, host});
    }
  }

  void check(const Notes& notes) {
    const auto wire = read_ebt_item(as_bytes(format_notes(notes)));
    must(wire && std::get<Notes>(*wire) == notes, "notes are read as they are written");
    for (const auto& [feed, note] : notes)
      if (note) must(note->have <= have_[feed], "nobody is told of a message that we do not hold");
  }

  Ebt ebt_;
  Ebt::Time now_{1};
  PeerNumber last_peer_ = 0;
  std::map<PeerNumber, FeedId> hosts_;
  std::map<FeedId, Seq> have_;  ///< the store
  std::map<FeedId, Ebt::Clock> saved_;
  std::set<std::pair<FeedId, FeedId>> withheld_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  World world;
  for (int steps = 0; steps < 500 && !input.empty(); ++steps) world.step(input);
  world.send();
  return 0;
}
