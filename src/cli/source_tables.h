// SPDX-License-Identifier: MIT
// cli/source_tables.h - how settings.cc has the tables of sources read. Includes toml++.
#pragma once

#include "cli/source_settings.h"
#include "cli/toml_values.h"

namespace ssblog {

/// `whole`: with all that check_source looks at. What is wrong is in the reader.
std::vector<Source> read_sources(ConfigReader& reader, const toml::array& tables, bool whole);

FilesTable read_files(ConfigReader& reader, const toml::table& table);

}  // namespace ssblog
