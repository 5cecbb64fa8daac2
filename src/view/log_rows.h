// SPDX-License-Identifier: MIT
// view/log_rows.h - lines as the rows of the API.
//
// Used by the API. Pure but for the sweep; one thread. Shapes: docs/api.md.
#pragma once

#include "assemble/sweep.h"
#include "assemble/text_pattern.h"

#include <string>
#include <string_view>

namespace ssblog {

/// Bytes of a line that a row shows; `...` stands for the rest.
inline constexpr std::size_t longest_logline = 64 * 1024;

/// `{"filename","last_modified","logline","host"}`; `last_modified` is seconds since 1970 as a decimal text.
Result<void> write_log_row(Sweep& sweep, const SweptLine& line, std::string_view host, std::string& row);

/// The object of the format jsonl, with as much of the line.
Result<void> write_record(Sweep& sweep, const SweptLine& line, std::string& row);

/// `filter`: a text that stands in the line, in any case unless it has a capital letter; `/re/` a pattern of RE2.
Result<TextRule> filter_rule(std::string_view filter);

}  // namespace ssblog
