// SPDX-License-Identifier: MIT
#include "assemble/host_name.h"

namespace ssblog {

Result<std::string> HostName::at(Store& store, Timeline& timeline, RowId row, const std::string& source) {
  const Seq sequence = row.sequence();
  if (sequence < from_ || sequence > until_) {
    auto name = store.name_before(row.feed(), sequence);
    if (!name) return name.error();
    name_ = std::move(*name);
    // The name holds up to the message that gives the next one.
    auto next = timeline.next_name(row.feed(), sequence);
    if (!next) return next.error();
    from_ = sequence;
    until_ = next->value_or(max_sequence);
  }
  return name_.empty() ? source : name_;
}

Result<bool> may_want_feed(Timeline& timeline, const Selection& selection, const FeedRow& feed) {
  if (!selection.wants_feed(feed.id)) return false;
  if (!selection.host) return true;
  // Before its first name a feed is called by what each line says of its source.
  auto first = timeline.next_name(feed.number, 1);
  if (!first) return first.error();
  if (!*first || **first > 1) return true;
  auto names = timeline.names(feed.number);
  if (!names) return names.error();
  return !selection.rules_out(feed.id, *names);
}

}  // namespace ssblog
