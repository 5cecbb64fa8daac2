// SPDX-License-Identifier: MIT
// assemble/format/jsonl.h - swept lines as JSON objects, one a line.
//
// Members: time, host, id, sequence, type, `clock` (what the host's clock said, where that was put right), source,
// destination, job, stream, level, and `text`, or `base64` where the bytes are no UTF-8.
#pragma once

#include "assemble/format/line_fields.h"
#include "assemble/line_writer.h"

namespace ssblog {

class JsonlWriter final : public LineWriter {
 public:
  using LineWriter::LineWriter;

  Result<void> write(Sweep& sweep, const SweptLine& line) override;

 private:
  Result<void> write_bytes(Sweep& sweep, const SweptLine& line);
  Result<void> write_base64(Sweep& sweep, const SweptLine& line);

  SharedTexts shared_;
};

}  // namespace ssblog
