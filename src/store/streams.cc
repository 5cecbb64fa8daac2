// SPDX-License-Identifier: MIT
#include "store/streams.h"

namespace ssblog {

// "NOT INDEXED": the messages of a feed lie together, and are gone through in their order.
Streams::Streams(Store& store)
    : store_(store),
      names_(store.database(),
             "SELECT DISTINCT job, stream FROM instances WHERE feed = ? AND kind IN (0, 2) ORDER BY job, "
             "stream"),
      all_names_(store.database(),
                 "SELECT DISTINCT job, stream FROM instances WHERE feed = ? ORDER BY job, stream"),
      facts_(
          store.database(),
          "SELECT job, stream, count(*), sum(high), max(coalesce(latest, (SELECT first_time FROM messages "
          "WHERE id = i.feed << 40 | i.last_sequence))) FROM instances i WHERE feed = ? AND kind IN (0, 2) "
          "GROUP BY job, stream ORDER BY job, stream"),
      runs_(store.database(),
            "SELECT instance, name, first_sequence, last_sequence FROM instances "
            "WHERE feed = ? AND kind = ? AND job = ? AND stream = ? ORDER BY first_sequence"),
      rows_(store.database(),
            "SELECT id FROM messages NOT INDEXED WHERE id BETWEEN ? AND ? AND instance = ?"),
      gaps_(store.database(),
            "SELECT 1 FROM messages NOT INDEXED WHERE id BETWEEN ? AND ? AND instance = ? AND shape LIKE "
            "'%gap%' LIMIT 1"),
      shape_(store.database(), "SELECT shape FROM messages WHERE id = ?") {}

Result<std::vector<StreamName>> Streams::names(FeedNumber feed) { return names_of(names_.run(feed)); }

Result<std::vector<StreamName>> Streams::names_of_all(FeedNumber feed) {
  return names_of(all_names_.run(feed));
}

Result<std::vector<StreamName>> Streams::names_of(Statement::Run run) {
  std::vector<StreamName> names;
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return names;
    names.push_back({std::string(run.text(0)), std::string(run.text(1))});
  }
}

Result<std::vector<StreamFacts>> Streams::facts(FeedNumber feed) {
  std::vector<StreamFacts> all;
  auto run = facts_.run(feed);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return all;
    all.push_back({{std::string(run.text(0)), std::string(run.text(1))},
                   static_cast<std::uint64_t>(run.integer(2)),
                   static_cast<std::uint64_t>(run.integer(3)),
                   run.maybe_integer(4)});
  }
}

Result<std::vector<StreamRun>> Streams::runs(FeedNumber feed, Kind kind, const StreamName& name) {
  std::vector<StreamRun> runs;
  auto run =
      runs_.run(feed, static_cast<int>(kind), std::string_view(name.job), std::string_view(name.stream));
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return runs;
    runs.push_back({run.integer(0), std::string(run.text(1)), static_cast<Seq>(run.integer(2)),
                    static_cast<Seq>(run.integer(3))});
  }
}

Result<void> Streams::for_each_message(FeedNumber feed, std::int64_t instance, Seq first, Seq last,
                                       const std::function<Result<void>(RowId)>& use) {
  auto run = rows_.run(RowId::of(feed, first).value, RowId::of(feed, last).value, instance);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return {};
    if (auto used = use(RowId{run.integer(0)}); !used) return used;
  }
}

Result<bool> Streams::had_gaps(FeedNumber feed, const StreamRun& run) {
  return gaps_.run(RowId::of(feed, run.first).value, RowId::of(feed, run.last).value, run.instance).step();
}

Result<std::string> Streams::read(RowId row, Placement& placement) {
  auto text = store_.message(row);
  if (!text) return text.error();
  placement = Placement{};
  auto run = shape_.run(row.value);
  auto found = run.step();
  if (!found) return found.error();
  if (*found && !run.null(0)) parse_shape(run.text(0), placement);
  return text;
}

}  // namespace ssblog
