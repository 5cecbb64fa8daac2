// SPDX-License-Identifier: MIT
// assemble/format/template.h - swept lines as a template says: `{time} {host} {text}`.
//
// All values are escaped as the text form escapes lines (escape.h), so each line of a feed is one line of text.
#pragma once

#include "assemble/clock_text.h"
#include "assemble/escape.h"
#include "assemble/format/line_fields.h"
#include "assemble/line_writer.h"

#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

enum class LineField {
  time,
  host,
  id,
  feed,
  sequence,
  line,
  type,
  source,
  destination,
  job,
  stream,
  level,
  env,
  service,
  function,
  text
};

/// A literal text, and a field behind it.
struct LineTemplate {
  struct Part {
    std::string literal;
    std::optional<LineField> field;  ///< none: the template ends with the literal
  };
  std::vector<Part> parts;

  /// `{{` and `}}` are braces. Code::usage for an unknown placeholder, a brace without its other, no text at all, one
  /// that is too long or of several lines.
  static Result<LineTemplate> parse(std::string_view text);
};

class TemplateWriter final : public LineWriter {
 public:
  TemplateWriter(Sink sink, LineTemplate parsed, ClockText clock)
      : LineWriter(std::move(sink)), template_(std::move(parsed)), clock_(std::move(clock)) {}

  Result<void> write(Sweep& sweep, const SweptLine& line) override;

 private:
  Result<void> append(Sweep& sweep, const SweptLine& line, LineField field);

  LineTemplate template_;
  ClockText clock_;
  LineEscaper escaper_;
};

}  // namespace ssblog
