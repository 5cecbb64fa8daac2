// SPDX-License-Identifier: MIT
#include "sim/ledger.h"

#include "feed/json.h"
#include "gossip/protocol/note.h"
#include "store/forks.h"
#include "store/sqlite.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog::sim {

void Ledger::add_host(HostNumber host, const FeedId& id, bool honest) {
  hosts_[host].id = id;
  hosts_[host].honest = honest;
  numbers_[id] = host;
}

std::string Ledger::name_of(const FeedId& id) const {
  const auto number = numbers_.find(id);
  return number == numbers_.end() ? to_text(id).substr(0, 9) : fmt::format("h{}", number->second);
}

void Ledger::break_invariant(std::string_view invariant, std::string text) {
  if (!violation_) violation_ = Violation{invariant, std::move(text)};
}

void Ledger::acknowledged(HostNumber host, std::string content) {
  hosts_.at(host).acknowledged.push_back(std::move(content));
}

void Ledger::replaced(HostNumber host) {
  hosts_.at(host).held.clear();
  hosts_.at(host).marked = false;
  // It cannot tell any more what it held.
  for (auto& [number, other] : hosts_) other.holders.erase(host);
}

void Ledger::guard_replaced(HostNumber host, Seq tip, bool warned) {
  Host& author = hosts_.at(host);
  author.may_fork = true;
  author.warned = warned;
  author.holders.clear();
  for (const auto& [number, other] : hosts_) {
    if (number != host && held(number, author.id) > tip) author.holders[number] = held(number, author.id);
  }
}

Seq Ledger::held(HostNumber host, const FeedId& feed) const {
  const auto& held = hosts_.at(host).held;
  const auto at = held.find(feed);
  return at == held.end() ? 0 : at->second.tip.sequence;
}

std::optional<Relation> Ledger::relation(HostNumber host, const FeedId& author, const FeedId& contact) const {
  const auto& held = hosts_.at(host).held;
  const auto feed = held.find(author);
  if (feed == held.end()) return std::nullopt;
  const auto word = feed->second.contacts.find(contact);
  return word == feed->second.contacts.end() ? std::nullopt : std::optional(word->second.first);
}

void Ledger::look(HostNumber number, Store& store, std::size_t waiting) {
  auto rows = store.feeds();
  if (!rows) return break_invariant(valid_prefix, rows.error().text);
  for (const FeedRow& row : *rows) look_at(number, store, row);
  Host& host = hosts_.at(number);
  if (!host.honest) return;
  if (host.signed_in_all + waiting != host.acknowledged.size()) {
    break_invariant(nothing_lost, fmt::format("h{} acknowledged {} contents, {} are signed and {} wait",
                                              number, host.acknowledged.size(), host.signed_in_all, waiting));
  }
  if (const auto marked = ForkBook(store).is_forked(host.id); marked) host.marked = *marked;
}

void Ledger::look_at(HostNumber number, Store& store, const FeedRow& row) {
  Host& host = hosts_.at(number);
  Held& held = host.held[row.id];
  const Seq tip = row.tip ? row.tip->sequence : 0;
  const auto wrong = [&](Seq sequence, std::string_view what) {
    break_invariant(valid_prefix,
                    fmt::format("h{} holds message {} of {}: {}", number, sequence, name_of(row.id), what));
  };
  if (tip < held.tip.sequence) return wrong(tip, fmt::format("there were {}", held.tip.sequence));
  const auto author = numbers_.find(row.id);
  for (Seq sequence = held.tip.sequence + 1; sequence <= tip; ++sequence) {
    auto text = store.message(RowId::of(row.number, sequence));
    if (!text || text->empty()) return wrong(sequence, "it cannot be read");
    // What is byte for byte what its author signed was checked when it was.
    if (const Signed* known = signed_as(row.id, sequence, *text);
        known != nullptr &&
        (held.tip.sequence == 0 || member(*text, "previous") == json_string(to_text(held.tip.key)))) {
      take(held, {sequence, known->key}, *text);
      continue;
    }
    auto checked =
        verify(as_bytes(*text), held.tip.sequence == 0 ? std::nullopt : std::optional(held.tip), nullptr);
    if (const auto* rejection = std::get_if<Rejection>(&checked)) return wrong(sequence, rejection->text);
    const Verified& message = std::get<Verified>(checked);
    if (message->author != row.id) return wrong(sequence, "another signed it");
    if (author != numbers_.end() && hosts_.at(author->second).honest) {
      Host& signer = hosts_.at(author->second);
      const bool own = author->second == number;
      const bool follows =
          sequence == 1 || (sequence == signer.feed.size() + 1 && held.tip.key == signer.feed.back().key);
      if (own && sequence == signer.feed.size() + 1 && follows) {
        if (!take_own(signer, *message)) return;
      } else if (own && signer.may_fork) {
        if (!take_branch(number, store, *message)) return;
      } else if (sequence > signer.feed.size()) {
        return wrong(sequence, "its author never signed that");
      } else {
        return break_invariant(own ? no_fork : valid_prefix,
                               fmt::format("h{} holds another message {} of {} than was signed first", number,
                                           sequence, name_of(row.id)));
      }
    }
    take(held, message.state(), *text);
  }
  if (row.tip && *row.tip != held.tip) wrong(tip, "its key is not the one that the store names");
}

const Ledger::Signed* Ledger::signed_as(const FeedId& feed, Seq sequence) const {
  const auto author = numbers_.find(feed);
  if (author == numbers_.end()) return nullptr;
  const auto& messages = hosts_.at(author->second).feed;
  return sequence <= messages.size() ? &messages[sequence - 1] : nullptr;
}

/// The very message of the author, of whatever branch.
const Ledger::Signed* Ledger::signed_as(const FeedId& feed, Seq sequence, std::string_view text) const {
  const Signed* const first = signed_as(feed, sequence);
  if (first != nullptr && first->text == text) return first;
  const auto author = numbers_.find(feed);
  if (author == numbers_.end()) return nullptr;
  const auto& branch = hosts_.at(author->second).branch;
  const auto others = branch.find(sequence);
  if (others == branch.end()) return nullptr;
  for (const Signed& one : others->second) {
    if (one.text == text) return &one;
  }
  return nullptr;
}

void Ledger::take(Held& held, const FeedState& tip, std::string_view text) {
  held.tip = tip;
  if (const auto word = read_contact(member(text, "content")))
    held.contacts[word->contact] = {word->relation, queue_.now()};
}

/// The author has signed a message: it has to be what was acknowledged, in that order.
bool Ledger::take_own(Host& author, const MessageFacts& message) {
  author.feed.push_back({message.text, message.key});
  return was_acknowledged(author, message);
}

/// A host whose guard was replaced has signed a number a second time, or goes on behind that.
bool Ledger::take_branch(HostNumber number, Store& store, const MessageFacts& message) {
  Host& author = hosts_.at(number);
  Statement witnesses(store.database(), "SELECT host FROM witnesses");
  auto run = witnesses.run();
  for (auto row = run.step(); row && *row; row = run.step()) {
    const auto other = numbers_.find(FeedId::from(run.blob(0)).value_or(FeedId{}));
    const auto held = other == numbers_.end() ? author.holders.end() : author.holders.find(other->second);
    if (!author.warned || held == author.holders.end() || held->second < message.sequence) continue;
    break_invariant(no_fork, fmt::format("h{} signs another message {}, and h{}, whom it could ask, holds {}",
                                         number, message.sequence, other->second, held->second));
    return false;
  }
  author.branch[message.sequence].push_back({message.text, message.key});
  return was_acknowledged(author, message);
}

bool Ledger::was_acknowledged(Host& author, const MessageFacts& message) {
  const std::size_t place = author.signed_in_all++;
  if (author.marked) {
    break_invariant(fork_ends_signing,
                    fmt::format("{} signs message {}", name_of(author.id), message.sequence));
    return false;
  }
  if (place < author.acknowledged.size() && author.acknowledged[place] == message.content()) return true;
  break_invariant(nothing_lost, fmt::format("message {} of {} is not what was acknowledged as that",
                                            place + 1, name_of(author.id)));
  return false;
}

void Ledger::sends(HostNumber from, HostNumber to, std::string_view text) {
  auto item = read_ebt_item(as_bytes(text));
  if (!item) return break_invariant(valid_prefix, fmt::format("h{} sends {}", from, text));
  if (const auto* message = std::get_if<MessageItem>(&*item))
    return check_message(from, to, message->author, message->sequence, text);
  for (const auto& [feed, note] : std::get<Notes>(*item)) {
    if (!note || note->have <= held(from, feed)) continue;
    break_invariant(honest_claims, fmt::format("h{} tells h{} that it holds {} of {}, it holds {}", from, to,
                                               note->have, name_of(feed), held(from, feed)));
  }
}

void Ledger::check_message(HostNumber from, HostNumber to, const FeedId& feed, Seq sequence,
                           std::string_view text) {
  if (sequence > held(from, feed)) {
    return break_invariant(honest_claims, fmt::format("h{} sends message {} of {}, it holds {}", from,
                                                      sequence, name_of(feed), held(from, feed)));
  }
  if (const auto author = numbers_.find(feed); author != numbers_.end() && hosts_.at(author->second).honest) {
    if (signed_as(feed, sequence, text) == nullptr)
      break_invariant(valid_prefix, fmt::format("h{} sends another message {} of {} than was signed", from,
                                                sequence, name_of(feed)));
    if (quiet_.contains(feed) && !sent_in_quiet_.emplace(from, to, text).second)
      break_invariant(quiet_forks,
                      fmt::format("h{} sends h{} message {} of {} again", from, to, sequence, name_of(feed)));
  }
  const Held& own = hosts_.at(from).held.at(feed);
  const auto word = own.contacts.find(hosts_.at(to).id);
  if (word == own.contacts.end() || word->second.first != Relation::blocks) return;
  if (queue_.now() - word->second.second < block_grace) return;
  break_invariant(blocks_kept, fmt::format("h{} sends message {} of {} to h{}, which its author blocks", from,
                                           sequence, name_of(feed), to));
}

void Ledger::cuts(HostNumber host, HostNumber peer, const std::string& why) {
  if (hosts_.at(peer).honest)
    break_invariant(no_honest_cut, fmt::format("h{} cuts h{}: {}", host, peer, why));
}

}  // namespace ssblog::sim
