// SPDX-License-Identifier: MIT
// gossip/node_successors.cc - feeds that take the place of others, by the word of the old key: heard, followed, told of.
//
// A host that has another identity now is a stranger to its peers. So it presents the statement when it connects; to
// hosts farther away it comes in its feed. Whoever follows the old feed follows the new one, once.
#include "feed/json.h"
#include "gossip/node.h"
#include "store/supersede.h"

#include <fmt/format.h>

namespace ssblog {

Result<void> Node::look_for_own_statement() {
  auto all = all_successions(*store_);
  if (!all) return all.error();
  for (const Succession& succession : *all) {
    if (succession.statement.successor == self_.keys.id()) own_statement_ = succession.content;
  }
  return {};
}

void Node::successor_told(Peer& peer, CallId id, const std::string& args) {
  Items items(args);
  const auto statement = items.next() ? read_successor(items.value()) : std::nullopt;
  // The old key says it, and the new one is here: nobody else can make us follow it.
  if (!statement || statement->successor != *peer.host())
    return peer.answer(id, Error{Code::usage, "this is no statement of an old feed about yours"});
  chores_->add([statement = *statement, content = std::string(items.value())](Batch& batch) -> Result<void> {
    auto heard = note_successor(batch, statement, content);
    return heard ? Result<void>() : heard.error();
  });
  statement_heard_ = true;
  peer.answer(id, std::string("true"));
}

/// What is to be done about the statements that are known.
Result<void> Node::look_at_successions() {
  auto all = all_successions(*store_);
  if (!all) return all.error();
  const FeedId& own = self_.keys.id();
  std::set<FeedId> settled;
  for (const Succession& succession : *all) {
    const Successor& statement = succession.statement;
    const FeedId& old = statement.supersedes;
    if (statement.left) settled.insert(old);
    if (succession.other && successions_told_.insert(succession.other->successor).second) {
      log(LogLevel::warning,
          fmt::format("the owner of {} names two successors: {}, which counts, and {}, which does not: "
                      "somebody else may "
                      "have its key",
                      name_of(old), to_text(statement.successor), to_text(succession.other->successor)));
    }
    auto by_us = followed_by(*store_, old);
    if (!by_us) return by_us.error();
    if (old == own && !*by_us && successions_told_.insert(old).second) {
      log(LogLevel::warning, fmt::format("this host's own key says that {} takes its place: where that was "
                                         "not you, somebody has the key, "
                                         "and `ssblog id new` makes another one",
                                         to_text(statement.successor)));
    }
    if (old == own || statement.successor == own || blocked_.contains(old) ||
        blocked_.contains(statement.successor) || succession_under_way_.contains(old))
      continue;
    auto left = holds_left_branch(*store_, succession);
    if (!left) return left.error();
    if (*left) {
      settle_fork(succession);
      continue;
    }
    if (succession.done) continue;
    auto relation = relation_of(*store_, own, old);
    if (!relation) return relation.error();
    if (*relation != Relation::follows) continue;
    auto followed = relation_of(*store_, own, statement.successor);
    if (!followed) return followed.error();
    if (*followed == Relation::follows)
      chores_->add([old](Batch& batch) { return note_done(batch, old); });
    else
      follow_successor(statement);
  }
  replicator_->settled(std::move(settled));
  return {};
}

/// We hold the branch that the old feed does not go on with, since we met its host first.
void Node::settle_fork(const Succession& succession) {
  const FeedId old = succession.statement.supersedes;
  succession_under_way_.insert(old);
  fork_work_[old] = run_on_worker(
      loop_,
      [home = options_.home, succession, hmac = options_.hmac, now = options_.clock()]() -> Result<void> {
        auto store = Store::open(home.store_path(), OpenMode::read_write);
        if (!store) return store.error();
        return cut_left_branch(*store, succession, hmac ? &*hmac : nullptr, now);
      },
      [this, succession, old](const Result<void>& cut) {
        succession_under_way_.erase(old);
        // What failed is tried again when contacts are looked at next, or at the next start.
        if (!cut)
          return log_some("settle", LogLevel::error,
                          fmt::format("the fork of {} is not settled: {}", name_of(old), cut.error().text));
        log(LogLevel::notice,
            fmt::format("the fork of {} is settled: behind message {} it goes on with its other branch",
                        name_of(old), succession.statement.last.sequence));
        news();
        weigh_later();
      });
}

void Node::follow_successor(const Successor& statement) {
  const FeedId old = statement.supersedes;
  succession_under_way_.insert(old);
  // It will answer where it did before, and the old key answers there no more.
  std::vector<Address> places;
  if (auto addresses = book_->addresses()) {
    for (const std::string& text : *addresses) {
      auto address = parse_address(text);
      if (!address || address->key != old) continue;
      address->key = statement.successor;
      places.push_back(std::move(*address));
    }
  }
  publisher_->publish(
      follow_content(statement.successor, true),
      [this, statement, old, places](const Result<OwnMessage>& message) {
        succession_under_way_.erase(old);
        // While publishing is held it waits; it is looked at again when that is over.
        if (!message) {
          if (message.error().code != Code::busy && message.error().code != Code::failed)
            log_some(
                "successor", LogLevel::error,
                fmt::format("{} is not followed: {}", to_text(statement.successor), message.error().text));
          return;
        }
        log(LogLevel::notice, fmt::format("{} takes the place of {}, and is followed from now on",
                                          to_text(statement.successor), name_of(old)));
        for (Address address : places) {
          dials_->add(address);
          address.key = old;
          dials_->remove(address);
        }
        news();
        weigh_later();
      },
      [old, places](Batch& batch) -> Result<void> {
        auto succession = succession_of(batch.store(), old);
        if (!succession) return succession.error();
        if (!*succession || (*succession)->done) return Error{Code::failed, "it is followed already"};
        for (Address address : places) {
          if (auto saved = save_address(batch, to_text(address)); !saved) return saved.error();
          address.key = old;
          if (auto dropped = drop_address(batch, to_text(address)); !dropped) return dropped.error();
        }
        return note_done(batch, old);
      });
}

}  // namespace ssblog
