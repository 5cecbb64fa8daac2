// SPDX-License-Identifier: MIT
// store/gram_tokenizer.h - tells FTS5 that a text is grams, one behind the other.
//
// Used by SearchIndex. The grams are cut before (grams.h), so that each is given to FTS5 once. Source:
// sqlite.org/fts5.html, "Custom Tokenizers".
#pragma once

#include "store/sqlite.h"

namespace ssblog {

/// Adds the tokenizer `grams` to a connection. Code::config where SQLite has no FTS5.
Result<void> add_gram_tokenizer(Database& database);

}  // namespace ssblog
