// SPDX-License-Identifier: MIT
#include "store/gram_tokenizer.h"

#include "store/grams.h"

namespace ssblog {
namespace {

int create(void*, const char**, int, Fts5Tokenizer** made) {
  static char nothing;  // it has no state, but must have a place
  *made = reinterpret_cast<Fts5Tokenizer*>(&nothing);
  return SQLITE_OK;
}

void destroy(Fts5Tokenizer*) {}

int tokenize(Fts5Tokenizer*, void* context, int, const char* text, int size,
             int (*token)(void*, int, const char*, int, int, int)) {
  constexpr int step = static_cast<int>(gram_size);
  for (int at = 0; at + step <= size; at += step) {
    if (const int result = token(context, 0, text + at, step, at, at + step); result != SQLITE_OK)
      return result;
  }
  return SQLITE_OK;
}

}  // namespace

Result<void> add_gram_tokenizer(Database& database) {
  fts5_api* api = nullptr;
  sqlite3_stmt* ask = nullptr;
  if (sqlite3_prepare_v2(database.handle(), "SELECT fts5(?1)", -1, &ask, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(ask, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(ask);
  }
  sqlite3_finalize(ask);
  if (api == nullptr) return Error{Code::config, "this SQLite has no FTS5, so there can be no search index"};
  fts5_tokenizer grams{create, destroy, tokenize};
  if (api->xCreateTokenizer(api, "grams", nullptr, &grams, nullptr) != SQLITE_OK)
    return database.error("use");
  return {};
}

}  // namespace ssblog
