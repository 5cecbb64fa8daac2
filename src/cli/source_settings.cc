// SPDX-License-Identifier: MIT
#include "cli/source_settings.h"

#include "cli/event_settings.h"
#include "cli/source_tables.h"
#include "feed/utf.h"
#include "intake/find_files.h"
#include "intake/line_cutter.h"
#include "intake/redactor.h"
#include "intake/stream_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_paths = 256;  // patterns of one source
constexpr std::string_view levels[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

/// One table, key by key.
class SourceReader {
 public:
  SourceReader(ConfigReader& reader, const toml::table& table) : reader_(reader), table_(table) {}

  Source read() {
    for (const auto& [key, node] : table_) {
      std::string name(key.str());
      std::replace(name.begin(), name.end(), '_', '-');
      if (name == "path" || name == "pattern") name = "paths";
      if (name == "rename") name = "stream";
      const auto [other, added] = seen_.emplace(name, key.source());
      if (!added) {
        const auto& [first, second] =
            std::minmax(key.source(), other->second,
                        [](const auto& a, const auto& b) { return a.begin.line < b.begin.line; });
        reader_.wrong(second, fmt::format("source.{} is said in line {} already; leave one out", name,
                                          first.begin.line));
      }
      if (added && !take(name, node))
        reader_.wrong(key.source(), fmt::format("unknown key \"source.{}\"", key.str()));
    }
    check_together();
    return std::move(source_);
  }

  /// Where a key stands; for one that is not there, the table.
  const toml::source_region& place_of(const std::string& name) const {
    const auto found = seen_.find(name);
    return found == seen_.end() ? table_.source() : found->second;
  }

 private:
  template <class T>
  void set(T& to, std::optional<T> value) {
    if (value) to = std::move(*value);
  }

  /// False for a key that there is not.
  bool take(const std::string& key, const toml::node& node) {
    const std::string name = "source." + key;
    if (key == "redact-patterns") {
      set(source_.redact_patterns, reader_.texts(node, name));
    } else if (key == "redact") {
      set(source_.redact, reader_.flag(node, name));
    } else if (key == "paths" || key == "exclude") {
      set(key == "paths" ? source_.paths : source_.exclude, reader_.texts(node, name));
    } else if (std::string* to = text_of(key)) {
      set(*to, reader_.text(node, name));
    } else if (key == "raw" || key == "rotated") {
      set(key == "raw" ? source_.raw : source_.rotated, reader_.flag(node, name));
    } else if (key == "multiline") {
      set(source_.multiline,
          reader_.word<Multiline>(
              node, name,
              {{"auto", Multiline::automatic}, {"off", Multiline::off}, {"pattern", Multiline::pattern}}));
    } else if (key == "start") {
      set(source_.from_end, reader_.word<bool>(node, name, {{"beginning", false}, {"end", true}}));
    } else if (key == "on-full") {
      set(source_.when_full,
          reader_.word<WhenFull>(node, name,
                                 {{"block", WhenFull::block}, {"drop-newest", WhenFull::drop_newest}}));
    } else if (key == "record-flush" || key == "partial-flush") {
      set(key == "record-flush" ? source_.record_flush : source_.partial_flush, reader_.duration(node, name));
    } else if (key == "most-behind") {
      set(source_.most_behind, reader_.size(node, name));
    } else {
      return false;
    }
    return true;
  }

  std::string* text_of(std::string_view key) {
    const std::pair<std::string_view, std::string*> texts[] = {{"name", &source_.name},
                                                               {"stream", &source_.stream},
                                                               {"regex-from", &source_.regex_from},
                                                               {"regex-to", &source_.regex_to},
                                                               {"job", &source_.job},
                                                               {"destination", &source_.destination},
                                                               {"level", &source_.level},
                                                               {"time-zone", &source_.time_zone},
                                                               {"record-start", &source_.record_start}};
    for (const auto& [name, to] : texts) {
      if (name == key) return to;
    }
    return nullptr;
  }

  bool has(const std::string& name) const { return seen_.contains(name); }

  /// What is wrong though each key by itself is right.
  void check_together() {
    const auto wrong = [this](const std::string& key, std::string_view what) {
      reader_.wrong(place_of(key), what);
    };
    if (source_.name.empty()) wrong("name", "a source needs a name, as name = \"nginx\"");
    if (!has("paths")) wrong("paths", "a source needs paths, as paths = [\"/var/log/nginx/*.log\"]");
    if (has("paths") && source_.paths.empty()) wrong("paths", "source.paths is an empty list");
    for (const std::string key : {"paths", "exclude"}) {
      if ((key == "paths" ? source_.paths : source_.exclude).size() > most_paths)
        wrong(key,
              fmt::format("source.{} has more than {} patterns; make it several sources", key, most_paths));
    }
    if (!source_.level.empty() &&
        std::find(std::begin(levels), std::end(levels), source_.level) == std::end(levels))
      wrong("level", "source.level must be one of emerg, alert, crit, err, warning, notice, info, debug");
    if (has("record-start") && !has("multiline")) source_.multiline = Multiline::pattern;
    const bool by_pattern = source_.multiline == Multiline::pattern;
    if (has("record-start") && !by_pattern)
      wrong("record-start", "source.record-start needs multiline = \"pattern\"");
    if (by_pattern && source_.record_start.empty())
      wrong("multiline",
            "multiline = \"pattern\" needs record-start, the beginning of a record, as record-start = "
            "\"^\\\\d\"");
    for (const char* key : {"multiline", "record-start", "time-zone"}) {
      if (source_.raw && has(key))
        wrong(key, fmt::format("source.{} means nothing to raw = true: it has no lines", key));
    }
    if (source_.raw && has("redact") && source_.redact)
      wrong(
          "redact",
          "source.redact = true cannot be with raw = true, whose bytes are kept as they are; leave one out");
    if (has("redact-patterns") && (source_.raw || !source_.redact))
      wrong("redact-patterns", fmt::format("source.redact-patterns means nothing to {}; leave one out",
                                           source_.raw ? "raw = true" : "redact = false"));
    if (has("most-behind") && source_.when_full != WhenFull::drop_newest)
      wrong("most-behind", "source.most-behind counts only with on-full = \"drop-newest\"");
  }

  ConfigReader& reader_;
  const toml::table& table_;
  Source source_;
  std::map<std::string, toml::source_region> seen_;
};

/// All that is wrong, with the key that it stands in.
void check_deeply(const Source& source, const std::function<void(const char* key, const Error& why)>& wrong) {
  if (auto patterns = parse_patterns(source.paths); !patterns) wrong("paths", patterns.error());
  if (auto patterns = parse_patterns(source.exclude, true); !patterns) wrong("exclude", patterns.error());
  if (auto name = StreamTemplate::parse(source); !name) {
    Source plain = source;
    plain.regex_from = plain.regex_to = "";
    const char* rewrite = source.regex_from.empty() ? "regex-to" : "regex-from";
    wrong(StreamTemplate::parse(plain) ? rewrite : "stream", name.error());
  }
  if (auto redactor = Redactor::create(source.redact_patterns); !redactor)
    wrong("redact-patterns", redactor.error());
  if (auto zone = Zone::named(source.time_zone); !zone)
    wrong("time-zone", zone.error());
  else if (auto cutter = LineCutter::create(source); !cutter)
    wrong("record-start", cutter.error());
}

}  // namespace

Result<void> check_source(const Source& source) {
  std::optional<Error> first;
  check_deeply(source, [&](const char*, const Error& why) {
    if (!first) first = Error{Code::config, fmt::format("the source {}: {}", source.name, why.text)};
  });
  if (first) return *first;
  return {};
}

SourceTables read_sources(ConfigReader& reader, const toml::array& tables, bool whole) {
  SourceTables sources;
  std::map<std::string, toml::source_index> names;
  for (const toml::node& node : tables) {
    if (!node.is_table()) {
      reader.wrong(node, "source must be tables: begin each with [[source]]");
      continue;
    }
    const auto check_name = [&](const std::string& name, const toml::source_region& place) {
      const auto [other, added] = names.emplace(name, place.begin.line);
      if (!added && !name.empty()) {
        reader.wrong(place,
                     fmt::format("the source \"{}\" of line {} has that name already", name, other->second));
      }
    };
    if (const toml::table& table = *node.as_table(); table.contains("kind")) {
      sources.events.push_back(read_event_source(reader, table));
      const toml::node* name = table.get("name");
      check_name(sources.events.back().name, name == nullptr ? table.source() : name->source());
      continue;
    }
    SourceReader one(reader, *node.as_table());
    Source source = one.read();
    check_name(source.name, one.place_of("name"));
    if (whole) {
      check_deeply(source,
                   [&](const char* key, const Error& why) { reader.wrong(one.place_of(key), why.text); });
    }
    sources.files.push_back(std::move(source));
  }
  return sources;
}

FilesTable read_files(ConfigReader& reader, const toml::table& table) {
  FilesTable files;
  for (const auto& [key, node] : table) {
    const std::string name = fmt::format("files.{}", key.str());
    auto* to = key == "scan-interval" || key == "scan_interval"       ? &files.scan_interval
               : key == "restat-interval" || key == "restat_interval" ? &files.restat_interval
                                                                      : nullptr;
    if (to == nullptr) {
      reader.wrong(key.source(), fmt::format("unknown key \"{}\"", name));
    } else if (const auto length = reader.duration(node, name)) {
      *to = *length;
      if (*length < 10ms) reader.wrong(node, fmt::format("{} must be 10ms or more", name));
    }
  }
  return files;
}

}  // namespace ssblog
