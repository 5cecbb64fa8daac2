// SPDX-License-Identifier: MIT
// cli/view_settings.h - the table [view] of config.toml: where the REST API and the page are served. Includes toml++.
#pragma once

#include "cli/toml_values.h"
#include "cli/view_place.h"

namespace ssblog {

void read_view(ConfigReader& reader, const toml::table& table, ViewPlace& view);

}  // namespace ssblog
