// SPDX-License-Identifier: MIT
#include "store/stored_texts.h"

#include "store/body.h"

#include <string>

namespace ssblog {

Result<void> for_each_sealed(
    Database& database, const char* sql,
    const std::function<Result<void>(RowId row, std::string_view text, const Statement::Run& columns)>& use) {
  Statement messages(database, sql);
  BodyReader reader;
  std::string text;
  auto run = messages.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return {};
    const FeedId feed = FeedId::from(run.blob(5)).value_or(FeedId{});
    const RowId id{run.integer(0)};
    const auto mark =
        mark_of(BesideBody{&feed, id.sequence(), run.maybe_integer(1), run.maybe_integer(2), run.text(3)});
    if (!reader.unpack(run.blob(4), mark, text)) continue;
    if (auto used = use(id, text, run); !used) return used;
  }
}

Result<void> for_each_unsealed(Database& database, const char* sql,
                               const std::function<Result<void>(RowId row, std::string_view text)>& use) {
  Statement messages(database, sql);
  BodyReader reader;
  std::string text;
  auto run = messages.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return {};
    if (!reader.unpack_unsealed(run.blob(1), text)) continue;
    if (auto used = use(RowId{run.integer(0)}, text); !used) return used;
  }
}

}  // namespace ssblog
