// SPDX-License-Identifier: MIT
// fuzz/journal_fuzz.cc - the export format of the journal: the same entries however the bytes are cut, bounded ones.
#include "fuzz/input.h"
#include "intake/journal_export.h"

#include <vector>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

struct Outcome {
  std::vector<std::string> entries;
  bool refused = false;
  bool operator==(const Outcome&) const = default;
};

void take(JournalExport& reader, ByteView in, Outcome& outcome) {
  while (!outcome.refused) {
    const auto entry = reader.next(in);
    outcome.refused = !entry;
    if (!entry || !*entry) break;
    const JournalEntry& e = **entry;
    std::size_t bytes = 0;
    std::string all;
    for (const std::string* field : {&e.cursor, &e.realtime, &e.monotonic, &e.boot, &e.message, &e.priority,
                                     &e.identifier, &e.command, &e.pid, &e.unit}) {
      must(field->size() <= JournalExport::longest_field, "a field is bounded");
      bytes += field->size();
      all += std::to_string(field->size()) + ":" + *field;
    }
    must(bytes <= JournalExport::longest_entry, "an entry is bounded");
    const Event event = event_of(e, "journal", 1000);
    must(event.time >= 0 && event.time <= max_time, "a time is one that can be shown");
    must(event.boot.empty() || (event.boot.size() == 8 && from_hex(event.boot)), "a boot has 8 digits");
    outcome.entries.push_back(all + std::to_string(e.cut) + event.text);
  }
  must(outcome.refused || in.empty(), "all bytes are eaten");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t seed = input.byte();
  const ByteView bytes = input.rest();
  Outcome whole, cut;
  JournalExport at_once, in_parts;
  take(at_once, bytes, whole);
  in_pieces(bytes, seed, [&](ByteView piece) { take(in_parts, piece, cut); });
  must(whole == cut, "cuts change nothing");
  return 0;
}
