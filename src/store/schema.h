// SPDX-License-Identifier: MIT
// store/schema.h - the tables of a store, and what happens when a file has others.
//
// Used by store.cc.
#pragma once

#include "store/sqlite.h"

namespace ssblog {

/// Makes the tables in an empty file, or checks that the file is a store of a schema that we know.
/// @return Code::data for a file that is something else, Code::config for a newer schema.
Result<void> prepare_schema(Database& database, OpenMode mode);

/// Own messages must survive a power cut; copies can be fetched again.
enum class Durability { full, normal };
Result<void> set_durability(Database& database, Durability durability);

}  // namespace ssblog
