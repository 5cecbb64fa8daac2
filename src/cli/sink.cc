// SPDX-License-Identifier: MIT
// cli/sink.cc - the programs that are given the lines: how each stands, and how far behind it is.
#include "assemble/escape.h"
#include "cli/settings.h"
#include "cli/units.h"
#include "feed/json.h"
#include "sink/portion_reader.h"
#include "store/daemon_state.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::string_view ack_names[] = {"read", "reply", "exit"};

/// One sink of config.toml, with what daemon and store know of it.
struct SinkView {
  const SinkSettings* settings;
  SinkState state;
  bool begun = false;
  SinkLag lag;
};

Result<std::vector<SinkView>> look_at(const Settings& settings) {
  auto daemon = read_daemon_state(settings.home);
  if (!daemon) return daemon.error();
  auto store = open_to_read(settings.home);
  if (!store) return store.error();
  auto snapshot = ReadTransaction::begin(store->database());
  if (!snapshot) return snapshot.error();
  std::vector<SinkView> views;
  for (const SinkSettings& sink : settings.sinks) {
    SinkView view;
    view.settings = &sink;
    view.state.state = *daemon ? "not known to the daemon yet" : "off";
    if (*daemon) {
      for (const SinkState& state : (*daemon)->sinks) {
        if (state.name == sink.name) view.state = state;
      }
    }
    auto cursor = read_cursor(*store, sink.name);
    if (!cursor) return cursor.error();
    view.begun = cursor->has_value();
    if (view.begun || sink.from_beginning) {
      auto lag = lag_of(*store, view.begun ? **cursor : SinkCursor(), sink.selection);
      if (!lag) return lag.error();
      view.lag = *lag;
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::string lag_text(const SinkView& view) {
  if (!view.begun)
    return view.settings->from_beginning ? "begins with all that is here" : "begins with what comes";
  if (view.lag.messages == 0) return "all taken";
  const Millis age = std::max<Millis>(clock_now() - view.lag.since, 0);
  return fmt::format("{} message{} behind, for {}", view.lag.messages, view.lag.messages == 1 ? "" : "s",
                     age_text(std::chrono::milliseconds(age)));
}

std::string json_of(const SinkView& view) {
  std::string exec;
  for (const std::string& word : view.settings->exec) exec += (exec.empty() ? "" : ",") + json_string(word);
  std::string text = fmt::format(
      R"({{"name":{},"exec":[{}],"format":{},"ack":"{}","state":{},"begun":{},"messagesBehind":{},"lines":{},"unanswered":{},"failures":{})",
      json_string(view.settings->name), exec, json_string(name_of(view.settings->format.format)),
      ack_names[static_cast<std::size_t>(view.settings->ack)], json_string(view.state.state), view.begun,
      view.lag.messages, view.state.lines, view.state.unanswered, view.state.failures);
  if (view.lag.since > 0) text += fmt::format(R"(,"behindSince":{})", view.lag.since);
  if (!view.state.trouble.empty()) text += fmt::format(R"(,"trouble":{})", json_string(view.state.trouble));
  return text + "}\n";
}

Result<int> list(const std::optional<std::string>& path, bool json) {
  auto settings = load_settings(path);
  if (!settings) return settings.error();
  auto views = look_at(*settings);
  if (!views) return views.error();
  if (settings->sinks.empty() && !json) say("config.toml has no sink; ssblog-sink(7) says how one is made");
  for (const SinkView& view : *views) {
    if (json) {
      print(json_of(view));
      continue;
    }
    print(fmt::format("{:<16} {:<9} {:<8} {}\n", view.settings->name, view.state.state,
                      name_of(view.settings->format.format), lag_text(view)));
    if (view.state.trouble.empty()) continue;
    std::string trouble;
    escape_line(as_bytes(view.state.trouble), trouble);
    print(fmt::format("  ! {}\n", trouble));
  }
  return done();
}

}  // namespace

Result<int> run_sink(const Words& words) {
  Options options("sink",
                  "Programs that the daemon gives the lines of all hosts as they come. `list` shows those of "
                  "config.toml: whether they run, and how far behind they are.",
                  "  ssblog sink list\n"
                  "  ssblog sink list --json");
  std::optional<std::string> path;
  bool json = false;
  Words actions;
  options.words("ACTION", actions, "list");
  options.flag("--json", json, "One JSON object for each sink");
  options.value("--path DIR", path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (actions.size() == 1 && actions.front() == "list") return list(path, json);
  return Error{Code::usage, "say what: ssblog sink list (see `ssblog sink --help`)"};
}

}  // namespace ssblog
