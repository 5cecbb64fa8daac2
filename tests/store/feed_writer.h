// SPDX-License-Identifier: MIT
// store/feed_writer.h - a feed of a test that is written content by content, and given to stores.
#pragma once

#include "store/feeds.h"

namespace ssblog {

struct FeedWriter {
  KeyPair keys = keys_of(1);
  std::optional<FeedState> state;
  std::vector<std::string> texts;

  /// The key of the message.
  MessageKey say(const std::string& content, Millis time) {
    auto message = sign(keys, state, static_cast<double>(time), content, nullptr);
    REQUIRE(message);
    state = message->state();
    texts.push_back((*message)->text);
    return state->key;
  }
  /// All that the store does not hold yet.
  FeedNumber import_to(Store& store) const {
    const auto imported = import_into(store, lines(texts));
    CHECK(imported.complaints.empty());
    const auto row = store.feed(keys.id());
    REQUIRE((row && *row));
    return (*row)->number;
  }
};

}  // namespace ssblog
