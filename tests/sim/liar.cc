// SPDX-License-Identifier: MIT
#include "sim/liar.h"

#include "gossip/protocol/history.h"

namespace ssblog::sim {
namespace {

constexpr std::size_t own_messages = 6;
constexpr int most_lies = 30;  // a connection

}  // namespace

Liar::Liar(Surroundings& around, HostNumber number, KeyPair keys, std::vector<FeedId> feeds)
    : around_(around),
      number_(number),
      keys_(std::move(keys)),
      id_(keys_.id()),
      feeds_(std::move(feeds)),
      forks_(around.random.chance(60)),
      forges_(around.random.chance(50)),
      claims_(around.random.chance(60)),
      stalls_(around.random.chance(60)),
      babbles_(around.random.chance(20)) {
  const std::size_t common = around.random.below(own_messages);
  for (int branch = 0; branch < 2; ++branch) {
    std::optional<FeedState> state;
    for (std::size_t i = 0; i < own_messages; ++i) {
      const auto text = fmt::format(R"({{"type":"post","text":"lie {} {}"}})", i, i < common ? 0 : branch);
      auto message = sign(keys_, state, 1e12 + static_cast<double>(i), text, nullptr);
      if (!message) return;
      state = message->state();
      branches_[branch].push_back((*message)->text);
    }
  }
}

void Liar::opened(End& end) {
  patience_[end.number()] = most_lies;
  if (end.dialled()) end.call_ebt();
  lie(end);
}

void Liar::closed(End& end) { patience_.erase(end.number()); }

void Liar::take(End& end, const Item& item) {
  if (item.kind == Item::Kind::ebt_call) end.set_ebt(true);
  if (item.kind == Item::Kind::history_call) {
    const auto query = parse_history(item.text);
    // Says that it has nothing more, or keeps the other one waiting, or forks.
    if (query && query->id == id_) {
      for (const std::string& text : branches_[forks_ ? end.number() % 2 : 0])
        end.send_history(item.id, text);
    }
    if (around_.random.chance(50)) end.end_history(item.id);
    return;
  }
  if (item.kind != Item::Kind::ebt) return;
  const auto read = read_ebt_item(as_bytes(item.text));
  const auto* message = read ? std::get_if<MessageItem>(&*read) : nullptr;
  if (message != nullptr) overheard_[message->author].push_back(item.text);
}

void Liar::taken(End& end) { lie(end); }

void Liar::lie(End& end) {
  if (!end.has_ebt() || patience_[end.number()]-- <= 0) return;
  switch (around_.random.below(5)) {
    case 0:
    case 1:
      return claim(end);
    case 2:
      return send_own(end);
    case 3:
      return send_false(end);
    default:
      return send_old(end);
  }
}

/// Notes that ask for everything and promise more than there is.
void Liar::claim(End& end) {
  Notes notes;
  notes[id_] = Note{static_cast<Seq>(own_messages), true};
  for (const FeedId& feed : feeds_) {
    if (!claims_ && feed == end.host()) continue;
    const auto promised = stalls_ ? around_.random.below(60) : 0;
    notes[feed] = Note{static_cast<Seq>(promised), around_.random.chance(80)};
  }
  end.send_ebt(format_notes(notes));
  if (babbles_ && around_.random.chance(10)) end.send_ebt("\"what?\"");
}

void Liar::send_own(End& end) {
  const std::size_t branch = forks_ ? around_.random.below(2) : 0;
  for (const std::string& text : branches_[branch]) end.send_ebt(text);
}

void Liar::send_false(End& end) {
  if (!forges_) return;
  for (const auto& [feed, texts] : overheard_) {
    std::string text = texts[around_.random.below(texts.size())];
    const auto at = text.find("\"text\":\"");
    if (at == std::string::npos) continue;
    text[at + 8] = text[at + 8] == 'x' ? 'y' : 'x';
    end.send_ebt(text);
  }
}

void Liar::send_old(End& end) {
  for (const auto& [feed, texts] : overheard_) {
    if (feed != end.host() || around_.random.chance(20))
      end.send_ebt(texts[around_.random.below(texts.size())]);
  }
}

bool Liar::lets_out(End& end, Item& item) {
  around_.trace.line(around_.queue.now(), fmt::format("h{}>h{} (liar)", number_, end.other()), item.text);
  return true;
}

}  // namespace ssblog::sim
