// SPDX-License-Identifier: MIT
#include "gossip/node.h"

#include "gossip/circle.h"
#include "gossip/protocol/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto weigh_pause = 50ms;  // contacts come in crowds
constexpr auto stop_patience = 1s;  // for goodbyes
constexpr auto calm_after = 5s;     // without trouble
constexpr auto news_retry = 100ms;
constexpr auto news_pause = 1ms;  // a burst of pokes is one

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
      show_soon_(loop, [this] { show(); }),
      weigh_soon_(loop,
                  [this] {
                    auto weighed = weigh_contacts();
                    if (weighed) return;
                    if (weighed.error().code != Code::busy)
                      log_some("store", LogLevel::error, weighed.error().text);
                    weigh_soon_.start(news_retry);
                  }),
      calm_soon_(loop, [this] { log(LogLevel::notice, "the store takes messages again"); }),
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
  if (auto started = hold_watch_->start(*book_); !started) return started;
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
  if (options_.publish_socket) {
    if (auto opened = api_->open_for_others(*options_.publish_socket); !opened)
      log(LogLevel::warning, opened.error().text);
  }
  if (options_.lan) start_lan();
  publisher_->sign_waiting();
  check_pages_after_crash();
  show();
  // From now on others are waiting here: whoever has the store's turn is not waited for.
  return store_->wait_at_most(0ms);
}

Result<void> Node::open_store() {
  // What a missing store means for publishing is decided there, once.
  if (auto made = open_own_store(options_.home); !made) return made.error();
  auto store = Store::open(options_.home.store_path(), OpenMode::read_write);
  if (!store) return store.error();
  store_.emplace(std::move(*store));
  log_keeper_ = std::make_unique<LogKeeper>(
      loop_, *store_, LogKeeper::Limits{}, [this](const std::string& text) { log(LogLevel::warning, text); });
  book_.emplace(*store_);
  chores_ = std::make_unique<Chores>(loop_, *store_, options_.clock, [this] {
    // Who was asked for our own feed may have been the last one that had to be.
    if (hold_watch_->is_held()) publisher_->sign_waiting();
    if (std::exchange(statement_heard_, false)) weigh_later();
  });
  watch_hold();
  replicator_ = std::make_unique<Replicator>(
      loop_, *store_, *chores_, self_.keys.id(), options_.hmac,
      Replicator::Events{[this] { weigh_later(); },
                         [this] {
                           show_later();
                           if (api_) api_->news();
                           if (hold_watch_->is_held()) publisher_->sign_waiting();
                         },
                         [this](const FeedId& host, Seq claimed) {
                           // A copy of this host, or a program with its key, is no witness that could be asked.
                           if (host != self_.keys.id()) hold_watch_->own_feed_ahead(host, claimed);
                         },
                         [this](PeerNumber peer, const std::string& why) { cut(peer, why); },
                         [this](const Error& error) {
                           trouble_ = error.text;
                           // A disk that is all but full takes some and refuses some: that is one trouble.
                           if (!calm_soon_.running())
                             log(LogLevel::error,
                                 fmt::format("nothing can be stored: {}; it is tried again", error.text));
                           calm_soon_.stop();
                           show_later();
                         },
                         [this] {
                           trouble_.clear();
                           calm_soon_.start(calm_after);
                           show_later();
                         },
                         options_.clock, [this](const FeedId& feed) { mender_->found(feed); },
                         [this](const ForkProof& proof) {
                           log(LogLevel::error, fork_text(proof) + "; nothing more of it is taken");
                           // Ours: nothing is signed any more.
                           if (proof.feed == self_.keys.id()) publisher_->sign_waiting();
                           show_later();
                         }});
  watch_damage();
  publisher_ = std::make_unique<OwnPublisher>(
      loop_, options_.home, options_.hmac, options_.clock,
      [this](const OwnPublisher::Standing& standing) { settle_hold(standing); });
  guests_ = std::make_unique<Guests>(*store_, *publisher_, self_.keys.id(), options_.clock,
                                     [this](const Guests::Answer& answer) { guest_answered(answer); });
  dials_ = std::make_unique<Dials>(
      loop_, Dials::Events{[this](const FeedId& host) {
                             return host == self_.keys.id() || !admits(host) ||
                                    std::any_of(
                                        connections_.begin(), connections_.end(),
                                        [&](const auto& one) { return one.second.peer->host() == host; });
                           },
                           [this](const Address& address, std::unique_ptr<TcpStream> stream) {
                             take(std::move(stream), address.key, address);
                           },
                           [this](const Address&, const Error& error) {
                             log(LogLevel::warning, error.text);
                             show_later();
                           }});
  rounds_ = std::make_unique<Rounds>(loop_, [this] { return look(); });
  if (auto looked = look_for_own_statement(); !looked) return looked;
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

/// Whom the feeds follow decides what is replicated.
Result<void> Node::weigh_contacts() {
  auto circle = read_circle(*book_, self_.keys.id(), options_.hops);
  if (!circle) return circle.error();
  blocked_ = circle->blocked();
  for (const auto& [number, connection] : connections_) {
    const auto& host = connection.peer->host();
    if (host && blocked_.contains(*host)) connection.peer->close_soon();
  }
  if (auto set = replicator_->want(circle->replicated(), circle->withheld()); !set) return set;
  if (auto looked = look_at_successions(); !looked) return looked;
  dials_->look();  // who was blocked may be wanted again
  show_later();
  return {};
}

void Node::stop(std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  ports_.close();
  lan_.reset();
  own_key_dials_.clear();
  *page_check_off_ = true;
  api_->close();
  for (auto& [number, connection] : connections_) connection.peer->close_soon();
  stop_late_.start(connections_.empty() ? 0ms : std::chrono::milliseconds(stop_patience));
}

void Node::log_some(const std::string& kind, LogLevel level, const std::string& text) {
  std::size_t left_out = 0;
  if (!gate_.lets_through(kind, loop_.now(), left_out)) return;
  log(level, left_out == 0 ? text : fmt::format("{} (and {} lines like it before)", text, left_out));
}

std::string Node::name_of(const FeedId& host) {
  auto row = store_->feed(host);
  if (row && *row) {
    auto name = store_->name_before((*row)->number, max_sequence);
    if (name && !name->empty()) return fmt::format("{} ({})", *name, to_text(host));
  }
  return to_text(host);
}

}  // namespace ssblog
