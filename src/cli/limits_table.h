// SPDX-License-Identifier: MIT
// cli/limits_table.h - the limits of limits.h and message.h as a table, for `status --limits`.
#pragma once

namespace ssblog {

/// Prints each limit with its value, and what it is of.
void print_limits(bool json);

}  // namespace ssblog
