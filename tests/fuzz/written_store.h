// SPDX-License-Identifier: MIT
// fuzz/written_store.h - a small store of a few hosts that said something, the same in every run.
//
// Used by the targets that read or serve a store.
#pragma once

#include "feed/message.h"
#include "fuzz/input.h"
#include "store/batch.h"
#include "store/store.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace ssblog::fuzz {

/// Signs one content of the host, a second after the one before; the first in September 2001.
using Say = std::function<void(const std::string& content)>;

/// A new store at `path`, in which the hosts keys_of(1) to keys_of(`hosts`) said what `speak` has them say.
inline Store written_store(const std::string& path, std::uint8_t hosts,
                           const std::function<void(std::uint8_t number, const Say& say)>& speak) {
  auto store = Store::open(path, OpenMode::create);
  must(bool(store), "a store is made");
  auto batch = Batch::begin(*store, Durability::normal);
  must(bool(batch), "a transaction begins");
  for (std::uint8_t number = 1; number <= hosts; ++number) {
    const KeyPair keys = keys_of(number);
    std::optional<FeedState> state;
    speak(number, [&](const std::string& content) {
      const double time = 1e12 + (state ? static_cast<double>(state->sequence) : 0) * 1000;
      const auto message = sign(keys, state, time, content, nullptr);
      must(message && bool(batch->append(*message)), "a message is stored");
      state = message->state();
    });
  }
  must(bool(batch->commit(2'000'000)), "a transaction ends");
  return std::move(*store);
}

}  // namespace ssblog::fuzz
