// SPDX-License-Identifier: MIT
// gossip/node_door.cc - what other processes of this machine say: words at the door, and news in the store.
#include "gossip/node.h"

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto news_retry = 100ms;
constexpr std::size_t most_shown_rounds = 16;
constexpr int most_words = 64;  // heard in a turn of the loop

/// What `sync` calls a round: nothing that would not fit into the state.
bool is_token(std::string_view text) {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

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
      replicator_->save_clocks();
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
  if (hold && hold->empty() == hold_watch_->is_held() && publisher_->is_idle()) publisher_->sign_waiting();
  if (*fresh) weigh_later();
}

}  // namespace ssblog
