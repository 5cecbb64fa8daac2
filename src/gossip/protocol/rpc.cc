// SPDX-License-Identifier: MIT
#include "gossip/protocol/rpc.h"

#include "feed/json.h"
#include "feed/utf.h"
#include "gossip/protocol/bounded_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>

namespace ssblog {
namespace {

constexpr std::size_t max_ended = 1024;  // streams that we ended and the peer did not; then the oldest goes
constexpr std::size_t max_quoted_bytes = 200;    // of a peer's request in our error
constexpr std::size_t max_message_bytes = 1000;  // of a peer's error
constexpr std::string_view clean_end = "true";

constexpr std::string_view kind_names[] = {"async", "source", "sink", "duplex"};

std::string_view name_of(RpcKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

/// The front of a well-formed text, cut between characters.
std::string_view cut(std::string_view text, std::size_t max_bytes) {
  return text.substr(0, utf8_prefix(as_bytes(text.substr(0, max_bytes))));
}

/// A method's name as a peer spelled it.
struct Path {
  std::string dotted;  ///< as in the table; empty when a part holds a dot, for no method has such a part
  std::string listed;  ///< as the refusal has it: parts joined by commas
};

/// The path of `["a","b"]`, or of "a".
std::optional<Path> read_path(std::string_view name) {
  Path path;
  bool first = true;
  bool dots = false;
  const auto add = [&](std::string_view value) {
    const auto part = text_of(value);
    if (!part) return false;
    if (!first) path.dotted += '.', path.listed += ',';
    first = false;
    dots = dots || part->find('.') != std::string::npos;
    path.dotted += *part;
    path.listed += *part;
    return true;
  };
  if (is_string(name)) {
    if (!add(name)) return std::nullopt;
  } else if (name.starts_with('[')) {
    for (Items parts(name); parts.next();)
      if (!add(parts.value())) return std::nullopt;
  } else {
    return std::nullopt;
  }
  if (dots) path.dotted.clear();
  return path;
}

/// A number counts from both sides: ours as it is, the peer's with the sign of our answers.
CallId id_of(const PacketHead& head) {
  // Nobody can answer the least number, so it is nobody's.
  if (head.request == std::numeric_limits<std::int32_t>::min()) return {};
  return {-head.request};
}

/// `a.b` as `["a","b"]`.
std::string path_as_json(std::string_view name) {
  std::string json = "[";
  for (;;) {
    const auto dot = name.find('.');
    append_json_string(json, name.substr(0, dot));
    if (dot == std::string_view::npos) break;
    json += ',';
    name.remove_prefix(dot + 1);
  }
  json += ']';
  return json;
}

}  // namespace

CallId Rpc::call(RpcKind kind, std::string_view name, std::string_view args, std::size_t max_item_bytes) {
  do {
    last_number_ = last_number_ == std::numeric_limits<std::int32_t>::max() ? 1 : last_number_ + 1;
  } while (calls_.contains({last_number_}));
  const CallId id{last_number_};
  const bool stream = kind != RpcKind::async;
  std::string body = fmt::format(R"({{"name":{},"args":{})", path_as_json(name), args);
  if (stream) body += fmt::format(R"(,"type":"{}")", name_of(kind));
  body += '}';
  send(id, stream, false, BodyType::json, body);
  if (!said_goodbye_) add(id, {kind, max_item_bytes, false});
  return id;
}

bool Rpc::item(CallId id, BodyType type, std::string_view body) {
  const auto call = calls_.find(id);
  if (call == calls_.end() || call->second.ended || call->second.kind == RpcKind::async) return false;
  if (said_goodbye_) return false;
  send(id, true, false, type, body);
  return true;
}

bool Rpc::answer(CallId id, std::string_view json) {
  const auto call = calls_.find(id);
  if (id.n > 0 || call == calls_.end() || call->second.kind != RpcKind::async) return false;
  send(id, false, false, BodyType::json, json);
  forget(call);
  return true;
}

bool Rpc::end(CallId id) {
  const auto call = calls_.find(id);
  return call != calls_.end() && call->second.kind != RpcKind::async && end_with(id, clean_end);
}

bool Rpc::fail(CallId id, std::string_view message, int code) {
  return end_with(id, remote_error(message, code));
}

bool Rpc::end_with(CallId id, std::string_view json) {
  const auto call = calls_.find(id);
  if (call == calls_.end() || call->second.ended) return false;
  const bool stream = call->second.kind != RpcKind::async;
  if (!stream && id.n > 0) return false;  // only the peer can answer
  send(id, stream, true, BodyType::json, json);
  Call ended = call->second;
  ended.ended = true;
  forget(call);
  if (stream) add(id, ended);
  return true;
}

void Rpc::goodbye() {
  if (!said_goodbye_) append_goodbye(out_);
  said_goodbye_ = true;
}

Result<std::optional<RpcEvent>> Rpc::next(ByteView& in) {
  for (;;) {
    const auto packet = reader_.next(in, [this](const PacketHead& head) { return limit_of(head); });
    if (!packet) return packet.error();
    if (!*packet) return Found();
    auto event = take(**packet);
    if (!event || *event) return event;
  }
}

std::size_t Rpc::limit_of(const PacketHead& head) const {
  const auto call = calls_.find(id_of(head));
  return call == calls_.end() ? max_packet_bytes : call->second.max_item_bytes;
}

Result<Rpc::Found> Rpc::take(const Packet& packet) {
  if (packet.is_goodbye()) {
    heard_goodbye_ = true;
    goodbye();
    calls_.clear();
    open_ours_ = open_theirs_ = ended_theirs_ = 0;
    return Found(RpcGoodbye{});
  }
  const CallId id = id_of(packet.head);
  if (const auto call = calls_.find(id); call != calls_.end()) return take_part(call, packet);
  // An answer to nothing, the end of what is not open, or too late for anything new.
  if (id.n >= 0 || packet.head.end || said_goodbye_) return Found();
  return take_call(id, packet);
}

/// A packet of a call under way.
Rpc::Found Rpc::take_part(Calls::iterator call, const Packet& packet) {
  const CallId id = call->first;
  const RpcKind kind = call->second.kind;
  const PacketHead head = packet.head;
  if (call->second.ended) {
    if (head.end) forget(call);
    return std::nullopt;
  }
  if (kind == RpcKind::async && id.n < 0) return std::nullopt;  // it is our turn
  if (head.end) {
    const bool clean = kind != RpcKind::async && as_text(packet.body) == clean_end;
    if (kind != RpcKind::async) send(id, true, true, BodyType::json, clean_end);
    forget(call);
    if (clean) return RpcEnd{id, std::nullopt};
    RemoteError error = read_remote_error(head.type, packet.body);
    return RpcEnd{id, std::move(error.message), error.code};
  }
  if (head.stream != (kind != RpcKind::async)) return std::nullopt;
  if (kind == RpcKind::async) {
    forget(call);
    return RpcAnswer{id, head.type, packet.body};
  }
  // Who gives and who takes is fixed by the kind; a source is not talked to.
  const bool peer_gives = kind == RpcKind::duplex || (kind == RpcKind::source) == (id.n > 0);
  if (!peer_gives) return std::nullopt;
  return RpcItem{id, head.type, packet.body};
}

/// The first packet of a call of the peer, or an item that belongs to nothing.
Result<Rpc::Found> Rpc::take_call(CallId id, const Packet& packet) {
  const bool stream = packet.head.stream;
  if (packet.head.type != BodyType::json) {
    return stream ? Found() : refuse(id, stream, "invalid request, it should be JSON");
  }
  const auto request = read_json(packet.body, max_keys_);
  if (!request) return Error{Code::data, "the peer sent a call that cannot be read: " + request.error().text};
  const auto name = member(*request, "name");
  if (stream && name.empty()) return Found();
  const auto args = member(*request, "args");
  const auto path = read_path(name);
  if (!path || !args.starts_with('[')) {
    return refuse(id, stream,
                  fmt::format("invalid request, {} should be array, was: {}", path ? "args" : "name",
                              cut(*request, max_quoted_bytes)));
  }

  RpcKind kind = RpcKind::async;
  if (stream) {
    const auto type = text_of(member(*request, "type")).value_or("undefined");
    const auto* const known = std::find(std::begin(kind_names) + 1, std::end(kind_names), type);
    if (known == std::end(kind_names)) {
      return refuse(id, stream, fmt::format("unsupported stream type: {}", cut(type, max_method_bytes)));
    }
    kind = static_cast<RpcKind>(known - std::begin(kind_names));
  }
  const auto method = std::find_if(methods_.begin(), methods_.end(),
                                   [&](const RpcMethod& known) { return known.name == path->dotted; });
  if (path->dotted.empty() || method == methods_.end()) {
    return refuse(
        id, stream,
        fmt::format("method:{} is not in list of allowed methods", cut(path->listed, max_method_bytes)));
  }
  if (method->kind != kind) return refuse(id, stream, fmt::format("no {}:{}", name_of(kind), method->name));
  if (open_theirs_ >= max_open_streams) return refuse(id, stream, "too many calls are open");
  add(id, {kind, method->max_item_bytes, false});
  return Found(RpcCall{id, &*method, std::string(args)});
}

Rpc::Found Rpc::refuse(CallId id, bool stream, std::string_view message) {
  send(id, stream, true, BodyType::json, remote_error(message));
  if (stream) add(id, {RpcKind::duplex, max_packet_bytes, true});
  return std::nullopt;
}

void Rpc::send(CallId id, bool stream, bool end, BodyType type, std::string_view body) {
  if (!said_goodbye_) append_packet(out_, {stream, end, type, id.n}, as_bytes(body));
}

void Rpc::add(CallId id, Call call) {
  calls_.emplace(id, call);
  if (!call.ended) {
    ++(id.n > 0 ? open_ours_ : open_theirs_);
  } else if (id.n < 0 && ++ended_theirs_ > max_ended) {
    forget_oldest_ended();
  }
}

void Rpc::forget(Calls::iterator call) {
  if (!call->second.ended) {
    --(call->first.n > 0 ? open_ours_ : open_theirs_);
  } else if (call->first.n < 0) {
    --ended_theirs_;
  }
  calls_.erase(call);
}

/// Numbers count up, so the oldest of the peer's is nearest to 0.
void Rpc::forget_oldest_ended() {
  auto call = calls_.lower_bound({0});
  do {
    assert(call != calls_.begin());
    --call;
  } while (!call->second.ended);
  forget(call);
}

std::string remote_error(std::string_view message, int code) {
  std::string json = R"({"message":)";
  append_json_string(json, message);
  json += R"(,"name":"Error","stack":)";
  append_json_string(json, fmt::format("Error: {}", message));
  if (code != 0) json += fmt::format(R"(,"code":{})", code);
  return json += '}';
}

RemoteError read_remote_error(BodyType type, ByteView body) {
  RemoteError error{decode_utf8(body)};
  if (type == BodyType::json) {
    const auto json = read_json(body, max_json_keys);
    if (!json) return {"an error that cannot be read"};
    const bool whole = is_object(*json);
    error.message = text_of(whole ? member(*json, "message") : std::string_view(*json)).value_or(*json);
    const auto code = whole ? integer_of(member(*json, "code")) : std::nullopt;
    if (code && *code > 0 && *code < 256) error.code = static_cast<int>(*code);
  }
  if (error.message.empty()) error.message = "an error without a message";
  error.message.resize(cut(error.message, max_message_bytes).size());
  return error;
}

}  // namespace ssblog
