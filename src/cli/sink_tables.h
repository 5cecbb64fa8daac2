// SPDX-License-Identifier: MIT
// cli/sink_tables.h - the tables [[sink]] of config.toml. Includes toml++.
//
// Used by settings.cc. Source: man/ssblog-config.5.
#pragma once

#include "cli/toml_values.h"
#include "sink/sink_settings.h"

#include <vector>

namespace ssblog {

/// All of them, in their order. What is wrong is in the reader.
std::vector<SinkSettings> read_sinks(ConfigReader& reader, const toml::array& tables);

}  // namespace ssblog
