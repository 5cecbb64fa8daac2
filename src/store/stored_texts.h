// SPDX-License-Identifier: MIT
// store/stored_texts.h - the texts of many stored messages, for what is made anew out of all that is there.
//
// Used by migrations. What is damaged is passed over: it stays so, and `verify` tells it. One thread.
#pragma once

#include "store/store.h"

#include <functional>
#include <string_view>

namespace ssblog {

/// Calls `use` for each row of `sql`, whose columns are those of a message (id, first_time, instance, shape, body), the id of
/// its feed, and whatever else `use` wants.
Result<void> for_each_sealed(
    Database& database, const char* sql,
    const std::function<Result<void>(RowId row, std::string_view text, const Statement::Run& columns)>& use);

/// The same before version 5, when bodies had no checksum: the columns are id and body.
Result<void> for_each_unsealed(Database& database, const char* sql,
                               const std::function<Result<void>(RowId row, std::string_view text)>& use);

}  // namespace ssblog
