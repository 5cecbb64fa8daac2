// SPDX-License-Identifier: MIT
#include "gossip/local_api.h"

#include "feed/json.h"
#include "store/positions.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr PipeListener::Rights owner_alone{0600, std::nullopt};
constexpr std::array methods_for_others = {RpcMethod{"publish", RpcKind::async}};
constexpr std::array<std::string_view, 3> types_of_others = {"\"log\"", "\"job\"", "\"loss\""};
constexpr auto connect_patience = 15s;
constexpr std::size_t most_searches = 4;        // streams that search, in a turn of the loop
constexpr auto look_pause = 20ms;               // while somebody waits for a connection
constexpr std::size_t room_bytes = 256 * 1024;  // unsent, of a client: nothing more is read for it

std::string_view first_of(std::string_view args) {
  Items items(args);
  return items.next() ? items.value() : std::string_view();
}

struct Place {
  std::string host, port;
};

Place split_place(const PeerState& peer) {
  const auto colon = peer.address.rfind(':');
  if (colon == std::string::npos) return {peer.address, "0"};
  std::string host = peer.address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::move(host), peer.address.substr(colon + 1)};
}

std::string net_address(const PeerState& peer) {
  const Place place = split_place(peer);
  return fmt::format("net:{}:{}~shs:{}", place.host, place.port, to_base64(peer.id.view()));
}

}  // namespace

struct LocalApi::Client {
  explicit Client(Who whom)
      : who(whom),
        rpc(whom == Who::owner ? local_methods() : std::span<const RpcMethod>(methods_for_others), out,
            max_local_keys) {}
  const Who who;
  std::uint64_t number = 0;
  std::unique_ptr<Stream> stream;
  ByteBuf out;
  Rpc rpc;
  std::map<CallId, MessageStream> streams;
  std::map<CallId, Ticket> tickets;  ///< of work that is to be answered
  ByteBuf unread;                    ///< came, and waits until there is room for answers
  std::size_t publishing = 0;        ///< calls of publish under way
  bool has_room() const {
    return stream->waiting() + out.size() < room_bytes && publishing < max_local_publishes;
  }
};

LocalApi::LocalApi(Loop& loop, Store& store, OwnPublisher& publisher, Home home, Host host)
    : loop_(loop),
      store_(store),
      publisher_(publisher),
      home_(std::move(home)),
      host_(std::move(host)),
      bury_(loop, [this] { ended_.clear(); }),
      go_on_(loop,
             [this] {
               searches_ = 0;
               news();
             }),
      look_soon_(loop, [this] { look_at_dials(); }),
      read_later_(loop, [this] { read_on(); }) {}

LocalApi::~LocalApi() = default;

Result<void> LocalApi::open() {
  auto listener =
      PipeListener::listen(loop_, home_.socket_path(), owner_alone,
                           [this](std::unique_ptr<Stream> stream) { accept(std::move(stream), Who::owner); });
  if (!listener) return listener.error();
  listener_ = std::move(*listener);
  return {};
}

Result<void> LocalApi::open_for_others(const Socket& socket) {
  auto listener =
      PipeListener::listen(loop_, socket.path, socket.rights,
                           [this](std::unique_ptr<Stream> stream) { accept(std::move(stream), Who::other); });
  if (!listener) return listener.error();
  others_ = std::move(*listener);
  // From the socket up to the root.
  for (std::string place = directory_of(socket.path);; place = directory_of(place)) {
    struct stat status {};
    const bool seen = ::stat(place.c_str(), &status) == 0;
    const bool by_group = (status.st_mode & S_IXGRP) != 0 && socket.rights.group == status.st_gid;
    if (seen && !by_group && (status.st_mode & S_IXOTH) == 0) {
      return Error{
          Code::config,
          fmt::format("other users cannot reach {0}: {1} does not let them in. `chmod o+x {1}` lets them "
                      "through, and shows them nothing; or name another place as publish.socket",
                      socket.path, place)};
    }
    if (place == "/" || place == ".") return {};
  }
}

void LocalApi::close() {
  listener_.reset();
  others_.reset();
  clients_.clear();
}

std::size_t LocalApi::count(Who who) const {
  return static_cast<std::size_t>(std::count_if(
      clients_.begin(), clients_.end(), [who](const auto& client) { return client.second->who == who; }));
}

/// Who sits there without a call is let go for the next: places are few, and idle programs connect again.
void LocalApi::make_room(Who who) {
  for (const auto& [number, client] : clients_) {
    if (client->who == who && client->rpc.is_idle()) return end(number);
  }
}

void LocalApi::accept(std::unique_ptr<Stream> stream, Who who) {
  if (count(who) >= max_local_clients) make_room(who);
  if (count(who) >= max_local_clients) return;
  const std::uint64_t number = ++last_number_;
  auto made = std::make_unique<Client>(who);
  Client& client = *made;
  client.number = number;
  client.stream = std::move(stream);
  clients_[number] = std::move(made);
  client.stream->start({[this, &client](ByteView in) { take(client, in); },
                        [this, number](const Error*) { end(number); }, [this, &client] { go_on(client); }});
}

void LocalApi::take(Client& client, ByteView in) {
  client.unread.insert(client.unread.end(), in.begin(), in.end());
  go_on(client);
}

/// Reads what came as far as its answers have room, and sends what there is: who does not read the answers is not heard.
void LocalApi::go_on(Client& client) {
  do {
    const ByteBuf bytes = std::exchange(client.unread, {});
    ByteView in = bytes;
    while (client.has_room()) {
      auto event = client.rpc.next(in);
      if (!event) return end(client.number);
      if (!*event) break;
      if (const auto* call = std::get_if<RpcCall>(&**event)) on(client, *call);
      if (const auto* over = std::get_if<RpcEnd>(&**event)) client.streams.erase(over->id);
      if (std::holds_alternative<RpcGoodbye>(**event)) {
        flush(client);
        return client.stream->shut();
      }
    }
    client.unread.assign(in.begin(), in.end());
    push(client);
  } while (!client.unread.empty() && client.has_room());
  settle_reading(client);
}

/// Something was published: there is room for more.
void LocalApi::read_on() {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, client] : clients_) numbers.push_back(number);
  for (const std::uint64_t number : numbers) {
    if (const auto at = clients_.find(number); at != clients_.end()) go_on(*at->second);
  }
}

/// Who publishes faster than the disk takes it is read from later, too.
void LocalApi::settle_reading(Client& client) {
  const bool waits =
      !client.unread.empty() || !client.has_room() || (client.publishing > 0 && publisher_.is_full());
  waits ? client.stream->pause() : client.stream->resume();
}

void LocalApi::on(Client& client, const RpcCall& call) {
  const std::string_view name = call.method->name;
  if (name == "publish") return call_publish(client, call);
  if (name == "get") return call_get(client, call);
  if (name == "gossip.connect") return call_connect(client, call);
  if (call.method->kind == RpcKind::source) return call_stream(client, call);
  answer(client.number, call.id,
         name == "status"         ? status()
         : name == "gossip.peers" ? peers()
                                  : local_query(name, call.args, store_, host_.own, host_.hops));
}

void LocalApi::call_publish(Client& client, const RpcCall& call) {
  const std::string content(first_of(call.args));
  if (!is_object(content))
    return answer(
        client.number, call.id,
        Error{Code::usage, "publish: the content must be an object; private messages are not written here"});
  if (!member(content, "recps").empty())
    return answer(client.number, call.id,
                  Error{Code::usage, "publish: private messages (recps) are not written here"});
  if (client.who == Who::other) {
    const auto type = member(content, "type");
    if (std::find(types_of_others.begin(), types_of_others.end(), type) == types_of_others.end())
      return answer(client.number, call.id,
                    Error{Code::permission, "here only messages of the types log, job and loss are taken"});
    // Bytes that stand in the place of a file's would count as those of the file, and these be left out.
    for (const std::string_view value : {member(member(content, "chunk"), "run"), member(content, "run")}) {
      const auto run = text_of(value);
      const auto known = run ? is_source_run(store_, *run) : Result<bool>(false);
      if (!known) return answer(client.number, call.id, known.error());
      if (*known) {
        return answer(
            client.number, call.id,
            Error{Code::permission, fmt::format("run {} is that of a file which this host reads", *run)});
      }
    }
  }
  ++client.publishing;
  publisher_.publish(content, [this, number = client.number, id = call.id](Result<OwnMessage> message) {
    if (const auto at = clients_.find(number); at != clients_.end()) --at->second->publishing;
    if (message && message->held == Hold::none) host_.published();
    answer(number, id, message ? Result<std::string>(as_answer(*message)) : message.error());
    read_later_.start(0ms);
  });
}

void LocalApi::call_get(Client& client, const RpcCall& call) {
  client.tickets[call.id] = run_on_worker(
      loop_, [home = home_, args = call.args] { return find_message(home, args); },
      [this, number = client.number, id = call.id](const Result<std::string>& found) {
        if (const auto at = clients_.find(number); at != clients_.end()) at->second->tickets.erase(id);
        answer(number, id, found);
      });
}

void LocalApi::call_stream(Client& client, const RpcCall& call) {
  if (call.method->name == "latest") {
    auto items = latest_items(store_);
    if (!items) {
      client.rpc.fail(call.id, items.error().text);
      return;
    }
    for (const std::string& item : *items) client.rpc.item(call.id, item);
    client.rpc.end(call.id);
    return;
  }
  auto query = read_stream_query(call.method->name, call.args);
  if (!query) {
    client.rpc.fail(call.id, query.error().text);
    return;
  }
  client.streams.try_emplace(call.id, store_, std::move(*query));
}

/// An address, as text or under `address`, or the id of a host whose address is known.
Result<Address> LocalApi::address_of(std::string_view args) const {
  const auto first = first_of(args);
  const auto text = text_of(is_object(first) ? member(first, "address") : first).value_or("");
  if (const auto id = parse_feed_id(text)) {
    for (const PeerState& peer : host_.state().peers) {
      if (peer.id == *id) return parse_address(net_address(peer));
    }
    return Error{Code::usage, fmt::format("gossip.connect: no address of {} is known", text)};
  }
  auto address = parse_address(text);
  if (!address) return Error{Code::usage, "gossip.connect: say an address, as net:192.168.1.7:8008~shs:KEY"};
  return address;
}

void LocalApi::call_connect(Client& client, const RpcCall& call) {
  auto address = address_of(call.args);
  if (!address) return answer(client.number, call.id, address.error());
  if (!host_.connect(*address))
    return answer(client.number, call.id,
                  Error{Code::unavailable, "gossip.connect: too many addresses are dialled already"});
  awaited_.push_back(
      {client.number, call.id, address->key, place_of(*address), loop_.now() + connect_patience});
  if (!look_soon_.running()) look_soon_.start(look_pause);
}

/// What became of the dials that somebody waits for.
void LocalApi::look_at_dials() {
  const DaemonState state = host_.state();
  for (const Awaited& one : std::exchange(awaited_, {})) {
    const auto is_it = [&](const PeerState& peer) {
      return peer.id == one.host && (peer.state == "connected" || peer.address == one.place);
    };
    const auto peer = std::find_if(state.peers.begin(), state.peers.end(), is_it);
    const std::string trouble = peer == state.peers.end() ? "" : peer->trouble;
    if (peer != state.peers.end() && peer->state == "connected") {
      answer(one.client, one.call, std::string("true"));
    } else if (!trouble.empty() || loop_.now() >= one.until) {
      const std::string why = trouble.empty() ? fmt::format("no connection to {}", one.place) : trouble;
      answer(one.client, one.call, Error{Code::unavailable, "gossip.connect: " + why});
    } else {
      awaited_.push_back(one);
    }
  }
  if (!awaited_.empty()) look_soon_.start(look_pause);
}

std::string LocalApi::peers() const {
  std::string list = "[";
  for (const PeerState& peer : host_.state().peers) {
    const Place place = split_place(peer);
    list +=
        fmt::format(R"({}{{"host":{},"port":{},"key":"{}","address":{},"source":"{}","client":{}{}{}}})",
                    list.size() > 1 ? "," : "", json_string(place.host), place.port, to_text(peer.id),
                    json_string(net_address(peer)), peer.state == "heard" ? "local" : "stored", peer.dialled,
                    peer.state == "connected"  ? R"(,"state":"connected")"
                    : peer.state == "dialling" ? R"(,"state":"connecting")"
                                               : "",
                    peer.since > 0 ? fmt::format(",\"stateChange\":{}", peer.since) : "");
  }
  return list + "]";
}

std::string LocalApi::status() {
  const DaemonState state = host_.state();
  std::string gossip = "{", troubles = "[";
  for (const PeerState& peer : state.peers)
    gossip += fmt::format(R"({}"{}":{{"address":{},"state":{}}})", gossip.size() > 1 ? "," : "",
                          to_text(peer.id), json_string(peer.address), json_string(peer.state));
  for (const std::string& trouble : state.troubles)
    troubles += (troubles.size() > 1 ? "," : "") + json_string(trouble);
  return fmt::format(R"({{"sync":{{"sync":true}},"gossip":{}}},"held":{},"troubles":{}]}})", gossip,
                     state.held, troubles);
}

void LocalApi::answer(std::uint64_t number, CallId id, const Result<std::string>& result) {
  const auto at = clients_.find(number);
  if (at == clients_.end()) return;
  Client& client = *at->second;
  if (result)
    client.rpc.answer(id, *result);
  else
    client.rpc.fail(id, result.error().text, static_cast<int>(result.error().code));
  flush(client);
}

void LocalApi::news() {
  for (auto& [number, client] : clients_) push(*client);
}

/// Items of all its streams, as far as the client reads.
void LocalApi::push(Client& client) {
  for (auto at = client.streams.begin(); at != client.streams.end();) {
    MessageStream& stream = at->second;
    // Those that search in vain take turns: others are to be heard in between.
    if (stream.is_looking() && searches_ >= most_searches) {
      ++at;
      continue;
    }
    std::optional<Error> failed;
    while (client.has_room()) {
      auto item = stream.next();
      if (!item) failed = item.error();
      if (!item || !*item) break;
      client.rpc.item(at->first, **item);
    }
    if (stream.is_looking()) {
      ++searches_;
      if (!go_on_.running()) go_on_.start(0ms);
    }
    if (failed) client.rpc.fail(at->first, failed->text);
    if (!failed && stream.is_over()) client.rpc.end(at->first);
    at = failed || stream.is_over() ? client.streams.erase(at) : std::next(at);
  }
  flush(client);
}

void LocalApi::flush(Client& client) {
  if (!client.out.empty()) client.stream->write(std::exchange(client.out, {}));
}

void LocalApi::end(std::uint64_t number) {
  const auto at = clients_.find(number);
  if (at == clients_.end()) return;
  ended_.push_back(std::move(at->second));
  clients_.erase(at);
  bury_.start(0ms);
}

}  // namespace ssblog
