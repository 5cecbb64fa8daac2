// SPDX-License-Identifier: MIT
// cli/source_tables.h - how settings.cc has the tables of sources read. Includes toml++.
#pragma once

#include "cli/source_settings.h"
#include "cli/toml_values.h"
#include "intake/event_source.h"

namespace ssblog {

/// All [[source]]: those of files, and those with a `kind`.
struct SourceTables {
  std::vector<Source> files;
  std::vector<EventSource> events;
};

/// `whole`: with all that check_source looks at. What is wrong is in the reader.
SourceTables read_sources(ConfigReader& reader, const toml::array& tables, bool whole);

FilesTable read_files(ConfigReader& reader, const toml::table& table);

}  // namespace ssblog
