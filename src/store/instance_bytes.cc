// SPDX-License-Identifier: MIT
#include "store/instance_bytes.h"

#include "feed/json.h"
#include "feed/mask.h"
#include "store/streams.h"

namespace ssblog {
namespace {

/// Gives the bytes of an instance, piece by piece from byte 0 on, until one is missing or `use` says false.
Result<void> walk(Store& store, FeedNumber feed, const InstanceRow& instance,
                  const std::function<Result<bool>(std::string_view bytes)>& use) {
  Record record;
  std::uint64_t at = 0;
  Statement rows(store.database(),
                 "SELECT id FROM messages NOT INDEXED WHERE id BETWEEN ? AND ? AND instance = ?");
  const std::int64_t last = RowId::of(feed, instance.last).value;
  for (std::int64_t next = RowId::of(feed, instance.first).value;;) {
    {
      // No row is held while the bytes are used: to read a file may take for ever, and a reader keeps the log from being
      // written back.
      auto run = rows.run(next, last, instance.instance);
      auto row = run.step();
      if (!row) return row.error();
      if (!*row) return {};
      next = run.integer(0);
    }
    auto text = store.message({next++});
    if (!text) return text.error();
    read_record(member(*text, "content"), 0, record);
    if (!record.chunk || record.chunk->offset > at) return {};
    if (record.ends_line()) record.bytes += '\n';
    const std::uint64_t known = at - record.chunk->offset;  // of a message that was cut anew
    if (known >= record.bytes.size()) continue;
    const auto fresh = std::string_view(record.bytes).substr(known);
    auto more = use(fresh);
    if (!more) return more.error();
    if (!*more) return {};
    at += fresh.size();
  }
}

}  // namespace

Result<std::uint64_t> common_prefix(Store& store, FeedNumber feed, const InstanceRow& instance,
                                    const ReadBytes& read) {
  std::uint64_t common = 0;
  std::string other;
  MaskedComparison comparison;
  auto walked = walk(store, feed, instance, [&](std::string_view bytes) -> Result<bool> {
    other.resize(bytes.size());
    auto got = read(common, other);
    if (!got) return got.error();
    const std::size_t alike = comparison.alike(bytes, std::string_view(other).substr(0, *got));
    common += alike;
    return alike == bytes.size();
  });
  if (!walked) return walked.error();
  return common;
}

Result<std::string> first_bytes(Store& store, FeedNumber feed, const InstanceRow& instance,
                                std::size_t most) {
  std::string first;
  auto walked = walk(store, feed, instance, [&](std::string_view bytes) -> Result<bool> {
    first += bytes.substr(0, most - first.size());
    return first.size() < most;
  });
  if (!walked) return walked.error();
  return first;
}

}  // namespace ssblog
