// SPDX-License-Identifier: MIT
// assemble/format/utf8_line.h - the bytes of a line where only text can stand.
//
// Used by the formats whose messages are text: what is no UTF-8 (or, where the format's readers do not bear control
// characters, what has some) stands in its escaped form (escape.h), and a mark says so. So a person can read it, and
// `unescape_line` gives the bytes back.
#pragma once

#include "assemble/format/line_fields.h"

#include <functional>
#include <string>
#include <string_view>

namespace ssblog {

/// Appends the inside of a JSON string that holds the line: its text, or its escaped form.
/// `flush` is called within long lines. @return true: it is the escaped form.
Result<bool> append_json_line(std::string& out, Sweep& sweep, const SweptLine& line,
                              const std::function<Result<void>()>& flush);

}  // namespace ssblog
