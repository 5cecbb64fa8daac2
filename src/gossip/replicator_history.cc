// SPDX-License-Identifier: MIT
// gossip/replicator_history.cc - createHistoryStream: what is asked for and answered one feed at a time. Peers without EBT know
// nothing else; our own feed, and single messages of a fork, are asked for so by all.
#include "gossip/replicator.h"

#include "feed/json.h"
#include "gossip/protocol/limits.h"

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

constexpr std::size_t max_serving = max_open_streams;

}  // namespace

// ---- What we ask for ----

void Replicator::ebt_refused(Neighbour& peer) {
  const auto connection = connections_.find(peer.number());
  if (connection == connections_.end() || connection->second.legacy) return;
  connection->second.legacy = true;
  for (const FeedId& feed : wanted_) ask_legacy(connection->second, feed);
}

void Replicator::ask_legacy(Connection& connection, const FeedId& feed) {
  if (feed == own_) return;  // asked for apart
  const CallId id = connection.peer->call_history(history_args(feed, held_.have(feed) + 1, true));
  connection.asking[id] = feed;
  connection.peer->flush();
}

void Replicator::ask_for_own(Neighbour& peer) {
  const auto connection = connections_.find(peer.number());
  // What others hold of another branch is of no use any more.
  if (connection == connections_.end() || is_forked(own_)) return;
  for (const auto& [id, feed] : connection->second.asking) {
    if (feed == own_) return;
  }
  const CallId id = peer.call_history(history_args(own_, std::max<Seq>(held_.have(own_), 1), false));
  connection->second.asking[id] = own_;
  peer.flush();
}

void Replicator::history_item(Neighbour& peer, CallId id, ByteView body) {
  Connection& connection = connections_.at(peer.number());
  auto item = read_ebt_item(body);
  const auto* message = item ? std::get_if<MessageItem>(&*item) : nullptr;
  if (const auto proving = connection.proving.find(id); proving != connection.proving.end()) {
    const FeedId wanted = proving->second;
    connection.proving.erase(proving);  // one was asked for
    if (message != nullptr && took_narrowing(connection, *message, body)) return;
    if (message == nullptr || message->author != wanted || !differs(wanted, message->sequence, body)) return;
    return ingest_.take(
        {peer.number(), *peer.host(), wanted, message->sequence, ByteBuf(body.begin(), body.end())});
  }
  const auto& asking = connection.asking;
  const auto feed = asking.find(id);
  if (feed == asking.end()) return;
  if (message == nullptr || message->author != feed->second || message->sequence <= held_.have(feed->second))
    return;
  take(peer, *message, body);
}

void Replicator::history_over(Neighbour& peer, CallId id, bool failed) {
  const auto found = connections_.find(peer.number());
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  connection.serving.erase(id);
  if (const auto proving = connection.proving.find(id); proving != connection.proving.end()) {
    connection.gave_up = connection.gave_up || (proving->second == own_ && connection.asked_at);
    connection.proving.erase(proving);
  }
  const auto asked = connection.asking.find(id);
  if (asked == connection.asking.end()) return;
  if (asked->second == own_ && !failed) asked_hosts_.insert(*peer.host());
  connection.asking.erase(asked);
  pump();
}

// ---- What we are asked for ----

void Replicator::history_asked(Neighbour& peer, CallId id, const std::string& args) {
  Connection& connection = connections_.at(peer.number());
  const auto query = parse_history(args);
  if (!query || !goes_to(query->id, *peer.host()) || connection.serving.size() >= max_serving)
    return peer.end_history(id);
  Serving serving{*query, query->from, query->limit, false};
  if (!query->old) serving.next = held_.have(query->id) + 1;
  connection.serving[id] = serving;
  pump();
}

bool Replicator::serve(Connection& connection) {
  bool sent = false;
  for (auto at = connection.serving.begin(); at != connection.serving.end();) {
    sent = serve_one(connection, at->first, at->second) || sent;
    if (!at->second.over) {
      ++at;
      continue;
    }
    connection.peer->end_history(at->first);
    at = connection.serving.erase(at);
    sent = true;
  }
  return sent;
}

bool Replicator::serve_one(Connection& connection, CallId id, Serving& serving) {
  bool sent = false;
  const Seq tip = held_.have(serving.query.id);
  std::string item;
  while (serving.next <= tip && serving.left != Seq{0} && connection.peer->has_room()) {
    const auto text = text_to_send(serving.query.id, serving.next);
    if (!text) {
      serving.over = true;
      return sent;
    }
    if (serving.query.keys) {
      auto row = store_.feed(serving.query.id);
      if (!row || !*row) break;
      auto key = store_.key_of(**row, serving.next);
      if (!key || !*key) break;
      item.clear();
      append_history_item(item, *text, **key, number_of(member(*text, "timestamp")).value_or(0));
      connection.peer->send_history(id, item);
    } else {
      connection.peer->send_history(id, *text);
    }
    ++serving.next;
    ++moved_;
    if (serving.left) --*serving.left;
    sent = true;
  }
  serving.over = serving.left == Seq{0} || (serving.next > tip && !serving.query.live);
  return sent;
}

}  // namespace ssblog
