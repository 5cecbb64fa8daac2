// SPDX-License-Identifier: MIT
#include "intake/instances_beyond.h"

#include <algorithm>
#include <utility>

namespace ssblog {

InstancesBeyond::InstancesBeyond(std::vector<InstanceRow> rows) {
  for (InstanceRow& row : rows) {
    streams_.emplace(row.run, row.stream);
    auto& of_stream = by_stream_[row.stream];
    of_stream.push_back(std::move(row));
  }
}

std::span<const InstanceRow> InstancesBeyond::of_stream(const std::string& stream) const {
  const auto at = by_stream_.find(stream);
  return at == by_stream_.end() ? std::span<const InstanceRow>() : at->second;
}

bool InstancesBeyond::is_elsewhere(const std::string& run, const std::string& stream) const {
  const auto [begin, end] = streams_.equal_range(run);
  return std::any_of(begin, end, [&stream](const auto& held) { return held.second != stream; });
}

std::optional<InstanceRow> InstancesBeyond::take(const std::string& stream, const std::string& run) {
  const auto at = by_stream_.find(stream);
  if (at == by_stream_.end()) return std::nullopt;
  std::vector<InstanceRow>& rows = at->second;
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&run](const InstanceRow& held) { return held.run == run; });
  if (row == rows.end()) return std::nullopt;
  InstanceRow taken = std::move(*row);
  rows.erase(row);
  if (rows.empty()) by_stream_.erase(at);
  const auto [begin, end] = streams_.equal_range(run);
  const auto entry = std::find_if(begin, end, [&stream](const auto& held) { return held.second == stream; });
  if (entry != end) streams_.erase(entry);
  return taken;
}

}  // namespace ssblog
