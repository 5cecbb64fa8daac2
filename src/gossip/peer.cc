// SPDX-License-Identifier: MIT
#include "gossip/peer.h"

#include "feed/json.h"
#include "gossip/protocol/limits.h"
#include "gossip/protocol/out_buffer.h"

#include <fmt/format.h>

#include <array>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto probe_patience = 1s;
constexpr auto goodbye_patience = 500ms;
constexpr auto legacy_patience = 3s;  // for ebt.replicate from a host that dialled us

constexpr std::string_view history = "createHistoryStream";
constexpr std::string_view ebt = "ebt.replicate";
constexpr std::string_view ping = "gossip.ping";
constexpr std::string_view wants = "blobs.createWants";
constexpr std::string_view manifest = "manifest";
constexpr std::string_view successor = "successor.tell";

constexpr std::array methods = {
    RpcMethod{history, RpcKind::source}, RpcMethod{ebt, RpcKind::duplex, max_ebt_packet_bytes},
    RpcMethod{ping, RpcKind::duplex},    RpcMethod{wants, RpcKind::source},
    RpcMethod{manifest, RpcKind::async}, RpcMethod{successor, RpcKind::async},
};

constexpr std::array guest_methods = {RpcMethod{"invite.use", RpcKind::async}};

constexpr std::string_view manifest_text =
    R"({"manifest":"sync","createHistoryStream":"source","gossip":{"ping":"duplex"},)"
    R"("blobs":{"createWants":"source"},"ebt":{"replicate":"duplex"},"successor":{"tell":"async"}})";

/// True for `[{"version":3,...}]` of the classic format.
bool speaks_version_3(std::string_view args) {
  Items items(args);
  if (!items.next()) return false;
  const auto format = member(items.value(), "format");
  return member(items.value(), "version") == "3" && (format.empty() || format == "\"classic\"");
}

}  // namespace

Peer::Peer(Loop& loop, const NetworkSelf& self, PeerOwner& owner, PeerNumber number,
           std::unique_ptr<TcpStream> stream, const std::optional<FeedId>& server)
    : loop_(loop),
      owner_(owner),
      number_(number),
      wire_(loop, self, std::move(stream), server,
            {[this](const FeedId& host) { return owner_.lets_in(*this, host); },
             [this](const FeedId& host) { opened(host); }, [this](ByteView plain) { take(plain); },
             [this] {
               if (std::exchange(choked_, false)) read_again();
               if (open_) owner_.can_send(*this);
             },
             [this](const WireEnd& end) {
               open_ = false;
               owner_.ended(*this, end);
             }}),
      host_(server),
      silence_(loop, [this] { look_at_silence(); }),
      closing_(loop,
               [this] {
                 if (std::exchange(goodbye_, true)) return wire_.abandon("it does not read what we send");
                 close();
                 closing_.start(goodbye_patience);
               }),
      legacy_(loop, [this] {
        if (open_ && !ebt_) owner_.ebt_refused(*this);
        flush();
      }) {}

void Peer::opened(const FeedId& host) {
  host_ = host;
  if (!dialled() && owner_.takes_guest(*this, host)) return welcome_guest();
  open_ = true;
  since_ = owner_.clock();
  rpc_.emplace(methods, out_);
  owner_.opened(*this);
  silence_.start(ping_after);
  if (dialled()) {
    ask_for_life();
    call_ebt();
  } else {
    legacy_.start(legacy_patience);
  }
  flush();
}

void Peer::welcome_guest() {
  guest_ = true;
  rpc_.emplace(guest_methods, out_);
  silence_.start(max_guest_time);
}

void Peer::call_ebt() {
  ebt_ = rpc_->call(RpcKind::duplex, ebt, R"([{"version":3}])", max_ebt_packet_bytes);
  streams_[*ebt_] = Stream::ebt;
  owner_.ebt_opened(*this, true);
}

/// Sends a number on the stream of gossip.ping, which both sides may do; the other one answers with a number.
void Peer::ask_for_life() {
  if (!ping_) {
    ping_ = rpc_->call(RpcKind::duplex, ping, R"([{"timeout":300000}])");
    streams_[*ping_] = Stream::ping;
  }
  asked_ = true;
  rpc_->item(*ping_, std::to_string(owner_.clock()));
}

void Peer::probe() {
  if (!open_ || held_back_ || choked_) return;
  ask_for_life();
  flush();
  probed_at_ = loop_.now();
  silence_.start(probe_patience);
}

/// A host that vanished sends nothing, not even that it goes.
void Peer::look_at_silence() {
  if (guest_) return wire_.abandon("its time as a guest is over");
  if (const auto probed = std::exchange(probed_at_, std::nullopt); probed && wire_.last_heard() <= *probed)
    return wire_.abandon("it does not answer since the network changed");
  if (choked_ && loop_.now() - choked_at_ >= max_silence)
    return wire_.abandon("it does not read what we send");
  const bool reading = !held_back_ && !choked_;
  const auto silence = reading ? loop_.now() - std::max(wire_.last_heard(), resumed_at_) : 0ms;
  if (silence >= max_silence) return wire_.abandon("it has been silent for too long");
  if (silence >= ping_after && open_) ask_for_life();
  flush();
  silence_.start(silence < ping_after ? ping_after - silence : max_silence - silence);
}

void Peer::take(ByteView plain) {
  taking_ = true;
  while (!failed_) {
    auto event = rpc_->next(plain);
    if (!event) {
      failed_ = true;
      fault_ = event.error().text;
      rpc_->goodbye();
      break;
    }
    if (!*event) break;
    std::visit([this](const auto& one) { on(one); }, **event);
  }
  taking_ = false;
  flush();
  if (failed_) close_soon();
}

void Peer::on(const RpcCall& call) {
  const std::string_view name = call.method->name;
  if (guest_) {
    owner_.guest_called(*this, *host_, call.id, call.args);
  } else if (name == manifest) {
    rpc_->answer(call.id, manifest_text);
  } else if (name == successor) {
    if (++statements_ > max_statements)
      rpc_->fail(call.id, "too many statements");
    else
      owner_.successor_told(*this, call.id, call.args);
  } else if (name == ping) {
    streams_[call.id] = Stream::ping;
    ping_ = call.id;
  } else if (name == wants) {
    streams_[call.id] = Stream::wants;
    rpc_->item(call.id, "{}");
  } else if (name == history) {
    streams_[call.id] = Stream::history;
    owner_.history_asked(*this, call.id, call.args);
  } else if (!speaks_version_3(call.args)) {
    rpc_->fail(call.id, "expected ebt.replicate({version: 3})");
  } else {
    if (ebt_) close_ebt();  // one stream a peer: the newer one counts
    legacy_.stop();
    ebt_ = call.id;
    streams_[call.id] = Stream::ebt;
    owner_.ebt_opened(*this, false);
  }
}

void Peer::on(const RpcItem& item) {
  const auto stream = streams_.find(item.id);
  if (stream == streams_.end()) return;
  switch (stream->second) {
    case Stream::ping:
      // A number that is no answer wants one.
      if (!std::exchange(asked_, false)) rpc_->item(item.id, std::to_string(owner_.clock()));
      break;
    case Stream::ebt:
      if (!owner_.ebt_item(*this, item.body)) {
        failed_ = true;
        fault_ = "it sends what is neither a message nor notes";
      }
      break;
    case Stream::history:
      owner_.history_item(*this, item.id, item.body);
      break;
    case Stream::wants:
      break;
  }
}

void Peer::on(const RpcAnswer&) {}  // that a statement was heard changes nothing here

void Peer::on(const RpcEnd& end) {
  const auto stream = streams_.find(end.id);
  if (stream == streams_.end()) return;
  const Stream kind = stream->second;
  streams_.erase(stream);
  if (kind == Stream::history) {
    owner_.history_over(*this, end.id, end.error.has_value());
  } else if (kind == Stream::ebt && end.id == ebt_) {
    ebt_.reset();
    owner_.ebt_closed(*this);
    // Refused, not ended: the other side is an old one.
    if (end.error && dialled()) owner_.ebt_refused(*this);
  } else if (end.id == ping_) {
    ping_.reset();
    asked_ = false;
  }
}

void Peer::on(const RpcGoodbye&) {
  flush();
  wire_.close();
}

void Peer::send_ebt(std::string_view json) {
  if (ebt_ && rpc_) rpc_->item(*ebt_, json);
}

void Peer::close_ebt() {
  if (!ebt_) return;
  rpc_->end(*ebt_);
  streams_.erase(*ebt_);
  ebt_.reset();
  owner_.ebt_closed(*this);
}

CallId Peer::call_history(std::string_view args) {
  const CallId id = rpc_->call(RpcKind::source, history, args);
  streams_[id] = Stream::history;
  return id;
}

void Peer::send_history(CallId id, std::string_view json) { rpc_->item(id, json); }

void Peer::end_history(CallId id) {
  rpc_->end(id);
  streams_.erase(id);
}

void Peer::tell_successor(std::string_view statement) {
  if (rpc_) rpc_->call(RpcKind::async, successor, fmt::format("[{}]", statement));
}

void Peer::answer(CallId id, const Result<std::string>& result) {
  if (!rpc_) return;
  if (result)
    rpc_->answer(id, *result);
  else
    rpc_->fail(id, result.error().text);
  flush();
}

void Peer::hold_back(bool on) {
  if (std::exchange(held_back_, on) == on) return;
  on ? wire_.pause() : read_again();
}

/// It asks and does not read the answers.
void Peer::choke() {
  choked_ = true;
  choked_at_ = loop_.now();
  wire_.pause();
}

void Peer::read_again() {
  if (held_back_ || choked_) return;
  resumed_at_ = loop_.now();
  wire_.resume();
}

void Peer::flush() {
  if (taking_ || out_.empty()) return;
  wire_.send(out_);
  out_.clear();
  // Who asks and does not read the answers is not heard for a while, and then not at all.
  const OutBuffer buffer = weigh_out_buffer(wire_.waiting());
  if (buffer == OutBuffer::over) {
    goodbye_ = true;
    closing_.start(0ms);
  } else if (buffer == OutBuffer::full && !choked_) {
    choke();
  }
}

void Peer::close_soon() {
  if (!goodbye_) closing_.start(0ms);
}

void Peer::close() {
  if (rpc_) rpc_->goodbye();
  flush();
  wire_.close();
}

}  // namespace ssblog
