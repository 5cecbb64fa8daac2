// SPDX-License-Identifier: MIT
// gossip/peer.h - one connected host: what it may call, what we call, and the streams between us.
//
// Used by Node. Knows the methods of SSB's replication by name and nothing of feeds: items of ebt.replicate and
// of createHistoryStream go to the owner as they came. On the loop's thread. Source: muxrpc.md, "What peers
// call when a connection opens".
#pragma once

#include "feed/record.h"
#include "gossip/neighbour.h"
#include "gossip/protocol/rpc.h"
#include "gossip/wire.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

class Peer;

/// Who owns the peers, and is told of everything. A peer may be ended only after the call has returned.
class PeerOwner {
 public:
  /// Somebody who dialled us has proven to be `host`: may it in?
  virtual bool lets_in(const Peer& peer, const FeedId& host) = 0;
  virtual void opened(Peer& peer) = 0;
  /// Somebody dialled us with the key of an invite? Then nothing is heard of the peer but `guest_called`.
  virtual bool takes_guest(Peer&, const FeedId&) { return false; }
  /// A guest calls invite.use; `guest` is the invite's key.
  virtual void guest_called(Peer&, const FeedId& /*guest*/, CallId, const std::string& /*args*/) {}
  /// A host says whose place it takes (feed/successor.h).
  virtual void successor_told(Peer&, CallId, const std::string& /*args*/) {}
  /// The EBT stream is there; `client`: we called.
  virtual void ebt_opened(Peer& peer, bool client) = 0;
  /// A message or notes. False: its bytes are bad, the connection ends.
  virtual bool ebt_item(Peer& peer, ByteView body) = 0;
  virtual void ebt_closed(Peer& peer) = 0;
  /// The peer speaks no EBT: createHistoryStream is to be used.
  virtual void ebt_refused(Peer& peer) = 0;
  /// The peer asks for a feed.
  virtual void history_asked(Peer& peer, CallId id, const std::string& args) = 0;
  /// A message of a feed that we asked for.
  virtual void history_item(Peer& peer, CallId id, ByteView body) = 0;
  /// A stream of createHistoryStream is over, ours or the peer's.
  virtual void history_over(Peer& peer, CallId id, bool failed) = 0;
  /// There is room to send again.
  virtual void can_send(Peer& peer) = 0;
  virtual void ended(Peer& peer, const WireEnd& end) = 0;
  virtual Millis clock() = 0;  ///< ms since 1970

 protected:
  ~PeerOwner() = default;
};

class Peer final : public Neighbour {
 public:
  /// `server`: whom we dialled; none: we were dialled. Begins with `start`.
  Peer(Loop& loop, const NetworkSelf& self, PeerOwner& owner, PeerNumber number,
       std::unique_ptr<TcpStream> stream, const std::optional<FeedId>& server);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void start() { wire_.start(); }

  PeerNumber number() const override { return number_; }
  const std::optional<FeedId>& host() const override { return host_; }
  /// A host is there. A guest is none.
  bool is_open() const { return open_; }
  bool is_guest() const { return guest_; }
  bool is_closing() const { return closing_.running() || goodbye_; }
  bool dialled() const { return wire_.dialled(); }
  const SocketAddress& remote() const { return wire_.remote(); }
  const std::optional<CallKey>& call_key() const { return wire_.call_key(); }
  bool has_ebt() const override { return ebt_.has_value(); }
  /// The clock since when it is open, ms since 1970.
  Millis since() const { return since_; }

  /// What it did that ends the connection; empty: nothing.
  const std::string& fault() const { return fault_; }

  bool has_room() const override { return wire_.waiting() + out_.size() < room_bytes; }

  /// Nothing of ours waits here to be sent.
  bool is_flushed() const { return wire_.waiting() == 0 && out_.empty(); }

  void send_ebt(std::string_view json) override;
  void close_ebt();

  CallId call_history(std::string_view args) override;
  void send_history(CallId id, std::string_view json) override;
  void end_history(CallId id) override;

  /// Says whose place we take. A host that does not know what that is refuses it, and no harm is done.
  void tell_successor(std::string_view statement);

  /// Answers a call of a guest, or a statement.
  void answer(CallId id, const Result<std::string>& result);

  void hold_back(bool on) override;

  void flush() override;

  /// The network has changed: is the other side still there? Its answer must come soon.
  void probe();

  /// Ends it now, without a word.
  void abandon(const std::string& why) { wire_.abandon(why); }

  /// Says goodbye in the next turn of the loop; `ended` comes when the other side has answered, or hung up, or did
  /// neither for a while.
  void close_soon();

 private:
  static constexpr std::size_t room_bytes = 256 * 1024;
  enum class Stream { ping, ebt, history, wants };

  void opened(const FeedId& host);
  void welcome_guest();
  void take(ByteView plain);
  void on(const RpcCall& call);
  void on(const RpcItem& item);
  void on(const RpcAnswer& answer);
  void on(const RpcEnd& end);
  void on(const RpcGoodbye& goodbye);
  void close();
  void call_ebt();
  void ask_for_life();
  void look_at_silence();
  void choke();
  void read_again();

  Loop& loop_;
  PeerOwner& owner_;
  const PeerNumber number_;
  Wire wire_;
  std::optional<FeedId> host_;
  ByteBuf out_;
  std::optional<Rpc> rpc_;
  std::map<CallId, Stream> streams_;
  std::optional<CallId> ebt_;
  std::optional<CallId> ping_;  ///< the stream of gossip.ping, whoever called it
  bool asked_ = false;          ///< our number waits for an answer
  Timer silence_;
  Timer closing_;
  Timer legacy_;                ///< a host that dialled us and calls no EBT speaks none
  std::size_t statements_ = 0;  ///< that it made
  Millis since_ = 0;
  bool open_ = false;
  bool guest_ = false;
  bool taking_ = false;
  bool held_back_ = false;
  std::chrono::milliseconds resumed_at_{0};
  std::chrono::milliseconds choked_at_{0};
  std::optional<std::chrono::milliseconds> probed_at_;
  bool failed_ = false;
  std::string fault_;
  bool choked_ = false;  ///< not read from, until what waits is sent
  bool goodbye_ = false;
};

}  // namespace ssblog
