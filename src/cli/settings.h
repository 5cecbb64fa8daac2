// SPDX-License-Identifier: MIT
// cli/settings.h - the home and the configuration that a command works with.
//
// Used by every command. `config.toml` is a person's file: it is read here, handed down as plain values, and
// never rewritten. Source: design.md, section 5.
#pragma once

#include "cli/command.h"
#include "cli/source_settings.h"
#include "cli/view_place.h"
#include "feed/keys.h"
#include "intake/event_source.h"
#include "sink/sink_settings.h"
#include "store/home.h"

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// The table [publish].
struct PublishSocket {
  std::string path;            ///< empty: where the home has it
  unsigned mode = 0660;        ///< of the socket
  std::optional<gid_t> group;  ///< none: that of the daemon
};

/// The table [alerts].
struct AlertsTable {
  std::string command;   ///< that the daemon has /bin/sh run for each alert; empty: none
  bool desktop = false;  ///< ... and whether it shows each on the desktop
  std::chrono::milliseconds patience = std::chrono::minutes(15);  ///< before a host counts as not seen
  std::chrono::milliseconds spread = std::chrono::seconds(10);    ///< between the turns of two hosts
};

struct Settings {
  Home home;
  std::string name;  ///< what this host calls itself: from the file, else the host name
  std::optional<NetworkKey> network_key;
  std::optional<SigningKey> signing_key;
  std::optional<int> port;  ///< of TCP
  std::optional<int> hops;  ///< how far the daemon replicates
  bool discover = true;     ///< find others in the LAN
  bool legacy = false;      ///< ... and ssb-servers
  /// How other users of the machine may publish; nothing: they may not.
  std::optional<PublishSocket> publish_socket;
  /// [search] index: the daemon, and search, keep an index of all lines.
  bool search_index = false;
  /// [daemon] status_interval: how often the daemon says how everything stands; 0: never.
  std::chrono::milliseconds status_interval{0};
  AlertsTable alerts;
  ViewPlace view;
  bool has_view = false;  ///< there is a table [view]: the daemon serves it
  FilesTable files;
  std::vector<Source> sources;             ///< of files, in the order of config.toml
  std::vector<EventSource> event_sources;  ///< those with a `kind`, likewise
  std::vector<SinkSettings> sinks;         ///< likewise

  const SigningKey* hmac() const { return signing_key ? &*signing_key : nullptr; }
};

inline constexpr std::size_t longest_config = 256 * 1024;

/// The settings of the home at `path`, or of the one that find_home finds. Code::config, with the line, for
/// what the file should not say. Sources are looked at closely (check_source) only if `whole`.
Result<Settings> load_settings(const std::optional<std::string>& path, bool whole = false);

/// Reads one configuration. `place` is what errors call it.
Result<Settings> parse_settings(std::string_view text, const std::string& place, bool whole = false);

/// The same, with all mistakes in it, each with its line; what is wrong is left out of the settings.
Settings read_settings(std::string_view text, const std::string& place, bool whole,
                       std::vector<Error>& mistakes);

/// The text of a new configuration.
std::string format_settings(const NetworkKey& key, const std::optional<std::string>& name);

/// A configuration that is, byte for byte, what format_settings wrote; nothing: a person has edited it.
Result<std::optional<Settings>> load_untouched(const Home& home);

/// The network key of `--caps.shs KEY|@FILE`. A key among the words is taken, and a warning is said.
Result<NetworkKey> network_key_option(const std::string& value);

/// The name of the machine.
std::string host_name();

/// Ms since 1970, now.
Millis clock_now();

}  // namespace ssblog
