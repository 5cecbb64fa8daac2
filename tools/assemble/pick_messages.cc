// SPDX-License-Identifier: MIT
#include "assemble/pick_messages.h"

#include <algorithm>

namespace ssblog {
Result<Picked> pick_messages(SearchIndex& index, const Selection& selection, std::size_t most) {
  std::vector<std::string> words;
  for (const TextRule& rule : selection.texts) {
    if (!rule.pattern && !rule.without) words.push_back(rule.text);
  }
  auto rows = index.candidates(words, most);
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
