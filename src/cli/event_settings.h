// SPDX-License-Identifier: MIT
// cli/event_settings.h - the tables [[source]] of config.toml that have a `kind`: kernel, journal, syslog, datagrams. Includes toml++.
//
// Used by source_settings.cc. Source: man/ssblog-config.5.
#pragma once

#include "cli/toml_values.h"
#include "intake/event_source.h"

namespace ssblog {

/// Reads one. What is wrong is in the reader.
EventSource read_event_source(ConfigReader& reader, const toml::table& table);

}  // namespace ssblog
