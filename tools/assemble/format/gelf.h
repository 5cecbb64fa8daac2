// SPDX-License-Identifier: MIT
// assemble/format/gelf.h - swept lines as GELF 1.1, Graylog's format, an object a line.
//
// Source: Graylog's documentation, "GELF Payload Specification".
#pragma once

#include "assemble/format/line_fields.h"
#include "assemble/line_writer.h"

namespace ssblog {

class GelfWriter final : public LineWriter {
 public:
  using LineWriter::LineWriter;

  Result<void> write(Sweep& sweep, const SweptLine& line) override;

 private:
  SharedTexts shared_;
};

}  // namespace ssblog
