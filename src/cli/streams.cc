// SPDX-License-Identifier: MIT
#include "store/streams.h"
#include "assemble/escape.h"
#include "assemble/host_name.h"
#include "assemble/time_text.h"
#include "cli/select.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

/// One stream of one host.
struct Listed {
  FeedId feed;
  std::string host;
  StreamFacts facts;
};

Result<std::vector<Listed>> list_streams(Store& store, const Selection& selection) {
  auto snapshot = ReadTransaction::begin(store.database());
  if (!snapshot) return snapshot.error();
  auto feeds = store.feeds();
  if (!feeds) return feeds.error();
  Streams streams(store);
  std::vector<Listed> listed;
  for (const FeedRow& feed : *feeds) {
    if (!feed.tip || !selection.wants_feed(feed.id)) continue;
    auto name = store.name_before(feed.number, feed.tip->sequence + 1);
    if (!name) return name.error();
    if (!selection.wants_host(feed.id, *name)) continue;
    auto facts = streams.facts(feed.number);
    if (!facts) return facts.error();
    for (StreamFacts& of_stream : *facts) {
      const bool wanted =
          selection.job.wants(of_stream.name.job) && selection.stream.wants(of_stream.name.stream);
      if (wanted) listed.push_back({feed.id, *name, std::move(of_stream)});
    }
  }
  std::stable_sort(listed.begin(), listed.end(),
                   [](const Listed& a, const Listed& b) { return a.host < b.host; });
  return listed;
}

void print_json(const std::vector<Listed>& streams) {
  for (const Listed& stream : streams) {
    std::string last = "null";
    if (stream.facts.last) {
      last.clear();
      append_utc_time(last, *stream.facts.last);
      last = json_string(last);
    }
    print(fmt::format(
        "{{\"host\":{},\"id\":\"{}\",\"job\":{},\"stream\":{},\"runs\":{},\"bytes\":{},\"last\":{}}}\n",
        json_string(stream.host), to_text(stream.feed), json_string(stream.facts.name.job),
        json_string(stream.facts.name.stream), stream.facts.runs, stream.facts.bytes, last));
  }
}

void print_table(const std::vector<Listed>& streams) {
  const auto or_dash = [](const std::string& name) { return name.empty() ? "-" : escape_name(name); };
  const Millis now = clock_now();
  TextTable table({{"HOST", false, 12, 0},
                   {"JOB", false, 8, 0},
                   {"STREAM", false, 8, 0},
                   {"RUNS", true, 0, 2},
                   {"SIZE", true, 0, 1},
                   {"LAST LINE", true, 0, 0}});
  for (const Listed& stream : streams) {
    const StreamFacts& facts = stream.facts;
    TextTable::Row row;
    row.cells = {fmt::format("{}@{}", or_dash(stream.host), short_id(stream.feed)),
                 or_dash(facts.name.job),
                 or_dash(facts.name.stream),
                 std::to_string(facts.runs),
                 facts.bytes > 0 ? size_text(static_cast<std::int64_t>(facts.bytes)) : "-",
                 facts.last
                     ? age_text(std::chrono::milliseconds(std::max<Millis>(now - *facts.last, 0))) + " ago"
                     : "-"};
    table.add(std::move(row));
  }
  if (table.empty()) {
    say("no stream is held here that fits");
    return;
  }
  const TerminalLook look = terminal_look();
  print(table.text(look.width, look.colours));
}

}  // namespace

Result<int> run_streams(const Words& words) {
  Options options("streams", "Lists the streams of all hosts: the jobs and files that their lines are of.",
                  "  ssblog streams\n"
                  "  ssblog streams host:nas 'stream:file:*'");
  SelectionOptions chosen;
  bool json = false;
  options.words("WORDS", chosen.words, "host:NAME, job:NAME, stream:NAME: see ssblog-words(7)");
  options.dashed_words(has_key);
  options.flag("--json", json, "One JSON object a stream");
  options.value("--path DIR", chosen.path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  auto opened = chosen.open();
  if (!opened) return opened.error();
  const Selection& selection = opened->selection;
  if (selection.parts_streams()) {
    return Error{Code::usage, "streams are chosen by host:, feed:, job: and stream: alone"};
  }
  auto listed = list_streams(opened->store, selection);
  if (!listed) return listed.error();
  json ? print_json(*listed) : print_table(*listed);
  return done();
}

}  // namespace ssblog
