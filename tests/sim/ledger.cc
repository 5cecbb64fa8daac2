// SPDX-License-Identifier: MIT
#include "sim/ledger.h"

#include "feed/json.h"
#include "gossip/protocol/note.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog::sim {

void Ledger::add_host(HostNumber host, const FeedId& id, bool honest) {
  hosts_[host] = {id, honest, {}, {}, {}};
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

void Ledger::replaced(HostNumber host) { hosts_.at(host).held.clear(); }

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
  const Host& host = hosts_.at(number);
  if (!host.honest) return;
  if (host.feed.size() + waiting != host.acknowledged.size()) {
    break_invariant(nothing_lost, fmt::format("h{} acknowledged {} contents, {} are signed and {} wait",
                                              number, host.acknowledged.size(), host.feed.size(), waiting));
  }
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
    if (const Signed* known = signed_as(row.id, sequence); known != nullptr && known->text == *text) {
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
      if (author->second == number && sequence == signer.feed.size() + 1 && !take_own(signer, *message))
        return;
      if (sequence > signer.feed.size()) return wrong(sequence, "its author never signed that");
      if (signer.feed[sequence - 1].text != *text) {
        return break_invariant(author->second == number ? no_fork : valid_prefix,
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

void Ledger::take(Held& held, const FeedState& tip, std::string_view text) {
  held.tip = tip;
  if (const auto word = read_contact(member(text, "content")))
    held.contacts[word->contact] = {word->relation, queue_.now()};
}

/// The author has signed a message: it has to be what was acknowledged, in that order.
bool Ledger::take_own(Host& author, const MessageFacts& message) {
  const std::size_t place = author.feed.size();
  author.feed.push_back({message.text, message.key});
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
    if (hosts_.at(author->second).feed.at(sequence - 1).text != text)
      break_invariant(valid_prefix, fmt::format("h{} sends another message {} of {} than was signed", from,
                                                sequence, name_of(feed)));
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
