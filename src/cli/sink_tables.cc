// SPDX-License-Identifier: MIT
#include "cli/sink_tables.h"

#include "assemble/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace ssblog {
namespace {

constexpr std::size_t most_words = 256;  // of a command
constexpr std::chrono::milliseconds most_gather{3'600'000};
constexpr std::pair<std::string_view, SinkAck> acks[] = {
    {"read", SinkAck::read}, {"reply", SinkAck::reply}, {"exit", SinkAck::exit}};
constexpr std::pair<std::string_view, bool> beginnings[] = {{"now", false}, {"beginning", true}};
constexpr std::pair<std::string_view, bool> crash_rules[] = {{"repeat", false}, {"skip", true}};

/// One table, key by key.
class SinkTable {
 public:
  SinkTable(ConfigReader& reader, const toml::table& table) : reader_(reader), table_(table) {}

  SinkSettings read() {
    for (const auto& [key, node] : table_) {
      std::string name(key.str());
      std::replace(name.begin(), name.end(), '_', '-');
      const auto [other, added] = seen_.emplace(name, key.source().begin.line);
      if (!added)
        reader_.wrong(key.source(), fmt::format("sink.{} is said twice; leave one out", name));
      else if (!take(name, node))
        reader_.wrong(key.source(), fmt::format("unknown key \"sink.{}\"", key.str()));
    }
    if (!seen_.contains("name")) reader_.wrong(table_, "a sink needs a name, as name = \"graylog\"");
    if (!seen_.contains("exec"))
      reader_.wrong(table_, "a sink needs a program, as exec = [\"nc\", \"logs.lan\", \"5140\"]");
    if (seen_.contains("gather") && sink_.ack != SinkAck::exit)
      reader_.wrong(table_, "sink.gather means something to ack = \"exit\" alone");
    return std::move(sink_);
  }

 private:
  template <class T>
  void set(T& to, std::optional<T> value) {
    if (value) to = std::move(*value);
  }

  /// False for a key that there is not.
  bool take(const std::string& key, const toml::node& node) {
    const std::string name = "sink." + key;
    Selection& selection = sink_.selection;
    NameChoice* const field = key == "job"           ? &selection.job
                              : key == "stream"      ? &selection.stream
                              : key == "source"      ? &selection.source
                              : key == "destination" ? &selection.destination
                                                     : nullptr;
    if (field != nullptr) {
      if (auto text = reader_.text(node, name)) field->any.push_back({std::move(*text)});
    } else if (key == "filter") {
      read_filter(node);
    } else if (key == "name") {
      set(sink_.name, reader_.text(node, name));
      if (!is_sink_name(sink_.name))
        reader_.wrong(node, fmt::format("sink.name is made of 1 to {} of a-z 0-9 . _ -", longest_sink_name));
    } else if (key == "exec") {
      read_exec(node);
    } else if (key == "format") {
      read_format(node);
    } else if (key == "feed") {
      read_feeds(node);
    } else if (key == "ack") {
      set(sink_.ack, reader_.word<SinkAck>(node, name, acks));
    } else if (key == "from") {
      set(sink_.from_beginning, reader_.word<bool>(node, name, beginnings));
    } else if (key == "on-crash") {
      set(sink_.skip_after_crash, reader_.word<bool>(node, name, crash_rules));
    } else if (key == "window") {
      const auto bytes = reader_.size(node, name);
      if (bytes && (*bytes < least_window || *bytes > most_window))
        reader_.wrong(node, "sink.window must be from 4K to 16M, as \"256K\"");
      else
        set(sink_.window, bytes);
    } else if (key == "gather") {
      const auto time = reader_.duration(node, name);
      if (time && *time > most_gather)
        reader_.wrong(node, "sink.gather must be 1h at most, as \"5s\"");
      else
        set(sink_.gather, time);
    } else if (key == "write") {
      read_write(node);
    } else {
      return false;
    }
    return true;
  }

  /// A list of words, or, as in a crontab, one text for the shell.
  void read_exec(const toml::node& node) {
    auto words = reader_.texts(node, "sink.exec");
    if (!words) return;
    if (!node.is_array()) words = std::vector<std::string>{"/bin/sh", "-c", words->front()};
    const bool has_nul = std::any_of(words->begin(), words->end(), [](const std::string& word) {
      return word.find('\0') != std::string::npos;
    });
    if (words->empty() || words->size() > most_words || words->front().empty() || words->back().empty())
      return reader_.wrong(node, fmt::format("sink.exec is a program and its words, {} at most", most_words));
    if (has_nul) return reader_.wrong(node, "sink.exec must not hold a NUL");
    sink_.exec = std::move(*words);
  }

  void read_format(const toml::node& node) {
    const auto said = reader_.text(node, "sink.format");
    if (!said) return;
    const auto format = format_of(*said);
    if (format)
      sink_.format.format = *format;
    else
      reader_.wrong(node, fmt::format("sink.format: {}", format.error().text));
  }

  /// The words of `ssblog log`, but for those that only a store or a clock could tell.
  void read_filter(const toml::node& node) {
    const auto text = reader_.text(node, "sink.filter");
    if (!text) return;
    Query query;
    query.selection = sink_.selection;
    const auto added = add_query(*text, 0, query);
    if (!added) return reader_.wrong(node, fmt::format("sink.filter: {}", added.error().text));
    if (!query.feeds.empty())
      return reader_.wrong(node, "sink.filter: say whole ids with sink.feed instead of feed:");
    if (query.selection.since || query.selection.until)
      return reader_.wrong(node, "sink.filter: a sink has lines as they come; leave since: and until: out");
    sink_.selection = std::move(query.selection);
  }

  void read_feeds(const toml::node& node) {
    const auto ids = reader_.texts(node, "sink.feed");
    if (!ids) return;
    for (const std::string& text : *ids) {
      const auto id = parse_feed_id(text);
      if (!id)
        reader_.wrong(
            node,
            fmt::format("sink.feed: \"{}\" is no whole id, as `ssblog whoami` shows it on that host", text));
      else
        sink_.selection.feeds.push_back(*id);
    }
    if (ids->empty()) reader_.wrong(node, "sink.feed is an empty list; leave it out for all feeds");
  }

  void read_write(const toml::node& node) {
    const auto paths = reader_.texts(node, "sink.write");
    if (!paths) return;
    for (const std::string& path : *paths) {
      if (!path.starts_with('/') || path.find('\0') != std::string::npos)
        reader_.wrong(node, fmt::format("sink.write: \"{}\" is no absolute path", path));
    }
    sink_.write = *paths;
  }

  ConfigReader& reader_;
  const toml::table& table_;
  SinkSettings sink_;
  std::map<std::string, toml::source_index> seen_;
};

}  // namespace

std::vector<SinkSettings> read_sinks(ConfigReader& reader, const toml::array& tables) {
  std::vector<SinkSettings> sinks;
  std::map<std::string, toml::source_index> names;
  for (const toml::node& node : tables) {
    if (!node.is_table()) {
      reader.wrong(node, "sink must be tables: begin each with [[sink]]");
      continue;
    }
    if (sinks.size() == most_sinks) {
      reader.wrong(node, fmt::format("there may be {} sinks at most", most_sinks));
      break;
    }
    SinkSettings sink = SinkTable(reader, *node.as_table()).read();
    const auto [other, added] = names.emplace(sink.name, node.source().begin.line);
    if (!added && !sink.name.empty())
      reader.wrong(node,
                   fmt::format("the sink \"{}\" of line {} has that name already", sink.name, other->second));
    sinks.push_back(std::move(sink));
  }
  return sinks;
}

}  // namespace ssblog
