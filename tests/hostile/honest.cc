// SPDX-License-Identifier: MIT
#include "hostile/honest.h"

#include "feed/json.h"
#include "gossip/protocol/history.h"
#include "gossip/protocol/note.h"

#include <poll.h>

#include <cassert>

namespace ssblog::hostile {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 15s;  // two seconds are promised; a busy machine is no failure

}  // namespace

void OwnFeed::add(std::string_view content) {
  auto made =
      sign(keys, state(), 1'700'000'000'000.0 + static_cast<double>(messages.size()), content, nullptr);
  assert(made);
  messages.push_back(std::move(*made));
}

std::optional<std::vector<std::string>> fetch(World& world, const FeedId& feed, Moment deadline) {
  auto caller = world.call_as(world.reader);
  if (!caller || !caller->call("source", 1, R"(["createHistoryStream"])", history_args(feed, 1, false)))
    return std::nullopt;
  std::vector<std::string> texts;
  while (auto item = caller->receive(1, deadline)) {
    if (item->head.end) {
      caller->goodbye();
      return texts;
    }
    texts.push_back(std::move(item->body));
  }
  return std::nullopt;
}

bool is_served(World& world, Seq least) {
  const auto texts = fetch(world, world.victim.id(), from_now(patience));
  if (!texts || texts->size() < least) return false;
  std::optional<FeedState> state;
  for (const std::string& text : *texts) {
    const auto checked = verify(as_bytes(text), state, nullptr);
    const auto* message = std::get_if<Verified>(&checked);
    if (message == nullptr || (*message)->author != world.victim.id()) return false;
    state = message->state();
  }
  return true;
}

bool give(World& world, const OwnFeed& feed, Moment deadline) {
  constexpr std::int32_t stream = 1;
  auto caller = world.call_as(world.giver);
  if (!caller || !caller->call("duplex", stream, R"(["ebt","replicate"])", R"([{"version":3}])"))
    return false;
  const FeedId& id = feed.keys.id();
  const auto count = static_cast<Seq>(feed.messages.size());
  const std::string notes = format_notes({{id, Note{count, true}}});
  if (!caller->packet(stream_flag | json_type, stream, notes)) return false;
  while (const auto item = caller->receive(stream, deadline)) {
    const auto read = read_ebt_item(as_bytes(item->body));
    const auto* said = read ? std::get_if<Notes>(&*read) : nullptr;
    const auto note = said == nullptr ? Notes::const_iterator() : said->find(id);
    if (said == nullptr || note == said->end() || !note->second) continue;
    if (!note->second->receive) continue;
    for (Seq sent = note->second->have; sent < count; ++sent) {
      if (!caller->packet(stream_flag | json_type, stream, feed.messages[sent]->text)) return false;
    }
    // An acknowledgement comes a while later: whether the daemon holds it is for the reader to see.
    std::vector<std::string> texts;
    for (const Verified& message : feed.messages) texts.push_back(message->text);
    const bool taken = has_exactly(world, id, texts, deadline);
    caller->goodbye();
    return taken;
  }
  return false;
}

bool has_exactly(World& world, const FeedId& feed, const std::vector<std::string>& texts, Moment deadline) {
  do {
    const auto held = fetch(world, feed, from_now(patience));
    if (held && *held == texts) return true;
    ::poll(nullptr, 0, 10);
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

}  // namespace ssblog::hostile
