// SPDX-License-Identifier: MIT
#include "cli/settings.h"

#include "feed/utf.h"

#define TOML_EXCEPTIONS 0
#include <fmt/format.h>
#include <grp.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <sstream>

namespace ssblog {
namespace {

constexpr std::size_t longest_config = 64 * 1024;
constexpr int most_hops = 100;
constexpr std::ptrdiff_t most_dots = 16;  // in a line; toml++ goes down a level for each part of a key

Error wrong(const std::string& place, const toml::source_region& where, std::string_view what) {
  return {Code::config, fmt::format("{}, line {}: {}", place, where.begin.line, what)};
}

/// The text of a key that must be one.
Result<std::string> text_value(const toml::node& node, std::string_view name, const std::string& place) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  return wrong(place, node.source(), fmt::format("{} must be a text in quotes", name));
}

/// A whole number from `least` to `most`.
Result<int> number_value(const toml::node& node, std::string_view name, int least, int most,
                         const std::string& place) {
  const auto number = node.value_exact<std::int64_t>();
  if (number && *number >= least && *number <= most) return static_cast<int>(*number);
  return wrong(place, node.source(), fmt::format("{} must be a number from {} to {}", name, least, most));
}

Result<void> read_network(const toml::table& table, const std::string& place, Settings& settings) {
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    if (name == "port" || name == "hops") {
      auto number = name == "port" ? number_value(node, "network.port", 0, 65535, place)
                                   : number_value(node, "network.hops", 0, most_hops, place);
      if (!number) return number.error();
      (name == "port" ? settings.port : settings.hops) = *number;
      continue;
    }
    if (name != "key" && name != "sign")
      return wrong(place, key.source(), fmt::format("unknown key \"network.{}\"", name));
    auto text = text_value(node, fmt::format("network.{}", name), place);
    if (!text) return text.error();
    if (name == "key") {
      auto network_key = parse_network_key(*text);
      if (!network_key) return wrong(place, node.source(), network_key.error().text);
      settings.network_key = *network_key;
    } else {
      auto signing_key = parse_signing_key(*text);
      if (!signing_key) return wrong(place, node.source(), signing_key.error().text);
      settings.signing_key = *signing_key;
    }
  }
  return {};
}

Result<void> read_lan(const toml::table& table, const std::string& place, Settings& settings) {
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    if (name != "discover" && name != "legacy")
      return wrong(place, key.source(), fmt::format("unknown key \"lan.{}\"", name));
    const auto flag = node.value_exact<bool>();
    if (!flag) return wrong(place, node.source(), fmt::format("lan.{} must be true or false", name));
    (name == "discover" ? settings.discover : settings.legacy) = *flag;
  }
  return {};
}

Result<gid_t> group_value(const toml::node& node, const std::string& place) {
  auto name = text_value(node, "publish.group", place);
  if (!name) return name.error();
  const group* found = ::getgrnam(name->c_str());
  if (found == nullptr)
    return wrong(place, node.source(), fmt::format("this machine has no group {}", *name));
  return found->gr_gid;
}

/// "0660"
Result<unsigned> mode_value(const toml::node& node, const std::string& place) {
  auto text = text_value(node, "publish.mode", place);
  if (!text) return text.error();
  unsigned mode = 0;
  const std::string_view digits = *text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  if (error != std::errc() || end != digits.data() + digits.size() || mode > 0777)
    return wrong(place, node.source(), "publish.mode must be permissions in octal, as \"0660\"");
  return mode;
}

Result<void> read_publish(const toml::table& table, const std::string& place, Settings& settings) {
  PublishSocket& socket = settings.publish_socket.emplace();
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    if (name == "mode") {
      auto mode = mode_value(node, place);
      if (!mode) return mode.error();
      socket.mode = *mode;
    } else if (name == "group") {
      auto group = group_value(node, place);
      if (!group) return group.error();
      socket.group = *group;
    } else if (name == "socket") {
      auto path = text_value(node, "publish.socket", place);
      if (!path) return path.error();
      if (!path->starts_with('/'))
        return wrong(place, node.source(), "publish.socket must be an absolute path");
      socket.path = *path;
    } else {
      return wrong(place, key.source(), fmt::format("unknown key \"publish.{}\"", name));
    }
  }
  return {};
}

}  // namespace

Result<Settings> parse_settings(std::string_view text, const std::string& place) {
  std::size_t number = 1;
  for (std::string_view rest = text; !rest.empty(); ++number) {
    const auto line = rest.substr(0, rest.find('\n'));
    if (std::count(line.begin(), line.end(), '.') > most_dots) {
      return Error{Code::config, fmt::format("{}, line {}: too many dots for any setting", place, number)};
    }
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  const toml::parse_result parsed = toml::parse(text, place);
  if (!parsed) return wrong(place, parsed.error().source(), parsed.error().description());
  Settings settings;
  for (const auto& [key, node] : parsed.table()) {
    if (key.str() == "name") {
      auto name = text_value(node, "name", place);
      if (!name) return name.error();
      settings.name = *name;
    } else if (key.str() == "network" && node.is_table()) {
      if (auto read = read_network(*node.as_table(), place, settings); !read) return read.error();
    } else if (key.str() == "lan" && node.is_table()) {
      if (auto read = read_lan(*node.as_table(), place, settings); !read) return read.error();
    } else if (key.str() == "publish" && node.is_table()) {
      if (auto read = read_publish(*node.as_table(), place, settings); !read) return read.error();
    } else {
      return wrong(place, key.source(), fmt::format("unknown key \"{}\"", key.str()));
    }
  }
  return settings;
}

Result<Settings> load_settings(const std::optional<std::string>& path) {
  auto home = path ? Result<Home>(home_at(*path)) : find_home();
  if (!home) return home.error();
  Settings settings;
  if (::access(home->config_path().c_str(), F_OK) == 0 || errno != ENOENT) {
    auto text = read_file(home->config_path(), longest_config);
    if (!text) return text.error();
    auto parsed = parse_settings(*text, home->config_path());
    if (!parsed) return parsed.error();
    settings = std::move(*parsed);
  }
  settings.home = std::move(*home);
  if (settings.name.empty()) settings.name = host_name();
  if (const char* file = std::getenv("SSBLOG_CAPS_FILE"); file != nullptr && *file != '\0') {
    auto key = network_key_option(fmt::format("@{}", file));
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
