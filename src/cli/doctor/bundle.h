// SPDX-License-Identifier: MIT
// cli/doctor/bundle.h - what somebody who is to help needs to know of a host: one text, without its secrets.
//
// Used by `doctor --bundle`. Made to be read before it is sent: no archive, no base64.
#pragma once

#include "cli/doctor/checks.h"

#include <string>

namespace ssblog {

/// Version, system, the report, config.toml, `status --json`, and the last words of the daemon's log. Keys, invites,
/// secrets of presets, and what config.toml gives to names such as `password` are taken out. Ids of hosts are not
/// secret and stay.
Result<std::string> make_bundle(const Patient& patient, const DoctorReport& report);

}  // namespace ssblog
