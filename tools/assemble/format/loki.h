// SPDX-License-Identifier: MIT
// assemble/format/loki.h - swept lines as bodies for Loki's push API, one body a line of output.
//
// Labels are few (host, job, stream), since Loki makes an index of them; the rest is structured metadata. Loki takes
// two equal lines with equal times for one, so each line has nanoseconds of its own. A body ends when it is large, and
// at a flush. Source: Loki's documentation, "Ingest logs": POST /loki/api/v1/push.
#pragma once

#include "assemble/format/line_fields.h"
#include "assemble/line_writer.h"

namespace ssblog {

class LokiWriter final : public LineWriter {
 public:
  using LineWriter::LineWriter;

  Result<void> write(Sweep& sweep, const SweptLine& line) override;
  bool between_batches() const override { return lines_ == 0; }

 protected:
  void end_batch() override;

 private:
  SharedTexts shared_;
  std::string labels_;          ///< of the stream that is open in the body
  std::size_t lines_ = 0;       ///< in the body
  std::uint64_t began_at_ = 0;  ///< where the body begins in all that was written
};

}  // namespace ssblog
