// SPDX-License-Identifier: MIT
// store/migrate.h - brings a store of an older schema up to date.
//
// Used by schema.cc.
#pragma once

#include "store/sqlite.h"

namespace ssblog {

/// The number that a pragma, or a query, gives.
Result<int> pragma_value(Database& database, const char* sql);

/// In one transaction; what older messages say is noted as if they came now. Another process may do it at the same time.
Result<void> migrate_schema(Database& database);

}  // namespace ssblog
