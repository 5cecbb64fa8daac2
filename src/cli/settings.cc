// SPDX-License-Identifier: MIT
#include "cli/settings.h"

#include "cli/sink_tables.h"
#include "cli/source_tables.h"
#include "cli/view_settings.h"
#include "feed/utf.h"
#include "store/credentials.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <sstream>

namespace ssblog {
namespace {

constexpr int most_hops = 100;

void read_network(ConfigReader& reader, const toml::table& table, Settings& settings) {
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    if (name == "port" || name == "hops") {
      const auto number = name == "port" ? reader.number(node, "network.port", 0, 65535)
                                         : reader.number(node, "network.hops", 0, most_hops);
      (name == "port" ? settings.port : settings.hops) = number;
      continue;
    }
    if (name != "key" && name != "sign") {
      reader.wrong(key.source(), fmt::format("unknown key \"network.{}\"", name));
      continue;
    }
    const auto text = reader.text(node, fmt::format("network.{}", name));
    if (!text) continue;
    if (name == "key") {
      auto network_key = parse_network_key(*text);
      if (network_key)
        settings.network_key = *network_key;
      else
        reader.wrong(node, network_key.error().text);
    } else {
      auto signing_key = parse_signing_key(*text);
      if (signing_key)
        settings.signing_key = *signing_key;
      else
        reader.wrong(node, signing_key.error().text);
    }
  }
}

void read_lan(ConfigReader& reader, const toml::table& table, Settings& settings) {
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    if (name != "discover" && name != "legacy") {
      reader.wrong(key.source(), fmt::format("unknown key \"lan.{}\"", name));
    } else if (const auto flag = reader.flag(node, fmt::format("lan.{}", name))) {
      (name == "discover" ? settings.discover : settings.legacy) = *flag;
    }
  }
}

void read_publish(ConfigReader& reader, const toml::table& table, Settings& settings) {
  PublishSocket& socket = settings.publish_socket.emplace();
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    if (name == "mode") {
      socket.mode = reader.permissions(node, "publish.mode").value_or(socket.mode);
    } else if (name == "group") {
      socket.group = reader.group(node, "publish.group");
    } else if (name == "socket") {
      socket.path = reader.text(node, "publish.socket").value_or("/");
      if (!socket.path.starts_with('/')) reader.wrong(node, "publish.socket must be an absolute path");
    } else {
      reader.wrong(key.source(), fmt::format("unknown key \"publish.{}\"", name));
    }
  }
}

void read_search(ConfigReader& reader, const toml::table& table, Settings& settings) {
  for (const auto& [key, node] : table) {
    if (key.str() != "index")
      reader.wrong(key.source(), fmt::format("unknown key \"search.{}\"", key.str()));
    else
      settings.search_index = reader.flag(node, "search.index").value_or(false);
  }
}

void read_daemon(ConfigReader& reader, const toml::table& table, Settings& settings) {
  constexpr auto least = std::chrono::seconds(1);
  for (const auto& [key, node] : table) {
    if (key.str() != "status_interval") {
      reader.wrong(key.source(), fmt::format("unknown key \"daemon.{}\"", key.str()));
      continue;
    }
    const auto interval = reader.duration(node, "daemon.status_interval");
    if (interval && *interval < least) reader.wrong(node, "daemon.status_interval must be 1s or more");
    settings.status_interval = interval.value_or(settings.status_interval);
  }
}

void read_alerts(ConfigReader& reader, const toml::table& table, Settings& settings) {
  AlertsTable& alerts = settings.alerts;
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    if (name == "exec") {
      alerts.command = reader.text(node, "alerts.exec").value_or("");
    } else if (name == "desktop") {
      alerts.desktop = reader.flag(node, "alerts.desktop").value_or(false);
    } else if (name == "patience") {
      alerts.patience = reader.duration(node, "alerts.patience").value_or(alerts.patience);
    } else if (name == "spread") {
      alerts.spread = reader.duration(node, "alerts.spread").value_or(alerts.spread);
    } else {
      reader.wrong(key.source(), fmt::format("unknown key \"alerts.{}\"", name));
    }
  }
}

void read_files_table(ConfigReader& reader, const toml::table& table, Settings& settings) {
  settings.files = read_files(reader, table);
}

void read_view_table(ConfigReader& reader, const toml::table& table, Settings& settings) {
  settings.has_view = true;
  read_view(reader, table, settings.view);
}

/// The tables that stand there once.
struct TableReader {
  std::string_view name;
  void (*read)(ConfigReader& reader, const toml::table& table, Settings& settings);
};
constexpr TableReader tables[] = {
    {"network", read_network},   {"lan", read_lan},       {"publish", read_publish},
    {"files", read_files_table}, {"search", read_search}, {"alerts", read_alerts},
    {"view", read_view_table},   {"daemon", read_daemon},
};

void read_table(ConfigReader& reader, const toml::table& table, bool whole, Settings& settings) {
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    const auto* const inner = std::find_if(std::begin(tables), std::end(tables),
                                           [name](const TableReader& one) { return one.name == name; });
    if (inner != std::end(tables)) {
      if (node.is_table())
        inner->read(reader, *node.as_table(), settings);
      else
        reader.wrong(key.source(),
                     fmt::format("{0} is a table: write [{0}] in a line of its own, its keys below", name));
    } else if (name == "name") {
      settings.name = reader.text(node, "name").value_or("");
    } else if (name == "source" && node.is_array()) {
      auto sources = read_sources(reader, *node.as_array(), whole);
      settings.sources = std::move(sources.files);
      settings.event_sources = std::move(sources.events);
    } else if (name == "sink" && node.is_array()) {
      settings.sinks = read_sinks(reader, *node.as_array());
    } else if (name == "source" || name == "sink") {
      reader.wrong(key.source(), fmt::format("a {0} begins with [[{0}]], in two brackets", name));
    } else {
      reader.wrong(key.source(), fmt::format("unknown key \"{}\"", name));
    }
  }
}

/// The line of the first control character that TOML does not allow anywhere; toml++ ends the program over some of them.
std::optional<std::size_t> line_of_control(std::string_view text) {
  std::size_t line = 1;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f) return line;
    line += c == '\n' ? 1 : 0;
  }
  return std::nullopt;
}

}  // namespace

Settings read_settings(std::string_view text, const std::string& place, bool whole,
                       std::vector<Error>& mistakes) {
  mistakes.clear();
  Settings settings;
  if (const auto line = line_of_control(text)) {
    mistakes.push_back(
        {Code::config, fmt::format("{}, line {}: there are bytes that belong into no text", place, *line)});
    return settings;
  }
  if (const auto trap = find_toml_trap(text)) {
    mistakes.push_back({Code::config, fmt::format("{}, line {}: {}", place, trap->line, trap->why)});
    return settings;
  }
  ConfigReader reader(place);
  const toml::parse_result parsed = toml::parse(text, place);
  if (parsed)
    read_table(reader, parsed.table(), whole, settings);
  else
    reader.wrong(parsed.error().source(), parsed.error().description());
  settings.view.patience = settings.alerts.patience;
  mistakes = reader.mistakes();
  return settings;
}

Result<Settings> parse_settings(std::string_view text, const std::string& place, bool whole) {
  std::vector<Error> mistakes;
  Settings settings = read_settings(text, place, whole, mistakes);
  if (!mistakes.empty()) return mistakes.front();
  return settings;
}

Result<Settings> load_settings(const std::optional<std::string>& path, bool whole) {
  auto home = path ? Result<Home>(home_at(*path)) : find_home();
  if (!home) return home.error();
  Settings settings;
  if (::access(home->config_path().c_str(), F_OK) == 0 || errno != ENOENT) {
    auto text = read_file(home->config_path(), longest_config);
    if (!text) return text.error();
    auto parsed = parse_settings(*text, home->config_path(), whole);
    if (!parsed) return parsed.error();
    settings = std::move(*parsed);
  }
  settings.home = std::move(*home);
  if (settings.name.empty()) settings.name = host_name();
  if (const char* file = std::getenv("SSBLOG_CAPS_FILE"); file != nullptr && *file != '\0') {
    auto key = network_key_option(fmt::format("@{}", file));
    if (!key) return key.error();
    settings.network_key = *key;
  } else if (const auto credential = credential_path("network-key")) {
    auto key = network_key_option(fmt::format("@{}", *credential));
    if (!key) return key.error();
    settings.network_key = *key;
  }
  return settings;
}

std::string format_settings(const NetworkKey& key, const std::optional<std::string>& name) {
  toml::table quoted;  // for the quotes of a name that has some itself
  if (name) quoted.insert("name", *name);
  std::ostringstream name_line;
  name_line << quoted;
  return fmt::format(
      "# What ssblog does on this host. This file is yours: once you have edited it, ssblog never changes "
      "it.\n"
      "\n"
      "# What this host calls itself in its lines; without it, the name of the machine.\n"
      "{}\n"
      "\n"
      "[network]\n"
      "# The network key: the same on all your hosts, and nobody else's business.\n"
      "key = \"{}\"\n",
      name ? name_line.str() : "# name = \"nas\"", to_base64(key.view()));
}

Result<std::optional<Settings>> load_untouched(const Home& home) {
  auto text = read_file(home.config_path(), longest_config);
  if (!text) return text.error();
  auto settings = parse_settings(*text, home.config_path());
  if (!settings) return settings.error();
  const auto name = settings->name.empty() ? std::nullopt : std::optional(settings->name);
  if (!settings->network_key || format_settings(*settings->network_key, name) != *text)
    return std::optional<Settings>();
  return std::optional(std::move(*settings));
}

Result<NetworkKey> network_key_option(const std::string& value) {
  if (!value.starts_with('@')) {
    auto key = parse_network_key(value);
    if (key)
      say("warning: a network key among the words of a command can be seen by every user of this machine; "
          "give it as @FILE, or leave it to config.toml");
    return key;
  }
  const std::string path = value.substr(1);
  auto text = read_file(path, longest_config);
  if (!text) return text.error();
  // A host's own configuration is a key file too: that is how a key gets from host to host.
  if (text->find("[network]") != std::string::npos) {
    auto settings = parse_settings(*text, path);
    if (!settings) return settings.error();
    if (settings->network_key) return *settings->network_key;
  }
  auto key = parse_network_key(*text);
  if (!key) return Error{key.error().code, fmt::format("{}: {}", path, key.error().text)};
  return key;
}

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return decode_utf8(as_bytes(name));
}

Millis clock_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace ssblog
