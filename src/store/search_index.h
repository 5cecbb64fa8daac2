// SPDX-License-Identifier: MIT
// store/search_index.h - which messages may have lines with a word: an index in a file of its own beside the store.
//
// Used by search. The index only leaves out messages in which a word cannot stand; whoever asks looks at the lines of the
// others. So one that is missing, old or refused makes a search slow, never wrong. It is FTS5's inverted index over the
// grams (grams.h) of each message, without texts; what it knows of the store (whose feed a number is, how far it got, with
// which key) is held against the store each time. One thread. Source: sqlite.org/fts5.html, "Contentless Tables",
// "Custom Tokenizers".
#pragma once

#include "store/grams.h"
#include "store/store.h"
#include "store/timeline.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ssblog {

class SearchIndex {
 public:
  /// Opens the index at `path`; nothing: there is none. With OpenMode::create it is made, for this user alone. An index of
  /// another store or version is emptied where it may be written, and else is none. Borrows the store. Code::data when it
  /// is damaged.
  static Result<std::optional<SearchIndex>> open(const std::string& path, Store& store, OpenMode mode);

  /// Messages that it does not know yet.
  Result<std::uint64_t> behind();

  /// Takes up to `most` of them, in one transaction, and gives how many are left.
  Result<std::uint64_t> take(std::uint64_t most);

  /// To be called when all was taken at once: what was written in parts becomes one.
  Result<void> settle();

  /// The messages that may have a line with all of the words, those that are not in the index included; by the
  /// time of their first line, then by row. Nothing: no word has three characters, or there are more than `most`, so that going through all is as good.
  Result<std::optional<std::vector<TimedRow>>> candidates(std::span<const std::string> words,
                                                          std::size_t most);

  /// Whether its file was removed, or another one stands at its path: what is taken then, nobody finds.
  bool is_detached() const;

  /// Messages of feeds that are no longer held, or were cut: they only take room.
  Result<std::uint64_t> stale();

 private:
  SearchIndex(Database database, Store& store);
  Result<bool> prepare(OpenMode mode);
  /// How far each feed of the store is taken, by its number. What does not fit the store any more is left out.
  Result<std::map<FeedNumber, Seq>> known(const std::vector<FeedRow>& feeds);
  Result<void> drop_stale(const std::map<FeedNumber, Seq>& taken);
  Result<bool> take_message(RowId row, const Statement::Run& run);

  std::unique_ptr<Database> database_;  // statements point at it
  Store* store_;
  GramCutter cutter_;
  std::string text_;
  Statement known_, keep_known_, drop_known_, add_stale_, stale_, insert_, take_, keep_, kept_, match_,
      messages_, rows_;
};

}  // namespace ssblog
