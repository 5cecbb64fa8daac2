// SPDX-License-Identifier: MIT
#include "gossip/unspool.h"

namespace ssblog {

Result<Published> publish_waiting(const Home& home, const std::optional<SigningKey>& hmac, Millis now) {
  auto keys = load_keys(home);
  if (!keys) return keys.error();
  auto store = open_own_store(home);
  if (!store) return store.error();
  auto guard = guard_of(*store, home, keys->id());
  if (!guard) return guard.error();
  return Publisher(*store, *keys, hmac ? &*hmac : nullptr, std::move(*guard)).publish({}, now);
}

}  // namespace ssblog
