// SPDX-License-Identifier: MIT
// assemble/format/ecs.h - swept lines for Elasticsearch's bulk API, as documents of the Elastic Common Schema.
//
// Two lines each: the action, then the document. The document's id is made of feed, sequence and line, so that what is
// loaded twice is there once. No index is named: the address of the request does. Source: Elasticsearch's
// documentation, "Bulk API"; ECS 8.11.
#pragma once

#include "assemble/format/line_fields.h"
#include "assemble/line_writer.h"

namespace ssblog {

class EcsWriter final : public LineWriter {
 public:
  using LineWriter::LineWriter;

  Result<void> write(Sweep& sweep, const SweptLine& line) override;

 private:
  SharedTexts shared_;
};

}  // namespace ssblog
