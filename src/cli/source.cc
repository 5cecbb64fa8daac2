// SPDX-License-Identifier: MIT
// cli/source.cc - the files that come into the feed: which there are, how one would be cut, ready sources.
#include "cli/settings.h"
#include "cli/source_files.h"
#include "cli/source_presets.h"
#include "cli/source_settings.h"
#include "cli/source_trial.h"
#include "cli/units.h"
#include "feed/json.h"
#include "feed/utf.h"
#include "intake/find_files.h"
#include "store/home.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace ssblog {
namespace {

struct SourceOptions {
  std::optional<std::string> path, source, zone, record_start, lines, preset;
  bool json = false;
};

std::string json_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts)
    list.append(list.empty() ? "" : ",").append(json_string(decode_utf8(as_bytes(text))));
  return "[" + list + "]";
}

/// One with a `kind`: it has no files.
void show_event_source(const EventSource& source, bool json) {
  const std::string place = decode_utf8(as_bytes(place_of(source)));
  if (json) {
    print(fmt::format("{{\"name\":{},\"kind\":{},\"place\":{}}}\n",
                      json_string(decode_utf8(as_bytes(source.name))), json_string(kind_name(source.kind)),
                      json_string(place)));
  } else {
    print(fmt::format("{:<16} {:>21}  {}\n", source.name, kind_name(source.kind), place));
  }
}

Result<int> list(const SourceOptions& wanted) {
  auto settings = load_settings(wanted.path, true);
  if (!settings) return settings.error();
  if (settings->sources.empty() && settings->event_sources.empty() && !wanted.json)
    say("no file comes into this feed yet; `ssblog source presets` shows ready sources");
  const ReadSoFar read = read_so_far(settings->home);
  for (const EventSource& source : settings->event_sources) show_event_source(source, wanted.json);
  for (const Source& source : settings->sources) {
    auto matched = match_files(source, read);
    if (!matched) return matched.error();
    if (wanted.json) {
      print(fmt::format(
          "{{\"name\":{},\"paths\":{},\"exclude\":{},\"files\":{},\"bytes\":{},\"unread\":{},\"new_files\":{}"
          ","
          "\"troubles\":{}}}\n",
          json_string(source.name), json_list(source.paths), json_list(source.exclude), matched->files,
          matched->bytes, matched->unread, matched->unmet, json_list(matched->troubles)));
      continue;
    }
    std::string state = "all read";
    if (matched->unread > 0) state = size_text(matched->unread) + " to read";
    if (matched->unmet > 0) state = fmt::format("{} not begun", matched->unmet);
    print(fmt::format("{:<16} {:>5} file{} {:>9}  {:<15}  {}\n", source.name, matched->files,
                      matched->files == 1 ? " " : "s", size_text(matched->bytes),
                      matched->files == 0 ? "" : state, fmt::join(source.paths, " ")));
    for (const std::string& trouble : matched->troubles) print(fmt::format("  ! {}\n", trouble));
    if (matched->more_troubles > 0) print(fmt::format("  ! ... and {} more\n", matched->more_troubles));
  }
  return done();
}

/// The sources of the home, if there is one; where none was asked for by name it may be missing.
Result<Settings> sources_at_hand(const SourceOptions& wanted) {
  if (!wanted.path && !wanted.source && !find_home()) {
    Settings none;
    none.name = host_name();
    return none;
  }
  return load_settings(wanted.path, true);
}

/// The source that would take a file; a plain one when there is none.
Result<Source> source_of(const std::string& file, const SourceOptions& wanted, const Settings& settings) {
  for (const Source& source : settings.sources) {
    if (wanted.source && source.name == *wanted.source) return source;
  }
  if (wanted.source) {
    return Error{
        Code::usage,
        fmt::format("--source {}: there is no such source; `ssblog source list` shows them", *wanted.source)};
  }
  char* resolved = ::realpath(file.c_str(), nullptr);
  const std::string path = resolved == nullptr ? file : resolved;
  ::free(resolved);
  for (const Source& source : settings.sources) {
    const auto patterns = parse_patterns(source.paths);
    const auto exclude = parse_patterns(source.exclude, true);
    if (patterns && exclude && any_matches(*patterns, path) && !any_matches(*exclude, path)) return source;
  }
  return Source();
}

Result<int> test(const SourceOptions& wanted, const Words& files) {
  if (files.size() != 1) return Error{Code::usage, "say which file: ssblog source test FILE"};
  std::optional<std::size_t> most;
  if (wanted.lines) {
    std::size_t count = 0;
    const auto [end, error] =
        std::from_chars(wanted.lines->data(), wanted.lines->data() + wanted.lines->size(), count);
    if (error != std::errc() || end != wanted.lines->data() + wanted.lines->size())
      return Error{Code::usage, fmt::format("-n {}: say how many lines to show, as -n 20", *wanted.lines)};
    most = count;
  }
  auto settings = sources_at_hand(wanted);
  if (!settings) return settings.error();
  auto source = source_of(files.front(), wanted, *settings);
  if (!source) return source.error();
  if (wanted.zone) source->time_zone = *wanted.zone;
  if (wanted.record_start) {
    source->record_start = *wanted.record_start;
    source->multiline = Multiline::pattern;
  }
  // What was said here is the command's mistake, not the file's.
  if (wanted.zone || wanted.record_start) {
    if (auto good = check_source(*source); !good) return Error{Code::usage, good.error().text};
  }
  return try_source(files.front(), *source, settings->name, most);
}

Result<int> show_presets() {
  for (const SourcePreset& preset : source_presets())
    print(fmt::format("{:<9}{}\n", preset.name, preset.summary));
  return done();
}

Result<int> add(const SourceOptions& wanted) {
  std::string names;
  for (const SourcePreset& preset : source_presets()) {
    names.append(names.empty() ? "" : ", ").append(preset.name);
    if (wanted.preset != preset.name) continue;
    print(preset.text);
    // Into a terminal, or to be appended already.
    if (::isatty(STDOUT_FILENO) == 1) {
      const auto home = wanted.path ? Result<Home>(home_at(*wanted.path)) : find_home();
      say(fmt::format("nothing was changed; to append it: ssblog source add --preset {} >>{}", preset.name,
                      home ? home->config_path() : "config.toml"));
    } else {
      say("once it is appended: `ssblog config check`, then `ssblog source list`; the daemon reads it when "
          "it starts");
    }
    return done();
  }
  return Error{Code::usage, fmt::format("say which: ssblog source add --preset NAME; there are {}", names)};
}

}  // namespace

Result<int> run_source(const Words& words) {
  Options options(
      "source",
      "Files whose lines come into the feed: `list` shows the sources of config.toml and what they match, "
      "`test FILE` how a file would be cut and timed (nothing is published), `presets` ready sources, "
      "`add` prints one of them.",
      "  ssblog source test /var/log/syslog -n 20\n"
      "  ssblog source add --preset debian >>/var/lib/ssblog/config.toml");
  SourceOptions wanted;
  Words actions;
  options.words("ACTION", actions, "list, test with a file, presets, or add");
  options.flag("--json", wanted.json, "list: print a JSON object for each source");
  options.value("--source NAME", wanted.source,
                "test: as this source would (default: the one that has the file)");
  options.value("--zone ZONE", wanted.zone, "test: times without a zone are of this one, as Europe/Berlin");
  options.value("--record-start RE", wanted.record_start, "test: only lines that match begin a record");
  options.value("-n,--lines N", wanted.lines, "test: show N lines at most; the summary is of all");
  options.value("--preset NAME", wanted.preset, "add: which one to print");
  options.value("--path DIR", wanted.path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  const std::string action = actions.empty() ? "" : actions.front();
  const Words rest(actions.begin() + (actions.empty() ? 0 : 1), actions.end());
  const bool tests = wanted.source || wanted.zone || wanted.record_start || wanted.lines;
  if (action == "test" && !wanted.json && !wanted.preset) return test(wanted, rest);
  if (rest.empty() && !tests) {
    if (action == "list" && !wanted.preset) return list(wanted);
    if (action == "presets" && !wanted.json && !wanted.preset) return show_presets();
    if (action == "add" && !wanted.json) return add(wanted);
  }
  return Error{
      Code::usage,
      "say which: ssblog source list, test FILE, presets, or add --preset NAME (see `ssblog source --help`)"};
}

}  // namespace ssblog
