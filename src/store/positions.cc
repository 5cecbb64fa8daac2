// SPDX-License-Identifier: MIT
#include "store/positions.h"

#include "feed/json.h"

#include <algorithm>

namespace ssblog {
namespace {

constexpr const char* instance_columns =
    "SELECT instance, stream, name, high, first_sequence, last_sequence FROM instances WHERE feed = ? AND "
    "kind = 0 ";

InstanceRow instance_row(const Statement::Run& run) {
  return {run.integer(0),
          std::string(run.text(1)),
          std::string(run.text(2)),
          static_cast<std::uint64_t>(run.integer(3)),
          static_cast<Seq>(run.integer(4)),
          static_cast<Seq>(run.integer(5))};
}

std::optional<LossRow> read_loss(std::string_view content) {
  if (text_of(member(content, "type")) != "loss") return std::nullopt;
  LossRow loss;
  loss.run = text_of(member(content, "run")).value_or("");
  if (loss.run.empty()) return std::nullopt;
  loss.stream = text_of(member(content, "stream")).value_or("");
  loss.reason = text_of(member(content, "reason")).value_or("");
  loss.bytes =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer_of(member(content, "bytes")).value_or(0)));
  return loss;
}

}  // namespace

Result<std::vector<PositionRow>> read_positions(Store& store, std::string_view prefix) {
  Statement rows(store.database(),
                 "SELECT source, position FROM positions WHERE source >= ? ORDER BY source");
  std::vector<PositionRow> positions;
  auto run = rows.run(prefix);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row || !run.text(0).starts_with(prefix)) return positions;
    positions.push_back({std::string(run.text(0)), std::string(run.text(1))});
  }
}

Result<bool> is_source_run(Store& store, std::string_view run_name) {
  const std::string file = std::string(file_position_prefix).append(run_name);
  const std::string events = std::string(event_run_prefix).append(run_name);
  Statement find(store.database(), "SELECT 1 FROM positions WHERE source IN (?, ?)");
  auto run = find.run(std::string_view(file), std::string_view(events));
  return run.step();
}

Result<std::optional<InstanceRow>> find_instance(Store& store, FeedNumber feed, std::string_view stream,
                                                 std::string_view run_name) {
  static const std::string sql = std::string(instance_columns) + "AND name = ? AND stream = ?";
  Statement find(store.database(), sql.c_str());
  auto run = find.run(feed, run_name, stream);
  auto row = run.step();
  if (!row) return row.error();
  return *row ? std::optional(instance_row(run)) : std::nullopt;
}

Result<std::vector<InstanceRow>> instances_behind(Store& store, FeedNumber feed, Seq behind) {
  static const std::string sql =
      std::string(instance_columns) + "AND last_sequence > ? ORDER BY first_sequence";
  Statement grown(store.database(), sql.c_str());
  std::vector<InstanceRow> instances;
  auto run = grown.run(feed, behind);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return instances;
    instances.push_back(instance_row(run));
  }
}

Result<std::vector<LossRow>> losses_behind(Store& store, FeedNumber feed, Seq behind) {
  // Records of runs are known by their run; mostly there are none, and no message is read.
  Statement range(store.database(),
                  "SELECT min(first_sequence), max(last_sequence) FROM instances "
                  "WHERE feed = ? AND kind = 1 AND last_sequence > ?");
  Statement messages(store.database(),
                     "SELECT id FROM messages NOT INDEXED WHERE id BETWEEN ? AND ? AND instance IS NULL");
  std::vector<LossRow> losses;
  Seq first = 0, last = 0;
  {
    auto run = range.run(feed, behind);
    auto row = run.step();
    if (!row) return row.error();
    if (!*row || run.null(1)) return losses;
    first = std::max<Seq>(behind + 1, static_cast<Seq>(run.integer(0)));
    last = static_cast<Seq>(run.integer(1));
  }
  auto run = messages.run(RowId::of(feed, first).value, RowId::of(feed, last).value);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return losses;
    auto text = store.message({run.integer(0)});
    if (!text) return text.error();
    if (auto loss = read_loss(member(*text, "content"))) losses.push_back(std::move(*loss));
  }
}

}  // namespace ssblog
