// SPDX-License-Identifier: MIT
#include "sim/host.h"

#include "sim/copy_store.h"
#include "store/files.h"
#include "store/forks.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

namespace ssblog::sim {
namespace {

using namespace std::chrono_literals;

constexpr Millis epoch = 1'790'000'000'000;  // ms since 1970
constexpr auto weigh_pause = 50ms;           // as in node.cc
constexpr auto weigh_retry = 100ms;
constexpr auto news_pause = 1ms;
constexpr auto sign_pause = 2ms;
constexpr auto legacy_patience = 3s;  // as in peer.cc

}  // namespace

struct Host::Life {
  explicit Life(Host& host)
      : scheduler(host.around_.queue, host.around_.random, host.number_),
        book(host.store_),
        chores(
            scheduler, host.store_, [&host] { return host.clock(); },
            [&host] {
              if (host.is_held()) host.sign_waiting();
            }),
        hold(scheduler, chores,
             {[](const FeedId&, Seq) {}, [](const FeedId&) {}, [&host] { host.ask_for_own(); },
              [&host](const FeedId& peer) { return host.is_connected(peer); },
              [&host](const FeedId& peer) { return host.life_->replicator.wanted().contains(peer); }}),
        replicator(scheduler, host.store_, chores, host.id_, std::nullopt,
                   {[this] {
                      if (!weigh_soon.running()) weigh_soon.start(weigh_pause);
                    },
                    [&host] {
                      if (host.is_held()) host.sign_waiting();
                    },
                    [this](const FeedId& peer, Seq claimed) { hold.own_feed_ahead(peer, claimed); },
                    [&host](PeerNumber peer, const std::string& why) { host.cut(peer, why); },
                    [](const Error&) {}, [] {}, [&host] { return host.clock(); }, [](const FeedId&) {},
                    [&host](const ForkProof& proof) {
                      if (proof.feed == host.id_) host.sign_waiting();
                    }}),
        weigh_soon(scheduler, [&host] { host.weigh(); }),
        news_soon(scheduler, [&host] { host.news(); }),
        sign_soon(scheduler, [&host] { host.publish(""); }) {}

  HostScheduler scheduler;
  PeerBook book;
  Chores chores;
  HoldWatch hold;
  Replicator replicator;
  Doorkeeper doorkeeper;
  std::set<FeedId> blocked;
  std::map<PeerNumber, End*> ends;
  std::map<FeedId, PeerNumber> first_asked;  ///< for Bug::never_handed_on
  Timer weigh_soon, news_soon, sign_soon;
};

Host::Host(Surroundings& around, HostNumber number, KeyPair keys, Manner manner, Store store)
    : around_(around),
      number_(number),
      keys_(std::move(keys)),
      id_(keys_.id()),
      manner_(manner),
      store_(std::move(store)),
      guard_(around.guard_directory, id_) {}

Host::~Host() = default;

Millis Host::clock() const {
  return epoch + std::chrono::floor<std::chrono::milliseconds>(around_.queue.now()).count();
}

void Host::start() {
  ++lives_;
  life_ = std::make_unique<Life>(*this);
  if (auto started = life_->hold.start(life_->book); !started && around_.ledger != nullptr)
    around_.ledger->break_invariant(valid_prefix, started.error().text);
  weigh();
  sign_waiting();
}

void Host::stop() { life_.reset(); }

void Host::replace_store(Store store) {
  store_ = std::move(store);
  looked_at_ = -1;
  if (around_.ledger != nullptr) around_.ledger->replaced(number_);
}

std::string Host::copy_guard() const {
  const auto bytes = read_file(guard_.path(), 64 * 1024);
  return bytes ? *bytes : std::string();
}

void Host::replace_all(Store store, const std::string& guard, bool warned) {
  replace_store(std::move(store));
  std::filesystem::remove(guard_.path());
  if (!guard.empty()) std::ofstream(guard_.path(), std::ios::binary) << guard;
  auto batch = Batch::begin(store_, Durability::full);
  if (!batch) return;
  auto own = batch->feed(id_);
  const Seq tip = own && own->tip ? own->tip->sequence : 0;
  if (around_.ledger != nullptr) around_.ledger->guard_replaced(number_, tip, warned);
  // As backup.cc does it.
  if (!warned || around_.bug == Bug::mark_missing) return;
  if (!end_hold(*batch) || !begin_hold(*batch, Hold::restored) || !forget_clocks(*batch) ||
      !batch->set_meta("restored_from", as_bytes(std::to_string(tip))) || !batch->commit(clock()))
    std::abort();
}

void Host::look() {
  if (around_.ledger == nullptr) return;
  const std::int64_t changes = changes_of(store_);
  if (std::exchange(looked_at_, changes) == changes) return;
  around_.ledger->look(number_, store_, waiting());
}

std::size_t Host::waiting() {
  Statement count(store_.database(), "SELECT count(*) FROM spool");
  auto run = count.run();
  auto row = run.step();
  return row && *row ? static_cast<std::size_t>(run.integer(0)) : 0;
}

bool Host::is_held() const { return life_ != nullptr && life_->hold.is_held(); }

std::size_t Host::connections() const { return life_ == nullptr ? 0 : life_->ends.size(); }

const std::set<FeedId>& Host::wanted() const {
  static const std::set<FeedId> none;
  return life_ == nullptr ? none : life_->replicator.wanted();
}

Result<Circle> Host::circle() {
  PeerBook book(store_);
  return read_circle(book, id_, manner_.hops);
}

std::string Host::tag(const End& end) const { return fmt::format("h{}>h{}", number_, end.other()); }

bool Host::admits(const FeedId& peer) const {
  return life_ != nullptr && !life_->blocked.contains(peer) &&
         !life_->doorkeeper.is_punished(peer, life_->scheduler.now());
}

bool Host::is_connected(const FeedId& host) const {
  return std::any_of(life_->ends.begin(), life_->ends.end(),
                     [&](const auto& end) { return end.second->is_open() && end.second->host() == host; });
}

void Host::opened(End& end) {
  around_.trace.line(around_.queue.now(), tag(end) + " opened");
  life_->ends[end.number()] = &end;
  if (around_.bug == Bug::fork_forgotten) (void)store_.database().run("DELETE FROM forks");
  life_->replicator.opened(end);
  life_->hold.connected(*end.host());
  if (is_held()) life_->replicator.ask_for_own(end);
  if (!manner_.ebt) return life_->replicator.ebt_refused(end);
  if (end.dialled()) {
    end.call_ebt();
    life_->replicator.ebt_opened(end, true);
    if (around_.bug == Bug::fork_repeated) {
      const auto proofs = ForkBook(store_).all();
      for (const ForkProof& proof : proofs ? *proofs : std::vector<ForkProof>())
        end.send_ebt(proof.held_text);
    }
    return;
  }
  // A host that dialled us and calls no EBT speaks none.
  around_.queue.after(legacy_patience, number_, [this, lives = lives_, number = end.number()] {
    if (life_ == nullptr || lives_ != lives) return;
    const auto at = life_->ends.find(number);
    if (at == life_->ends.end() || !at->second->is_open() || at->second->has_ebt()) return;
    life_->replicator.ebt_refused(*at->second);
    at->second->flush();
  });
}

void Host::take(End& end, const Item& item) {
  Replicator& replicator = life_->replicator;
  switch (item.kind) {
    case Item::Kind::ebt_call:
      if (!manner_.ebt) return end.refuse_ebt();
      end.set_ebt(true);
      return replicator.ebt_opened(end, false);
    case Item::Kind::ebt_refusal:
      if (!end.has_ebt()) return;
      end.set_ebt(false);
      replicator.ebt_closed(end);
      return replicator.ebt_refused(end);
    case Item::Kind::ebt:
      if (end.has_ebt() && !replicator.ebt_item(end, as_bytes(item.text))) end.close_soon();
      return;
    case Item::Kind::history_call:
      return replicator.history_asked(end, item.id, item.text);
    case Item::Kind::history:
      return replicator.history_item(end, item.id, as_bytes(item.text));
    case Item::Kind::history_end:
      return replicator.history_over(end, item.id, false);
  }
}

void Host::can_send(End& end) { life_->replicator.can_send(end); }

void Host::closed(End& end) {
  around_.trace.line(around_.queue.now(), tag(end) + " closed");
  life_->ends.erase(end.number());
  std::erase_if(life_->first_asked, [&](const auto& one) { return one.second == end.number(); });
  life_->replicator.closed(end);
}

void Host::cut(PeerNumber peer, const std::string& why) {
  const auto at = life_->ends.find(peer);
  if (at == life_->ends.end()) return;
  End& end = *at->second;
  around_.trace.line(around_.queue.now(), tag(end) + " cuts", why);
  if (around_.ledger != nullptr) around_.ledger->cuts(number_, end.other(), why);
  life_->doorkeeper.punish(*end.host(), life_->scheduler.now());
  end.close_soon();
}

void Host::ask_for_own() {
  for (auto& [number, end] : life_->ends) {
    if (end->is_open()) life_->replicator.ask_for_own(*end);
  }
}

bool Host::publish(const std::string& content) {
  const bool told = !content.empty();
  Publisher publisher(store_, keys_, nullptr, guard_);
  if (around_.bug == Bug::unwritten && told && around_.random.chance(20)) {
    if (around_.ledger != nullptr) around_.ledger->acknowledged(number_, content);
    return true;
  }
  const bool forced = around_.bug == Bug::hold_ignored && is_held();
  if (around_.bug == Bug::fork_ignored && told)
    (void)Statement(store_.database(), "DELETE FROM forks WHERE feed = ?").exec(id_.view());
  if (forced) (void)publisher.force(clock());
  auto published = publisher.publish(std::span(&content, told ? 1 : 0), clock());
  if (told) {
    around_.trace.line(around_.queue.now(),
                       fmt::format("h{} publishes{}", number_,
                                   !published                      ? ": failed"
                                   : published->held != Hold::none ? ": held"
                                                                   : ""),
                       published ? content : published.error().text);
  }
  if (!published) return false;
  if (told && around_.ledger != nullptr) around_.ledger->acknowledged(number_, content);
  if (life_ == nullptr) return true;
  if (life_->hold.settle(published->held) != HoldWatch::Change::none)
    around_.trace.line(around_.queue.now(), fmt::format("h{} hold", number_), explain(published->held));
  if (around_.bug != Bug::news_lost && !life_->news_soon.running()) life_->news_soon.start(news_pause);
  return true;
}

void Host::sign_waiting() {
  if (!life_->sign_soon.running()) life_->sign_soon.start(sign_pause);
}

/// As Node::news.
void Host::news() {
  auto fresh = life_->replicator.refresh();
  if (!fresh) return life_->news_soon.start(weigh_retry);
  auto hold = store_.meta("hold");
  if (hold && hold->empty() == is_held()) sign_waiting();
  if (*fresh && !life_->weigh_soon.running()) life_->weigh_soon.start(weigh_pause);
}

/// As Node::weigh_contacts.
void Host::weigh() {
  auto circle = read_circle(life_->book, id_, manner_.hops);
  if (!circle) return life_->weigh_soon.start(weigh_retry);
  const bool ignore = around_.bug == Bug::block_ignored;
  life_->blocked = ignore ? std::set<FeedId>() : circle->blocked();
  for (auto& [number, end] : life_->ends) {
    if (life_->blocked.contains(*end->host())) end->close_soon();
  }
  const auto withheld = ignore ? std::set<std::pair<FeedId, FeedId>>() : circle->withheld();
  if (auto set = life_->replicator.want(circle->replicated(), withheld); !set)
    life_->weigh_soon.start(weigh_retry);
}

bool Host::lets_out(End& end, Item& item) {
  if (item.kind == Item::Kind::ebt) {
    if (item.text.starts_with(R"({"previous")")) ++traffic_.messages;
    if (around_.bug != Bug::none) {
      const auto read = read_ebt_item(as_bytes(item.text));
      if (const auto* notes = read ? std::get_if<Notes>(&*read) : nullptr)
        item.text = plant_in_notes(end, *notes);
    }
  }
  around_.trace.line(around_.queue.now(), tag(end), item.text);
  if (around_.ledger == nullptr) return true;
  if (item.kind != Item::Kind::ebt && item.kind != Item::Kind::history) return true;
  if (is_writing(store_))
    around_.ledger->break_invariant(honest_claims, fmt::format("{} before its commit", tag(end)));
  look();
  around_.ledger->sends(number_, end.other(), item.text);
  return true;
}

void Host::taken(End&) {
  if (around_.bug != Bug::relay_changes || !around_.random.chance(5)) return;
  auto rows = store_.feeds();
  if (!rows || rows->empty()) return;
  const FeedRow& row = (*rows)[around_.random.below(rows->size())];
  if (row.id == id_ || !row.tip || row.tip->sequence < 2) return;
  auto text = store_.message(RowId::of(row.number, 1));
  if (!text) return;
  Statement beside(store_.database(), "SELECT first_time, instance, shape FROM messages WHERE id = ?");
  auto run = beside.run(RowId::of(row.number, 2).value);
  if (auto found = run.step(); !found || !*found) return;
  BodyPacker packer;
  const auto mark = mark_of(BesideBody{&row.id, 2, run.maybe_integer(0), run.maybe_integer(1), run.text(2)});
  Statement change(store_.database(), "UPDATE messages SET body = ? WHERE id = ?");
  (void)change.exec(packer.pack(*text, mark), RowId::of(row.number, 2).value);
}

std::string Host::plant_in_notes(End& end, Notes notes) {
  if (around_.bug == Bug::own_feed_untold) notes.erase(id_);
  for (auto& [feed, note] : notes) {
    if (!note) continue;
    if (around_.bug == Bug::clock_ahead && note->have > 0 && around_.random.chance(2)) ++note->have;
    if (around_.bug == Bug::never_handed_on && note->receive &&
        life_->first_asked.try_emplace(feed, end.number()).first->second != end.number())
      note->receive = false;
  }
  return format_notes(notes);
}

}  // namespace ssblog::sim
