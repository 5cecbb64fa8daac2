// SPDX-License-Identifier: MIT
#include "gossip/dials.h"

#include "feed/crypto.h"
#include "gossip/protocol/limits.h"

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds first_pause = 1s;
constexpr std::chrono::milliseconds longest_pause = 30s;
constexpr std::chrono::milliseconds useless_pause = 60s;

/// Between three quarters and five quarters of it, so that hosts that were cut together do not come back together.
std::chrono::milliseconds jittered(std::chrono::milliseconds pause) {
  std::array<std::uint8_t, 2> random;
  random_bytes(random);
  const int share = (random[0] << 8 | random[1]) - 32768;  // -32768..32767
  return pause + pause * share / 131072;
}

}  // namespace

Dials::Dials(Loop& loop, Events events)
    : loop_(loop), events_(std::move(events)), next_(loop, [this] { look(); }) {}

bool Dials::add(const Address& address) {
  const std::string name = to_text(address);
  const auto at = targets_.find(name);
  if (at == targets_.end() && targets_.size() >= max_candidates) return false;
  Target& target = targets_[name];
  target.state.address = address;
  target.due = loop_.now();
  look();
  return true;
}

void Dials::hurry() {
  for (auto& [name, target] : targets_) target.due = loop_.now();
  look();
}

void Dials::look() {
  done_.clear();
  std::size_t under_way = 0;
  for (const auto& [name, target] : targets_) under_way += target.state.dialling ? 1 : 0;
  std::chrono::milliseconds next = std::chrono::milliseconds::max();
  for (auto& [name, target] : targets_) {
    if (target.state.dialling || events_.connected(target.state.address.key)) continue;
    if (target.due > loop_.now()) {
      next = std::min(next, target.due);
    } else if (under_way < max_dials) {
      ++under_way;
      dial(target);
    }
  }
  // Where all dials are under way, the end of one looks again.
  if (next != std::chrono::milliseconds::max()) next_.start(next - loop_.now());
}

void Dials::dial(Target& target) {
  target.state.dialling = true;
  const Address& address = target.state.address;
  target.dial = std::make_unique<TcpDial>(
      loop_, address.host, address.port,
      [this, name = to_text(address)](auto stream) { dialled(name, std::move(stream)); });
  target.dial->begin();
}

void Dials::dialled(const std::string& name, Result<std::unique_ptr<TcpStream>> stream) {
  Target& target = targets_.at(name);
  target.state.dialling = false;
  done_.push_back(std::move(target.dial));  // it is calling us
  if (stream) {
    target.due = loop_.now() + max_handshake_time + 1s;
    events_.made(target.state.address, std::move(*stream));
  } else {
    const bool news = target.state.trouble != stream.error().text;
    target.state.trouble = stream.error().text;
    postpone(target, Outcome::failed);
    if (news) events_.failed(target.state.address, stream.error());
  }
  next_.start(0ms);
}

void Dials::postpone(Target& target, Outcome outcome) {
  if (outcome == Outcome::lasted) {
    target.state.failures = 0;
    target.due = loop_.now() + jittered(first_pause);
    return;
  }
  const int failures = std::min(target.state.failures++, 5);
  const auto pause = outcome == Outcome::useless
                         ? useless_pause
                         : std::min<std::chrono::milliseconds>(first_pause * (1 << failures), longest_pause);
  target.due = loop_.now() + jittered(pause);
}

void Dials::ended(const Address& address, Outcome outcome, const std::string& trouble) {
  const auto at = targets_.find(to_text(address));
  if (at == targets_.end()) return;
  at->second.state.trouble = outcome == Outcome::lasted ? "" : trouble;
  postpone(at->second, outcome);
  next_.start(0ms);
}

void Dials::worked(const Address& address) {
  const auto at = targets_.find(to_text(address));
  if (at == targets_.end()) return;
  at->second.state.failures = 0;
  at->second.state.trouble.clear();
}

bool Dials::is_settled() const {
  return std::none_of(targets_.begin(), targets_.end(), [this](const auto& one) {
    const Target& target = one.second;
    return target.state.dialling ||
           (target.due <= loop_.now() && !events_.connected(target.state.address.key));
  });
}

std::vector<Dials::State> Dials::states() const {
  std::vector<State> states;
  for (const auto& [name, target] : targets_) states.push_back(target.state);
  return states;
}

}  // namespace ssblog
