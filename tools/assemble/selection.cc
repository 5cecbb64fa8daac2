// SPDX-License-Identifier: MIT
#include "assemble/selection.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {

bool Selection::wants_feed(const FeedId& id) const {
  return feeds.empty() || std::find(feeds.begin(), feeds.end(), id) != feeds.end();
}

bool Selection::wants(const Record& record) const {
  const bool shown =
      record.kind == RecordKind::log || record.kind == RecordKind::job || record.kind == RecordKind::loss;
  return (shown || all_types) && (!source || record.source == *source) &&
         (!destination || record.destination == *destination) && (!job || record.job == *job) &&
         (!stream || record.stream == *stream);
}

std::string to_text(const Selection& selection) {
  std::vector<std::string> ids;
  for (const FeedId& id : selection.feeds) ids.push_back(to_text(id));
  std::sort(ids.begin(), ids.end());
  const auto text = [](const std::optional<std::string>& value) {
    return value ? json_string(*value) : "null";
  };
  const auto time = [](const std::optional<Millis>& value) {
    return value ? std::to_string(*value) : "null";
  };
  return fmt::format("feeds {} source {} destination {} job {} stream {} since {} until {}{}",
                     fmt::join(ids, ","), text(selection.source), text(selection.destination),
                     text(selection.job), text(selection.stream), time(selection.since),
                     time(selection.until), selection.all_types ? " all" : "");
}

}  // namespace ssblog
