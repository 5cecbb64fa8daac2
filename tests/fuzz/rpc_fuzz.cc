// SPDX-License-Identifier: MIT
// fuzz/rpc_fuzz.cc - muxrpc: packets and sessions, from a peer that sends anything.
//
// The promises: the same events however the bytes are cut, bounded state, and only whole packets in answer.
#include "feed/json.h"
#include "fuzz/input.h"
#include "gossip/protocol/bounded_json.h"
#include "gossip/protocol/history.h"
#include "gossip/protocol/limits.h"
#include "gossip/protocol/note.h"
#include "gossip/protocol/rpc.h"

#include <string>
#include <vector>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

constexpr RpcMethod methods[] = {{"createHistoryStream", RpcKind::source},
                                 {"ebt.replicate", RpcKind::duplex, max_ebt_packet_bytes},
                                 {"whoami", RpcKind::async},
                                 {"gossip.ping", RpcKind::duplex},
                                 {"take", RpcKind::sink, 100}};

/// One side, which answers as `habits` says: one for each event.
class Side {
 public:
  explicit Side(ByteView habits) : habits_(habits), rpc_(methods, out_) {
    rpc_.call(RpcKind::duplex, "ebt.replicate", R"([{"version":3}])", max_ebt_packet_bytes);
    rpc_.call(RpcKind::async, "whoami", "[]");
    rpc_.call(RpcKind::source, "createHistoryStream", "[]");
  }

  void take(ByteView in) {
    while (!refused_) {
      auto event = rpc_.next(in);
      refused_ = !event;
      if (!event || !*event) break;
      std::visit([this](const auto& heard) { hear(heard); }, **event);
    }
    must(refused_ || in.empty(), "all bytes are eaten");
  }

  const std::vector<std::string>& heard() const { return heard_; }
  const ByteBuf& sent() const { return out_; }
  bool refused() const { return refused_; }

 private:
  void hear(const RpcCall& call) {
    heard_.push_back("call " + std::to_string(call.id.n) + std::string(call.method->name) + call.args);
    must(call.args.starts_with('['), "arguments are an array");
    const auto again = canonical(call.args, Layout::compact);
    must(again && *again == call.args, "arguments are canonical");
    ++open_;
    must(open_ <= max_open_streams, "a peer has so many calls under way and no more");
    if (const auto query = parse_history(call.args)) {
      const auto own = parse_history(history_args(query->id, query->from, query->live));
      must(own && own->id == query->id && own->from == query->from && own->live == query->live,
           "a query that we write is read as we mean it");
    }
    act(call.id);
  }
  void hear(const RpcItem& item) {
    heard_.push_back("item " + std::to_string(item.id.n) + std::string(as_text(item.body)));
    if (auto notes = read_ebt_item(item.body); notes && std::holds_alternative<Notes>(*notes)) {
      const auto again = read_ebt_item(as_bytes(format_notes(std::get<Notes>(*notes))));
      must(again && std::get<Notes>(*again) == std::get<Notes>(*notes), "notes are read as they are written");
    }
    act(item.id);
  }
  void hear(const RpcAnswer& answer) {
    heard_.push_back("answer " + std::to_string(answer.id.n) + std::string(as_text(answer.body)));
    must(read_remote_error(answer.type, answer.body).message.size() <= 1000, "an error's text is short");
  }
  void hear(const RpcEnd& end) {
    heard_.push_back("end " + std::to_string(end.id.n) + end.error.value_or("-") + std::to_string(end.code));
    if (end.id.n < 0 && open_ > 0) --open_;
  }
  void hear(RpcGoodbye) {
    heard_.emplace_back("goodbye");
    open_ = 0;
  }

  /// Calls of the peer that an owner ended count no more, but it may use them on.
  void act(CallId id) {
    const std::uint8_t habit = habits_.byte();
    if (habit % 8 == 1) rpc_.item(id, R"({"a":1})");
    if (habit % 8 == 2 && rpc_.end(id) && id.n < 0 && open_ > 0) --open_;
    if (habit % 8 == 3 && rpc_.fail(id, "no") && id.n < 0 && open_ > 0) --open_;
    if (habit % 8 == 4 && rpc_.answer(id, "true") && id.n < 0 && open_ > 0) --open_;
    if (habit % 8 == 5 && habit > 200) rpc_.goodbye();
  }

  Input habits_;
  ByteBuf out_;
  Rpc rpc_;
  std::vector<std::string> heard_;
  std::size_t open_ = 0;
  bool refused_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t seed = input.byte();
  const ByteView habits = input.bytes(16);
  const ByteView wire = input.rest();
  Side whole(habits), cut(habits);
  whole.take(wire);
  in_pieces(wire, seed, [&](ByteView piece) { cut.take(piece); });
  must(whole.heard() == cut.heard() && whole.sent() == cut.sent() && whole.refused() == cut.refused(),
       "cuts change nothing");

  PacketReader reader;
  ByteView sent = whole.sent();
  for (;;) {
    const auto packet = reader.next(sent, [](const PacketHead&) { return max_ebt_packet_bytes; });
    must(bool(packet), "what we send is packets");
    if (!*packet) break;
    if ((*packet)->is_goodbye()) must(sent.empty(), "nothing is sent behind a goodbye");
    if ((*packet)->head.type == BodyType::json && !(*packet)->is_goodbye())
      must(bool(read_json((*packet)->body, max_note_keys)), "what we send as JSON is JSON");
  }
  must(sent.empty(), "what we send is whole");
  return 0;
}
