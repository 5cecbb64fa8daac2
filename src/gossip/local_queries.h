// SPDX-License-Identifier: MIT
// gossip/local_queries.h - what programs of this machine may ask, and the answers out of the store.
//
// Used by LocalApi. The shapes are ssb-server 16's. Short reads, one thread. Source: local-api.md, "Calls".
#pragma once

#include "gossip/protocol/rpc.h"
#include "store/home.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// Every method, by its name.
std::span<const RpcMethod> local_methods();
/// The same as ssb-client wants to know it: names, and `sync async source`.
std::string local_manifest();

/// True for a method that local_query answers.
bool is_local_query(std::string_view method);
/// The answer to an async call. `args` is a JSON array, canonical and compact; `own` is this host, `hops` how far it
/// replicates. Code::usage, Code::no_input: what the program should be told.
Result<std::string> local_query(std::string_view method, std::string_view args, Store& store,
                                const FeedId& own, int hops);

/// The items of `latest`: a feed each.
Result<std::vector<std::string>> latest_items(Store& store);

/// The message of a key, for `get`. Looks at one message after the other, the newest first: to be called on a worker.
/// `args` as above. Code::no_input when it is not held.
Result<std::string> find_message(const Home& home, std::string_view args);

}  // namespace ssblog
