// SPDX-License-Identifier: MIT
// store/instance_bytes.h - the bytes of a stream instance that a feed holds, and how far other bytes equal them.
//
// Used to know a file again whose bytes came in before: what the feed holds is the proof. Borrows the store; one thread.
#pragma once

#include "store/positions.h"

#include <functional>
#include <span>
#include <string>

namespace ssblog {

/// Fills `out` from byte `offset` on; less than asked only at the end.
using ReadBytes = std::function<Result<std::size_t>(std::uint64_t offset, std::span<char> out)>;

/// How many bytes both have in common from their beginnings on; what is masked in the feed equals anything. Reads
/// messages one by one up to the first difference.
Result<std::uint64_t> common_prefix(Store& store, FeedNumber feed, const InstanceRow& instance,
                                    const ReadBytes& read);

/// The first bytes of an instance, at most so many.
Result<std::string> first_bytes(Store& store, FeedNumber feed, const InstanceRow& instance, std::size_t most);

}  // namespace ssblog
