// SPDX-License-Identifier: MIT
#include "intake/collector_state.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::chrono::seconds longest_back_off(60);
constexpr std::chrono::hours longest_damage(
    6);                             // before a packed file is unpacked again though it did not change
constexpr unsigned most_waits = 6;  // for a file that is being packed

}  // namespace

void Collector::State::failed(Tail& tail, const Error& error) {
  const auto back_off =
      std::min<Time>(longest_back_off, std::chrono::seconds(1 << std::min(tail.failures, 6u)));
  ++tail.failures;
  tail.retry = steady() + back_off;
  timed.insert(&tail);
  // What ends too early may only be under way; then it changes.
  if (tail.now.packed && (error.code == Code::data || error.code == Code::busy))
    tail.damaged_until =
        steady() + std::min<Time>(longest_damage, std::chrono::seconds(1 << std::min(tail.failures, 16u)));
  // Whoever packs a file may not be done.
  if (error.code == Code::busy && tail.failures < most_waits) return;
  if (options.once) timed.erase(&tail);  // it is left out, and nothing waits for it
  tail.trouble = error.text;
  trouble(tail.now.where(), fmt::format("source {}: {}", tail.now.source, error.text));
}

/// To find out that a packed file is damaged costs as much as to read it: it is tried again when it has changed, or after
/// hours.
bool Collector::State::is_worth_unpacking(Tail& tail) {
  const auto facts = parts.files.facts(tail.now.where());
  const bool same = facts && tail.tried && facts->id == tail.tried->id && facts->size == tail.tried->size &&
                    facts->modified == tail.tried->modified;
  if (same && tail.damaged_until && steady() < *tail.damaged_until) {
    tail.retry = steady() + longest_back_off;
    if (!options.once) timed.insert(&tail);
    return false;
  }
  tail.damaged_until.reset();
  tail.tried = facts ? std::optional(*facts) : std::nullopt;
  return true;
}

}  // namespace ssblog
