// SPDX-License-Identifier: MIT
#include "assemble/pick_messages.h"

#include <algorithm>
#include <tuple>

namespace ssblog {
namespace {

// With more it is as fast to go through all from the end, as the words are common.
constexpr std::size_t most_picked = 200'000;

}  // namespace

Result<Picked> pick_messages(Store& store, SearchIndex& index, const Selection& selection) {
  std::vector<std::string> words;
  for (const TextRule& rule : selection.texts) {
    if (!rule.pattern && !rule.without) words.push_back(rule.text);
  }
  auto rows = index.candidates(words, most_picked);
  if (!rows) return rows.error();
  if (!*rows) return Picked();
  Timeline timeline(store);
  auto picked = std::make_shared<PickedRows>();
  picked->all_times = true;
  picked->rows.reserve((*rows)->size());
  for (const RowId row : **rows) {
    auto first = timeline.time_of(row);
    if (!first) return first.error();
    picked->rows.push_back({*first, row});
  }
  std::sort(picked->rows.begin(), picked->rows.end(), [](const TimedRow& a, const TimedRow& b) {
    return std::tie(a.first, a.row.value) < std::tie(b.first, b.row.value);
  });
  picked->by_row = std::move(**rows);
  return Picked(std::move(picked));
}

}  // namespace ssblog
