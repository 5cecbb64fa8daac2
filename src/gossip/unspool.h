// SPDX-License-Identifier: MIT
// gossip/unspool.h - signs what waited while publishing was held, if the hold is over.
//
// Used by Node, on a worker: publishing waits for the store's turn, which the loop must not.
#pragma once

#include "store/home.h"
#include "store/publish.h"

namespace ssblog {

/// Opens the home for itself. `held` of the answer says whether publishing is still held.
Result<Published> publish_waiting(const Home& home, const std::optional<SigningKey>& hmac, Millis now);

}  // namespace ssblog
