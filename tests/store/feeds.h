// SPDX-License-Identifier: MIT
// store/feeds.h - small feeds for tests: keys of a number, signed messages, a store that takes a bundle.
//
// Used by tests of the store.
#pragma once

#include "store/import.h"
#include "temp_dir.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ssblog {

inline KeyPair keys_of(std::uint8_t number) {
  std::array<std::uint8_t, 32> seed;
  seed.fill(number);
  return KeyPair::from_seed(seed);
}

inline std::string post(std::string_view text) {
  return fmt::format(R"({{"type":"post","text":"{}"}})", text);
}

/// The texts of the first messages of a feed. `branch` makes another feed of the same key.
inline std::vector<std::string> feed_of(const KeyPair& keys, std::size_t count, std::string_view branch = "",
                                        const SigningKey* hmac = nullptr) {
  std::vector<std::string> texts;
  std::optional<FeedState> state;
  for (std::size_t i = 0; i < count; ++i) {
    auto message =
        sign(keys, state, 1000.0 + static_cast<double>(i), post(fmt::format("{}{}", branch, i)), hmac);
    REQUIRE(message);
    state = message->state();
    texts.push_back((*message)->text);
  }
  return texts;
}

inline std::string lines(const std::vector<std::string>& texts) {
  std::string bundle;
  for (const std::string& text : texts) bundle += text + "\n";
  return bundle;
}

/// A source of a text, a few bytes at a time.
inline ByteSource trickle(std::string text, std::size_t step = 1 << 16) {
  return [text = std::move(text), at = std::size_t{0},
          step](std::span<char> out) mutable -> Result<std::size_t> {
    const std::size_t size = text.copy(out.data(), std::min(step, out.size()), at);
    at += size;
    return size;
  };
}

inline Store empty_store() {
  auto store = Store::open(":memory:", OpenMode::create);
  REQUIRE(store);
  return std::move(*store);
}

struct Imported {
  ImportReport report;
  std::vector<std::string> complaints;
  std::optional<Error> error;

  ImportCount of(const FeedId& id) const {
    const auto at = report.feeds.find(id);
    return at == report.feeds.end() ? ImportCount{} : at->second;
  }
};

inline Imported import_into(Store& store, const std::string& bundle, Importer::Options options = {}) {
  Imported imported;
  options.now = [] { return Millis{5}; };
  options.complain = [&](const std::string& text) { imported.complaints.push_back(text); };
  Importer importer(store, std::move(options));
  if (auto taken = importer.take(trickle(bundle), "bundle"); !taken) imported.error = taken.error();
  imported.report = importer.report();
  return imported;
}

/// Greatest sequence that is held of a feed; 0: none.
inline Seq tip_of(Store& store, const FeedId& id) {
  auto row = store.feed(id);
  REQUIRE(row);
  return *row && (*row)->tip ? (*row)->tip->sequence : 0;
}

}  // namespace ssblog
