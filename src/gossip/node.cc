// SPDX-License-Identifier: MIT
#include "gossip/node.h"

#include "gossip/circle.h"
#include "gossip/protocol/limits.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto show_pause = 200ms;  // between two writings of the status file
constexpr auto weigh_pause = 50ms;  // contacts come in crowds
constexpr auto stop_patience = 1s;  // for goodbyes
constexpr auto news_retry = 100ms;
constexpr auto news_pause = 1ms;        // a burst of pokes is one
constexpr std::size_t most_heard = 64;  // strangers in the LAN that are shown
constexpr std::size_t most_shown_rounds = 16;
constexpr auto same_time = 5s;  // two connections that came so close were dialled at once
constexpr int hurries_after_change = 4;
constexpr auto hurry_pause = 400ms;
constexpr int most_words = 64;  // heard in a turn of the loop
constexpr auto doubt_pause = 1s;
constexpr auto good_while = 30s;  // a connection that lasted so long was a good one

/// What `sync` calls a round: nothing that would not fit into the state.
bool is_token(std::string_view text) {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

Node::Node(Loop& loop, const NetworkSelf& self, NodeOptions options)
    : loop_(loop),
      self_(self),
      options_(std::move(options)),
      ports_(loop, {[this](std::unique_ptr<TcpStream> stream) { accept(std::move(stream)); },
                    [this](const SocketAddress& address) {
                      log(LogLevel::info, fmt::format("listening on {}", address.text()));
                      show_later();
                    },
                    [this](const Error& error) {
                      log(LogLevel::error, fmt::format("{}; it is tried again", error.text));
                      show_later();
                    }}),
      bury_(loop, [this] { ended_.clear(); }),
      forgive_(loop,
               [this] {
                 dials_->look();
                 if (const auto end = doorkeeper_.next_end(loop_.now())) forgive_.start(*end - loop_.now());
               }),
      hurry_soon_(loop, [this] { hurry_again(); }),
      doubt_soon_(loop, [this] { doubt_claims(); }),
      show_soon_(loop, [this] { show(); }),
      weigh_soon_(loop,
                  [this] {
                    auto weighed = weigh_contacts();
                    if (weighed) return;
                    if (weighed.error().code != Code::busy)
                      log_some("store", LogLevel::error, weighed.error().text);
                    weigh_soon_.start(news_retry);
                  }),
      stop_late_(loop,
                 [this] {
                   if (chores_) chores_->finish();
                   if (stopped_) std::exchange(stopped_, nullptr)();
                 }),
      news_soon_(loop, [this] { news(); }) {}

Node::~Node() {
  if (door_) remove_daemon_state(options_.home);
}

Result<void> Node::start() {
  if (auto opened = open_store(); !opened) return opened;
  if (auto opened = open_door(); !opened) return opened;
  if (auto opened = ports_.open(options_.listen); !opened) return opened;
  auto claims = book_->claims();
  if (!claims) return claims.error();
  for (const auto& [host, claimed] : *claims) claims_.take(host, claimed, loop_.now());
  if (!claims_.empty()) doubt_soon_.start(OwnClaims::patience);
  auto addresses = book_->addresses();
  if (!addresses) return addresses.error();
  for (const std::string& text : *addresses) {
    const auto address = parse_address(text);
    if (address) dials_->add(*address);
  }
  api_ = std::make_unique<LocalApi>(
      loop_, *store_, *publisher_, options_.home,
      LocalApi::Host{self_.keys.id(), options_.hops, [this] { return state(); },
                     [this](const Address& address) { return dials_->add(address); }, [this] { news(); }});
  // Programs can do without: everything else goes on.
  if (auto opened = api_->open(); !opened) log(LogLevel::warning, opened.error().text);
  if (options_.lan) start_lan();
  publisher_->sign_waiting();
  show();
  // From now on others are waiting here: whoever has the store's turn is not waited for.
  return store_->wait_at_most(0ms);
}

void Node::start_lan() {
  lan_.emplace(
      loop_, self_, *options_.lan,
      Lan::Events{[this](const LanPeer& peer) { heard(peer); },
                  [this](const std::string& where) {
                    if (own_key_heard_.size() >= most_heard || !own_key_heard_.insert(where).second) return;
                    log(LogLevel::warning,
                        fmt::format("a host at {} announces this host's own key: a copy of this home runs "
                                    "there; two that publish under one key break the feed",
                                    where));
                  },
                  [this] { links_changed(); },
                  [this](const Error& error) { log(LogLevel::warning, error.text); }});
  const auto ports = ports_.listening();
  lan_->start(ports.empty() ? 0 : ports.front().port());
}

/// Somebody announced a host in the LAN. What it says is worth a dial of a host that we want, and no more.
void Node::heard(const LanPeer& peer) {
  const bool wanted = replicator_->wanted().contains(peer.key) && admits(peer.key);
  for (const Address& address : peer.addresses) {
    // Numbers only: a name would make us ask whomever it belongs to.
    const auto place = SocketAddress::from(address.host, address.port);
    if (!place || place->loopback() || place->wildcard()) continue;
    if (wanted) {
      dials_->hint(address);
    } else if (heard_.size() < most_heard && heard_.emplace(peer.key, address).second) {
      show_later();
    }
  }
}

void Node::links_changed() {
  for (auto& [number, connection] : connections_) connection.peer->probe();
  hurries_ = hurries_after_change;
  hurry_again();
}

/// A link that is up takes a moment until something goes through it, and nobody says when.
void Node::hurry_again() {
  dials_->hurry_anew();
  if (--hurries_ > 0) hurry_soon_.start(hurry_pause);
}

Result<void> Node::open_store() {
  // What a missing store means for publishing is decided there, once.
  if (auto made = open_own_store(options_.home); !made) return made.error();
  auto store = Store::open(options_.home.store_path(), OpenMode::read_write);
  if (!store) return store.error();
  store_.emplace(std::move(*store));
  book_.emplace(*store_);
  chores_ = std::make_unique<Chores>(loop_, *store_, options_.clock, [this] {
    // Who was asked for our own feed may have been the last one that had to be.
    if (held_) publisher_->sign_waiting();
  });
  replicator_ = std::make_unique<Replicator>(
      loop_, *store_, *chores_, self_.keys.id(), options_.hmac,
      Replicator::Events{[this] { weigh_later(); },
                         [this] {
                           show_later();
                           if (api_) api_->news();
                           if (held_) publisher_->sign_waiting();
                         },
                         [this](const FeedId& host, Seq claimed) { own_feed_ahead(host, claimed); },
                         [this](PeerNumber peer, const std::string& why) { cut(peer, why); },
                         [this](const Error& error) {
                           trouble_ = error.text;
                           log(LogLevel::error,
                               fmt::format("nothing can be stored: {}; it is tried again", error.text));
                           show_later();
                         },
                         [this] {
                           trouble_.clear();
                           log(LogLevel::notice, "the store takes messages again");
                           show_later();
                         },
                         options_.clock});
  publisher_ = std::make_unique<OwnPublisher>(loop_, options_.home, options_.hmac, options_.clock,
                                              [this](const Result<Hold>& hold) { settle_hold(hold); });
  dials_ = std::make_unique<Dials>(
      loop_, Dials::Events{[this](const FeedId& host) {
                             return host == self_.keys.id() || !admits(host) ||
                                    std::any_of(
                                        connections_.begin(), connections_.end(),
                                        [&](const auto& one) { return one.second.peer->host() == host; });
                           },
                           [this](const Address& address, std::unique_ptr<TcpStream> stream) {
                             take(std::move(stream), address);
                           },
                           [this](const Address&, const Error& error) {
                             log(LogLevel::warning, error.text);
                             show_later();
                           }});
  rounds_ = std::make_unique<Rounds>(loop_, [this] { return look(); });
  return weigh_contacts();
}

Result<void> Node::open_door() {
  auto door = DaemonDoor::open(options_.home);
  if (!door) return door.error();
  door_.emplace(std::move(*door));
  auto watch = ReadWatch::start(loop_, door_->descriptor(), [this] { hear(); });
  if (!watch) return watch.error();
  door_watch_.emplace(std::move(*watch));
  // Programs that do not know the door write to the store too.
  auto changes = FileWatch::start(loop_, options_.home.store_path() + "-wal", [this] {
    if (!news_soon_.running()) news_soon_.start(news_pause);
  });
  if (!changes) return changes.error();
  store_watch_.emplace(std::move(*changes));
  return {};
}

void Node::weigh_later() {
  if (!weigh_soon_.running()) weigh_soon_.start(weigh_pause);
}

void Node::hear() {
  for (int words = 0; words < most_words; ++words) {
    const auto word = door_->next();
    if (!word) break;
    hear_word(*word);
  }
  news();
}

void Node::hear_word(const std::string& word) {
  constexpr std::string_view connect = "connect ", disconnect = "disconnect ", sync_word = "sync ";
  if (word.starts_with(disconnect)) {
    if (const auto address = parse_address(std::string_view(word).substr(disconnect.size()))) drop(*address);
  } else if (word.starts_with(connect)) {
    const auto address = parse_address(std::string_view(word).substr(connect.size()));
    if (address && !dials_->add(*address)) log(LogLevel::warning, "too many addresses are dialled already");
  } else if (word.starts_with(sync_word) && is_token(word.substr(sync_word.size()))) {
    sync([this, token = word.substr(sync_word.size())](const Rounds::Outcome& outcome) {
      ended_rounds_.push_back({token, outcome.met, outcome.whole});
      if (ended_rounds_.size() > most_shown_rounds) ended_rounds_.erase(ended_rounds_.begin());
      show();
    });
  }
}

/// A person wants an address dialled no more.
void Node::drop(const Address& address) {
  dials_->remove(address);
  for (auto& [number, connection] : connections_) {
    if (connection.address == address) connection.peer->close_soon();
  }
  show_later();
}

/// Another process may have written to the store.
void Node::news() {
  auto fresh = replicator_->refresh();
  if (!fresh) {
    // Another process may have the file to itself for a moment.
    if (fresh.error().code != Code::busy &&
        std::exchange(news_trouble_, fresh.error().text) != fresh.error().text)
      log_some("store", LogLevel::error, fresh.error().text);
    return news_soon_.start(news_retry);
  }
  news_trouble_.clear();
  if (api_) api_->news();
  // Another process may have found that publishing is to be held, or brought back what was missing.
  auto hold = store_->meta("hold");
  if (hold && hold->empty() == held_ && publisher_->is_idle()) publisher_->sign_waiting();
  if (*fresh) weigh_later();
}

void Node::accept(std::unique_ptr<TcpStream> stream) {
  if (stopping_) return;
  const std::string host = stream->remote().host();
  std::size_t waiting = 0, same_address = 0;
  for (const auto& [number, connection] : connections_) {
    waiting += connection.peer->is_open() ? 0 : 1;
    same_address += connection.peer->remote().host() == host ? 1 : 0;
  }
  const bool local = stream->remote().loopback();
  if (connections_.size() >= max_connections || (!local && same_address >= max_connections_per_address) ||
      !doorkeeper_.lets_in(host, loop_.now()))
    return;  // closed without a word: it is flooded, and words would cost
  // Who has been silent for longest makes room: one that proves who it is takes less time than that.
  if (waiting >= max_unauthenticated) make_room_for_stranger();
  take(std::move(stream), std::nullopt);
}

void Node::make_room_for_stranger() {
  for (const auto& [number, connection] : connections_) {
    if (connection.peer->is_open() || connection.address) continue;
    return connection.peer->abandon("others wait");
  }
}

void Node::take(std::unique_ptr<TcpStream> stream, const std::optional<Address>& address) {
  const PeerNumber number = ++last_number_;
  const auto server = address ? std::optional(address->key) : std::nullopt;
  PeerOwner& owner = *this;
  auto peer = std::make_unique<Peer>(loop_, self_, owner, number, std::move(stream), server);
  Peer& started = *peer;
  connections_[number] = {std::move(peer), address};
  started.start();
}

bool Node::admits(const FeedId& host) {
  return !stopping_ && !blocked_.contains(host) && !doorkeeper_.is_punished(host, loop_.now());
}

bool Node::is_connected(const FeedId& host) const {
  return std::any_of(connections_.begin(), connections_.end(), [&](const auto& one) {
    const Peer& peer = *one.second.peer;
    return peer.is_open() && !peer.is_closing() && peer.host() == host;
  });
}

bool Node::is_known(const FeedId& host) const { return replicator_->wanted().contains(host); }

void Node::opened(Peer& peer) {
  const Connection& connection = connections_.at(peer.number());
  if (connection.address) dials_->worked(*connection.address);
  if (!peer.dialled()) doorkeeper_.knows(peer.remote().host());
  settle_doubles(peer);
  // Places are kept for hosts that matter here: of the others, the one that has been here for longest goes.
  const auto is_stranger = [this](const Peer& one) {
    return one.is_open() && !one.is_closing() && !is_known(*one.host());
  };
  std::vector<Peer*> strangers;
  for (const auto& [number, other] : connections_) {
    if (is_stranger(*other.peer)) strangers.push_back(other.peer.get());
  }
  if (strangers.size() > max_strangers) strangers.front()->close_soon();
  log_some("connected", LogLevel::info,
           fmt::format("connected: {} at {}{}", name_of(*peer.host()), peer.remote().text(),
                       peer.dialled() ? "" : ", which dialled us"));
  replicator_->opened(peer);
  claims_.connected(*peer.host(), loop_.now());
  if (held_) replicator_->ask_for_own(peer);
  show_later();
}

/// Both hosts dialled at once, or an old connection is dead and nobody knows. Where both dialled, the one of the
/// smaller id stays: both sides come to the same end. Else the new one does: nobody dials who knows of the old one.
void Node::settle_doubles(Peer& fresh) {
  const bool smaller_dials = self_.keys.id() < *fresh.host();
  for (auto& [number, connection] : connections_) {
    Peer& old = *connection.peer;
    if (&old == &fresh || !old.is_open() || old.is_closing() || old.host() != fresh.host()) continue;
    const bool at_once = options_.clock() - old.since() <= std::chrono::milliseconds(same_time).count();
    const bool fresh_goes = at_once && fresh.dialled() != old.dialled() && fresh.dialled() != smaller_dials;
    (fresh_goes ? fresh : old).close_soon();
  }
}

void Node::ended(Peer& peer, const WireEnd& end) {
  const auto at = connections_.find(peer.number());
  if (at == connections_.end()) return;
  const bool was_open = peer.since() != 0;
  if (was_open) replicator_->closed(peer);
  const auto address = at->second.address;
  const std::string why = peer.fault().empty() ? end.why : peer.fault();
  const bool double_one = was_open && is_connected(*peer.host());
  if (was_open && !double_one)
    log_some("disconnected", LogLevel::info, fmt::format("disconnected: {}: {}", name_of(*peer.host()), why));
  const bool lasted =
      was_open && options_.clock() - peer.since() > std::chrono::milliseconds(good_while).count();
  ended_.push_back(std::move(at->second.peer));
  connections_.erase(at);
  bury_.start(0ms);
  if (address) {
    const auto outcome = end.kind == WireEnd::Kind::mismatch ? Dials::Outcome::useless
                         : lasted || double_one              ? Dials::Outcome::lasted
                                                             : Dials::Outcome::failed;
    if (!was_open) log_some("dial", LogLevel::warning, why);
    dials_->ended(*address, outcome, why);
  } else if (!was_open && end.kind == WireEnd::Kind::mismatch) {
    log_some("stranger", LogLevel::warning, fmt::format("{} dialled us, but {}", peer.remote().text(), why));
  }
  if (!stopping_) dials_->look();
  show_later();
  if (stopping_ && connections_.empty()) stop_late_.start(0ms);
}

void Node::cut(PeerNumber number, const std::string& why) {
  const auto at = connections_.find(number);
  if (at == connections_.end()) return;
  Peer& peer = *at->second.peer;
  const auto penalty = doorkeeper_.punish(*peer.host(), loop_.now());
  log_some(
      "cut", LogLevel::warning,
      fmt::format("{} is cut, and not heard for {} minutes: {}", name_of(*peer.host()), penalty / 1min, why));
  if (const auto end = doorkeeper_.next_end(loop_.now())) forgive_.start(*end - loop_.now());
  peer.close_soon();
}

/// Whom the feeds follow decides what is replicated.
Result<void> Node::weigh_contacts() {
  auto circle = read_circle(*book_, self_.keys.id(), options_.hops);
  if (!circle) return circle.error();
  const std::set<FeedId> wanted = circle->replicated();
  std::set<FeedId> blocked;
  for (const auto& [id, distance] : circle->distance) {
    if (distance == -1) blocked.insert(id);
  }
  std::set<std::pair<FeedId, FeedId>> withheld;
  for (const Edge& edge : circle->edges) {
    if (edge.relation == Relation::blocks && wanted.contains(edge.author))
      withheld.insert({edge.author, edge.contact});
  }
  blocked_ = std::move(blocked);
  for (const auto& [number, connection] : connections_) {
    const auto& host = connection.peer->host();
    if (host && blocked_.contains(*host)) connection.peer->close_soon();
  }
  if (auto set = replicator_->want(wanted, withheld); !set) return set;
  dials_->look();  // who was blocked may be wanted again
  show_later();
  return {};
}

void Node::own_feed_ahead(const FeedId& host, Seq claimed) {
  if (!claims_.take(host, claimed, loop_.now())) return;
  log_some(
      "claim", LogLevel::warning,
      fmt::format(
          "{} says to hold {} messages of this host's feed, more than are here: publishing is held until "
          "they are back, or it turns out to have none",
          name_of(host), claimed));
  held_ = true;
  chores_->add([host, claimed](Batch& batch) { return note_claim(batch, host, claimed); });
  ask_for_own();
  if (!doubt_soon_.running()) doubt_soon_.start(OwnClaims::patience);
}

/// A claim that nobody proves must not keep this host from publishing.
void Node::doubt_claims() {
  const auto fallen = claims_.fallen(
      loop_.now(), [this](const FeedId& host) { return is_connected(host); },
      [this](const FeedId& host) { return is_known(host); });
  for (const FeedId& host : fallen) {
    log_some("claim", LogLevel::notice,
             fmt::format("{} did not send what it said to hold of this host's feed", name_of(host)));
    chores_->add([host](Batch& batch) { return note_asked(batch, host); });
  }
  if (!claims_.empty()) doubt_soon_.start(doubt_pause);
}

void Node::ask_for_own() {
  for (const auto& [number, connection] : connections_) {
    if (connection.peer->is_open()) replicator_->ask_for_own(*connection.peer);
  }
}

void Node::settle_hold(const Result<Hold>& hold) {
  if (!hold) {
    log(LogLevel::error, hold.error().text);
  } else if (*hold != Hold::none) {
    if (!std::exchange(held_, true)) {
      log(LogLevel::warning, fmt::format("publishing is held: {}", explain(*hold)));
      ask_for_own();
    }
  } else if (std::exchange(held_, false)) {
    claims_.clear();
    log(LogLevel::notice, "publishing is held no more");
  }
  show_later();
}

void Node::stop(std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  ports_.close();
  lan_.reset();
  api_->close();
  for (auto& [number, connection] : connections_) connection.peer->close_soon();
  stop_late_.start(connections_.empty() ? 0ms : std::chrono::milliseconds(stop_patience));
}

void Node::log_some(const std::string& kind, LogLevel level, const std::string& text) {
  std::size_t left_out = 0;
  if (!gate_.lets_through(kind, loop_.now(), left_out)) return;
  log(level, left_out == 0 ? text : fmt::format("{} (and {} lines like it before)", text, left_out));
}

std::size_t Node::peer_count() const {
  return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(),
                                                [](const auto& one) { return one.second.peer->is_open(); }));
}

std::string Node::name_of(const FeedId& host) {
  auto row = store_->feed(host);
  if (row && *row) {
    auto name = store_->name_before((*row)->number, max_sequence);
    if (name && !name->empty()) return fmt::format("{} ({})", *name, to_text(host));
  }
  return to_text(host);
}

void Node::show_later() {
  if (!show_soon_.running() && !stopping_) show_soon_.start(show_pause);
}

void Node::show() { write_daemon_state(options_.home, state()); }

DaemonState Node::state() const {
  DaemonState state;
  state.process = ::getpid();
  state.hops = options_.hops;
  state.held = held_;
  state.troubles = ports_.troubles();
  if (!trouble_.empty()) state.troubles.push_back(fmt::format("nothing can be stored: {}", trouble_));
  state.rounds = ended_rounds_;
  const auto add = [&](const std::string& host, std::uint16_t port) {
    state.listening.push_back(to_text(Address{host, port, self_.keys.id(), std::nullopt}));
  };
  for (const SocketAddress& address : listening()) {
    if (!address.wildcard()) {
      add(address.host(), address.port());
      continue;
    }
    // What others can reach, of the same kind.
    for (const SocketAddress& own : own_addresses()) {
      if (own.raw.ss_family == address.raw.ss_family) add(own.host(), address.port());
    }
  }
  std::set<FeedId> connected;
  for (const auto& [number, connection] : connections_) {
    const Peer& peer = *connection.peer;
    if (!peer.is_open()) continue;
    connected.insert(*peer.host());
    const auto distance = replicator_->distance(number);
    state.peers.push_back({*peer.host(), peer.remote().text(), "connected", "", peer.since(), peer.dialled(),
                           distance.we_lack, distance.it_lacks});
  }
  for (const auto& [id, address] : heard_) {
    if (connected.contains(id) || replicator_->wanted().contains(id)) continue;
    state.peers.push_back(
        {id, fmt::format("{}:{}", address.host, address.port), "heard", "", 0, false, 0, 0});
  }
  for (const DialPlan::State& dial : dials_->states()) {
    if (connected.contains(dial.address.key)) continue;
    state.peers.push_back({dial.address.key, fmt::format("{}:{}", dial.address.host, dial.address.port),
                           dial.dialling ? "dialling" : "waiting", dial.trouble, 0, true, 0, 0});
  }
  return state;
}

void Node::sync(std::function<void(const Rounds::Outcome&)> over) {
  dials_->hurry();
  rounds_->begin(std::move(over));
}

Rounds::Look Node::look() const {
  Rounds::Look look;
  look.under_way = !dials_->is_settled() || !replicator_->is_idle() || !chores_->is_idle() ||
                   weigh_soon_.running() || !publisher_->is_idle();
  look.moved = replicator_->moved();
  for (const auto& [number, connection] : connections_) {
    const Peer& peer = *connection.peer;
    if (!peer.dialled() && (!peer.is_open() || !is_known(*peer.host())))
      continue;  // it is not for us to wait for
    const auto standing = peer.is_open() ? replicator_->standing(number) : Replicator::Standing::under_way;
    look.under_way = look.under_way || standing == Replicator::Standing::under_way || !peer.is_flushed();
    look.streams = look.streams || standing == Replicator::Standing::streams;
    if (!peer.is_open()) continue;
    ++look.met;
    look.lacking = look.lacking || replicator_->distance(number).we_lack > 0;
  }
  return look;
}

}  // namespace ssblog
