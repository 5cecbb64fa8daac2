// SPDX-License-Identifier: MIT
// assemble/format/journal_export.h - swept lines as entries of the journal's export format.
//
// `systemd-journal-remote -o FILE.journal -` makes a journal of them. Bytes are exact, whatever they are. Source:
// systemd.io, "Journal Export Formats"; systemd.journal-fields(7).
#pragma once

#include "assemble/format/line_fields.h"
#include "assemble/line_writer.h"

namespace ssblog {

class JournalExportWriter final : public LineWriter {
 public:
  using LineWriter::LineWriter;

  Result<void> write(Sweep& sweep, const SweptLine& line) override;

 private:
  SharedTexts shared_;
};

}  // namespace ssblog
