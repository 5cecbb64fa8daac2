// SPDX-License-Identifier: MIT
#include "store/rebase.h"

#include "feed/crypto.h"
#include "feed/json.h"
#include "store/positions.h"

#include <fmt/format.h>

#include <charconv>

namespace ssblog {
namespace {

constexpr std::string_view prefix = "rebase:";  // of the positions; then the run, a colon and the stream
constexpr std::string_view predecessor_name = "predecessor";
constexpr std::size_t run_digits = 16;

std::string row_of(std::string_view stream, std::string_view run) {
  return fmt::format("{}{}:{}", prefix, run, stream);
}

/// The object with other values for some members.
std::string with(std::string_view object,
                 std::initializer_list<std::pair<std::string_view, std::string>> values) {
  std::string changed = "{";
  for (Members members(object); members.next();) {
    std::string_view value = members.value();
    for (const auto& [name, other] : values) {
      if (members.name() == name && !other.empty()) value = other;
    }
    if (changed.size() > 1) changed += ',';
    changed.append("\"").append(members.name()).append("\":").append(value);
  }
  return changed += '}';
}

std::string quoted_run(std::string_view run) { return fmt::format("\"{}\"", run); }

}  // namespace

std::string run_after(const FeedId& fresh, std::string_view run) {
  std::string bytes = "ssblog successor run";
  bytes += as_text(fresh.view());
  bytes += run;
  return to_hex(sha256(as_bytes(bytes))).substr(0, run_digits);
}

Rebase::Rebase(Batch& batch, const FeedRow& before, const FeedRow& fresh)
    : batch_(batch),
      before_(before),
      fresh_(fresh),
      find_(batch.database(), "SELECT position FROM positions WHERE source = ?"),
      any_(batch.database(), "SELECT 1 FROM positions WHERE source >= ? AND source < ? LIMIT 1"),
      has_run_(batch.database(), "SELECT 1 FROM instances WHERE feed = ? AND name = ? AND kind < 2 LIMIT 1") {
}

Result<std::optional<std::uint64_t>> Rebase::find(std::string_view stream, std::string_view run) {
  const std::string name = row_of(stream, run);
  auto row = find_.run(std::string_view(name));
  auto found = row.step();
  if (!found) return found.error();
  if (!*found) return std::optional<std::uint64_t>();
  const auto digits = row.text(0);
  std::uint64_t base = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), base);
  return std::optional(base);
}

Result<bool> Rebase::has_run(FeedNumber feed, std::string_view run) {
  if (feed == 0) return false;
  return has_run_.run(feed, run).step();
}

/// A run that the old feed has, or that was carried on for another stream.
Result<bool> Rebase::goes_on(std::string_view run) {
  const std::string from = fmt::format("{}{}:", prefix, run), to = fmt::format("{}{};", prefix, run);
  auto any = any_.run(std::string_view(from), std::string_view(to)).step();
  if (!any || *any) return any;
  return has_run(before_.number, run);
}

Result<void> Rebase::keep(std::string_view stream, std::string_view run, std::uint64_t base) {
  return batch_.set_position(row_of(stream, run), std::to_string(base));
}

Result<std::optional<std::uint64_t>> Rebase::base_of(std::string_view stream, std::string_view run) {
  auto known = find(stream, run);
  if (!known || *known) return known;
  auto on = goes_on(run);
  if (!on) return on.error();
  if (!*on) return std::optional<std::uint64_t>();
  if (before_.number == 0) return std::optional<std::uint64_t>(0);
  auto state = batch_.instance(before_.number, stream, run);
  if (!state) return state.error();
  return std::optional(state->high);
}

Result<std::string> Rebase::carry(std::string_view content) { return rewrite(content, true); }

Result<std::string> Rebase::follow(std::string_view content) { return rewrite(content, false); }

Result<std::string> Rebase::rewrite(std::string_view content, bool carrying) {
  Record record;
  read_record(content, 0, record);
  const std::string& run = record.chunk ? record.chunk->run : record.run;
  if (run.empty()) return std::string(content);
  if (!carrying) {
    // What began in the new feed is not of the old one.
    auto own = has_run(fresh_.number, run);
    if (!own) return own.error();
    if (*own) return std::string(content);
  }
  auto base = record.chunk ? find(record.stream, run) : Result<std::optional<std::uint64_t>>(std::nullopt);
  if (!base) return base.error();
  if (!*base) {
    auto on = goes_on(run);
    if (!on) return on.error();
    if (!*on) return std::string(content);
  }
  const std::string other = run_after(fresh_.id, run);
  if (!record.chunk) {
    std::string offset;
    if (const auto stands = integer_of(member(content, "offset")); stands && *stands >= 0) {
      auto begins = base_of(text_of(member(content, "stream")).value_or(""), run);
      if (!begins) return begins.error();
      const auto at = static_cast<std::uint64_t>(*stands);
      if (*begins && at >= **begins) offset = std::to_string(at - **begins);
    }
    return with(content, {{"run", quoted_run(other)}, {"offset", offset}});
  }
  const std::uint64_t at = record.chunk->offset;
  if (!*base) {
    auto begins =
        carrying ? base_of(record.stream, run) : Result<std::optional<std::uint64_t>>(std::optional(at));
    if (!begins) return begins.error();
    base = begins;
    if (auto kept = keep(record.stream, run, **base); !kept) return kept.error();
  }
  const std::string_view chunk = member(content, "chunk");
  // A hole that is filled late: shown behind a gap, in a run of its own.
  const std::string moved =
      at < **base ? with(chunk, {{"run", quoted_run(run_after(fresh_.id, other))}})
                  : with(chunk, {{"run", quoted_run(other)}, {"offset", std::to_string(at - **base)}});
  return with(content, {{"chunk", moved}});
}

Result<std::optional<FeedId>> predecessor(Store& store) {
  auto id = store.meta(predecessor_name);
  if (!id) return id.error();
  return FeedId::from(*id);
}

Result<void> set_predecessor(Batch& batch, const FeedId& id) {
  return batch.set_meta(predecessor_name, id.view());
}

}  // namespace ssblog
