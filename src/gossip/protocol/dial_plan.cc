// SPDX-License-Identifier: MIT
#include "gossip/protocol/dial_plan.h"

#include "gossip/protocol/limits.h"

#include <algorithm>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

/// Between three quarters and five quarters of it, so that hosts that were cut together do not come back together.
DialPlan::Time jittered(DialPlan::Time pause, std::uint16_t chance) {
  const int share = static_cast<int>(chance) - 32768;  // -32768..32767
  return pause + pause * share / 131072;
}

}  // namespace

bool DialPlan::add(const Address& address, Time now) {
  const std::string name = to_text(address);
  const auto at = targets_.find(name);
  if (at == targets_.end() && targets_.size() >= max_candidates) return false;
  State& target = targets_[name];
  target.address = address;
  target.due = now;
  target.hinted = false;
  target.trouble.clear();  // of before; who asks wants to know of now
  return true;
}

void DialPlan::remove(const Address& address) { targets_.erase(to_text(address)); }

void DialPlan::hint(const Address& address, Time now) {
  std::erase_if(targets_, [now](const auto& one) {
    const State& target = one.second;
    return target.hinted && !target.dialling &&
           now - target.heard > (target.good ? good_hint_life : hint_life);
  });
  if (State* target = find(address)) {
    target->heard = now;
    if (!target->dialling) target->due = std::min(target->due, std::max(now, target->tried + hint_pause));
    return;
  }
  if (!make_room(address.key, now)) return;
  State target;
  target.address = address;
  target.due = now;
  target.heard = now;
  target.hinted = true;
  targets_.emplace(to_text(address), std::move(target));
}

/// For one more hint: the one of this host, or of any, that was heard of longest ago and was never good goes.
bool DialPlan::make_room(const FeedId& host, Time now) {
  const auto of_host =
      static_cast<std::size_t>(std::count_if(targets_.begin(), targets_.end(), [&](const auto& one) {
        return one.second.hinted && one.second.address.key == host;
      }));
  const bool host_is_full = of_host >= max_hints;
  if (!host_is_full && targets_.size() < max_candidates) return true;
  auto oldest = targets_.end();
  for (auto at = targets_.begin(); at != targets_.end(); ++at) {
    const State& target = at->second;
    if (!target.hinted || target.good || target.dialling || (host_is_full && target.address.key != host))
      continue;
    if (oldest == targets_.end() || target.heard < oldest->second.heard) oldest = at;
  }
  // What was heard just now is not pushed out by the next one, or a flood would have each of its addresses dialled.
  if (oldest == targets_.end() || now - oldest->second.heard < hint_pause) return false;
  targets_.erase(oldest);
  return true;
}

void DialPlan::hurry(Time now) {
  for (auto& [name, target] : targets_) target.due = std::min(target.due, now);
}

std::vector<Address> DialPlan::begin_again(Time since, Time now) {
  std::vector<Address> again;
  for (auto& [name, target] : targets_) {
    if (!target.dialling || !target.hinted || target.tried > since) continue;
    target.dialling = false;
    target.due = now;
    again.push_back(target.address);
  }
  return again;
}

std::vector<Address> DialPlan::take_due(Time now, const Settled& settled) {
  auto under_way = static_cast<std::size_t>(
      std::count_if(targets_.begin(), targets_.end(), [](const auto& one) { return one.second.dialling; }));
  std::vector<State*> waiting;
  for (auto& [name, target] : targets_) {
    if (!target.dialling && target.due <= now && !settled(target.address.key)) waiting.push_back(&target);
  }
  // Who has waited for longest: no address starves behind others that never answer.
  std::sort(waiting.begin(), waiting.end(), [](const State* a, const State* b) { return a->due < b->due; });
  std::vector<Address> due;
  for (State* target : waiting) {
    if (under_way >= max_dials) break;
    target->dialling = true;
    target->tried = now;
    ++under_way;
    due.push_back(target->address);
  }
  return due;
}

std::optional<DialPlan::Time> DialPlan::next(Time now, const Settled& settled) const {
  std::optional<Time> next;
  for (const auto& [name, target] : targets_) {
    // What is due now and not dialled waits for the end of another dial.
    if (target.dialling || target.due <= now || settled(target.address.key)) continue;
    next = next ? std::min(*next, target.due) : target.due;
  }
  return next;
}

bool DialPlan::is_settled(Time now, const Settled& settled) const {
  return std::none_of(targets_.begin(), targets_.end(), [&](const auto& one) {
    return one.second.dialling || (one.second.due <= now && !settled(one.second.address.key));
  });
}

void DialPlan::connected(const Address& address, Time now) {
  State* target = find(address);
  if (target == nullptr) return;
  target->dialling = false;
  target->due = now + max_handshake_time + 1s;  // until then the connection speaks for itself
}

void DialPlan::worked(const Address& address) {
  State* target = find(address);
  if (target == nullptr) return;
  // Whether it lasts is seen later: who hangs up at once each time is dialled later and later.
  target->trouble.clear();
  target->good = true;
}

bool DialPlan::ended(const Address& address, Outcome outcome, const std::string& trouble, Time now,
                     std::uint16_t chance) {
  State* target = find(address);
  if (target == nullptr) return false;
  target->dialling = false;
  if (outcome == Outcome::lasted) {
    target->failures = 0;
    target->trouble.clear();
    target->due = now + jittered(first_pause, chance);
    return false;
  }
  const bool news = target->trouble != trouble;
  target->trouble = trouble;
  const int failures = std::min(target->failures++, 5);
  const Time pause = outcome == Outcome::useless
                         ? useless_pause
                         : std::min<Time>(first_pause * (1 << failures), longest_pause);
  target->due = now + jittered(pause, chance);
  return news;
}

std::vector<DialPlan::State> DialPlan::states() const {
  std::vector<State> states;
  for (const auto& [name, target] : targets_) states.push_back(target);
  return states;
}

DialPlan::State* DialPlan::find(const Address& address) {
  const auto at = targets_.find(to_text(address));
  return at == targets_.end() ? nullptr : &at->second;
}

}  // namespace ssblog
