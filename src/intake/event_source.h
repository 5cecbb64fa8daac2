// SPDX-License-Identifier: MIT
// intake/event_source.h - one `[[source]]` of config.toml with a `kind`, as plain values.
//
// Read in cli; used by everything of intake that takes events. Source: issue "Ways in, second part",
// man/ssblog-config.5.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

enum class EventKind {
  kernel,     ///< /dev/kmsg, and what pstore kept of the last boot
  journal,    ///< systemd's, through journalctl
  syslog,     ///< a unix socket as /dev/log is, UDP, TCP
  datagrams,  ///< signed ones of applications, UDP
};

struct EventSource {
  EventKind kind = EventKind::kernel;
  std::string name;                 ///< unique among all sources
  std::string stream;               ///< empty: the kind's own name
  std::string job, destination;     ///< fields of all its messages; left out when empty
  std::vector<std::string> listen;  ///< syslog, datagrams: `unix:/dev/log`, `udp:[ADDRESS:]PORT`, `tcp:...`
  std::vector<std::string> accept_from;  ///< addresses or networks (`192.168.1.0/24`); empty: loopback alone
  std::string path;  ///< kernel: instead of /dev/kmsg; journal: a file or folder of journals
  std::string pstore = "/sys/fs/pstore";  ///< kernel: where crash logs lie; empty: nowhere
  std::string since;        ///< journal: how far back at the first time; empty: the oldest entry
  std::string secret_file;  ///< datagrams
  std::chrono::milliseconds ttl{30'000};  ///< datagrams: how far their time may be from ours
  bool redact = true;                     ///< secrets are masked
  std::uint64_t buffer = 0;               ///< bytes kept in memory before they are committed; 0: at once
};

/// What a person calls a kind: "kernel".
std::string_view kind_name(EventKind kind);

/// Where its events come from, for a person.
std::string place_of(const EventSource& source);

}  // namespace ssblog
