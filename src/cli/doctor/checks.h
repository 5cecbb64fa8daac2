// SPDX-License-Identifier: MIT
// cli/doctor/checks.h - what the doctor looks at, part by part.
//
// Used by doctor.cc. A check adds what it found to the report, and changes nothing on the host. What one cannot look at
// is a finding, too.
#pragma once

#include "cli/doctor/report.h"
#include "cli/settings.h"
#include "store/daemon_state.h"

#include <optional>
#include <string>

namespace ssblog {

/// A host as the checks see it.
struct Patient {
  Settings settings;
  std::string root;  ///< below which the machine's own files lie (logrotate, the firewall); empty: /
  std::optional<DaemonState> daemon;
  std::optional<FeedId> own;  ///< none: its secret cannot be read
};

/// The home: its mode and disk, the secret, every mistake in config.toml. Fills `patient`.
/// @return false: there is nothing more to look at.
bool check_home(const std::optional<std::string>& path, Patient& patient, DoctorReport& report);

/// The store: whether it can be read, holds on publishing of every kind, forks, room on the disk, network keys that stand
/// in feeds.
void check_store(const Patient& patient, DoctorReport& report);

/// The daemon, its ports and peers, and what may keep hosts from meeting: firewalls, other network keys.
void check_network(const Patient& patient, DoctorReport& report);

/// Hosts that are wanted, and were not heard of for long; clocks that are far from ours.
void check_hosts(const Patient& patient, DoctorReport& report);

/// Sources: files that nobody can read, patterns without files, logrotate's copytruncate.
void check_sources(const Patient& patient, DoctorReport& report);

/// Sinks: programs that there are not, folders that are not there, lines that wait for long.
void check_sinks(const Patient& patient, DoctorReport& report);

/// The view, where the daemon is to serve it: its program, its tokens, whether it serves, and answers.
void check_view(const Patient& patient, DoctorReport& report);

/// The machine: its clock, its id, whether the daemon comes back after a restart.
void check_machine(const Patient& patient, DoctorReport& report);

}  // namespace ssblog
