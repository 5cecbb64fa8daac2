// SPDX-License-Identifier: MIT
#include "assemble/pick_messages.h"

#include <algorithm>

namespace ssblog {
namespace {

// With more it is as fast to go through all from the end, as the words are common.
constexpr std::size_t most_picked = 200'000;

}  // namespace

Result<Picked> pick_messages(SearchIndex& index, const Selection& selection) {
  std::vector<std::string> words;
  for (const TextRule& rule : selection.texts) {
    if (!rule.pattern && !rule.without) words.push_back(rule.text);
  }
  auto rows = index.candidates(words, most_picked);
  if (!rows) return rows.error();
  if (!*rows) return Picked();
  auto picked = std::make_shared<PickedRows>();
  picked->all_times = true;
  for (const TimedRow& row : **rows) picked->by_row.push_back(row.row);
  std::sort(picked->by_row.begin(), picked->by_row.end());
  picked->rows = std::move(**rows);
  return Picked(std::move(picked));
}

}  // namespace ssblog
