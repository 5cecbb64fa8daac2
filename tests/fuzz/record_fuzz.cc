// SPDX-License-Identifier: MIT
// fuzz/record_fuzz.cc - the messages of a stranger's feed, read as records and placed in their stream instance.
//
// The promises: no byte of an instance is covered twice, the state stays bounded and in order, and what is kept beside a
// message says where its lines stand. A rule and an alert that were read are written and read as the same.
#include "feed/alert_record.h"
#include "feed/contact.h"
#include "feed/instance.h"
#include "feed/json.h"
#include "feed/utf.h"
#include "fuzz/input.h"

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

/// A content with a chunk whose fields the input chooses; anything else, too.
std::string content_of(Input& input) {
  if (input.byte() % 8 == 0) return std::string(input.text());
  std::string chunk = R"("run":"0123456789abcdef","offset":)";
  chunk += input.coin() ? std::to_string(input.byte()) : std::to_string(input.number(7));
  const std::uint8_t flags = input.byte();
  if ((flags & 1) != 0) chunk += R"(,"more":true)";
  if ((flags & 2) != 0) chunk += R"(,"end":true)";
  if ((flags & 4) != 0) chunk += R"(,"encoding":"latin1")";
  if ((flags & 8) != 0) chunk += R"(,"encoding":"base64")";
  if ((flags & 16) != 0) chunk += ",\"time\":" + std::to_string(input.number(6));
  if ((flags & 32) != 0) chunk += ",\"at\":" + json_string(decode_utf8(as_bytes(input.text(30))));
  if ((flags & 64) != 0) chunk += ",\"levels\":" + json_string(decode_utf8(as_bytes(input.text(8))));
  std::string text(input.text(60));
  // Lines, so that there is something to place.
  std::ranges::replace(text, '|', '\n');
  return fmt::format(R"({{"type":"log","stream":"s","text":{},"chunk":{{{}}}}})",
                     json_string(decode_utf8(as_bytes(text))), chunk);
}

void check_state(const InstanceState& state) {
  must(state.holes.size() <= 4096, "holes are bounded");
  std::uint64_t last = 0;
  for (const Range& hole : state.holes) {
    must(hole.begin < hole.end && (last == 0 || hole.begin > last) && hole.end <= state.high,
         "holes are in order");
    last = hole.end;
  }
  must(!state.latest || (*state.latest >= 0 && *state.latest <= max_time), "times can be shown");
}

void check_layout(const Record& record, const Placement& placement) {
  Placement kept;
  kept.first = placement.first;
  kept.last = placement.last;
  parse_shape(format_shape(placement), kept);
  must(format_shape(kept) == format_shape(placement), "a shape is read as it is written");
  std::vector<LinePiece> pieces, again;
  lay_out(record, placement, pieces);
  lay_out(record, kept, again);
  must(pieces.size() == again.size(), "what is kept says where lines stand");
  std::uint64_t bytes = 0, ends = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    must(pieces[i].bytes == again[i].bytes && pieces[i].order == again[i].order &&
             pieces[i].time == again[i].time,
         "what is kept says the same lines");
    must(pieces[i].line < record.lines && pieces[i].order >= 0 && pieces[i].order <= max_time,
         "a line is one of them");
    bytes += pieces[i].bytes.size();
    ends += 1;
  }
  std::uint64_t fresh = placement.whole ? record.length() : 0;
  if (!placement.whole)
    for (const Range& range : placement.fresh) fresh += range.end - range.begin;
  must(bytes <= fresh && fresh <= bytes + ends, "each new byte is in one line, or is a line's end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  InstanceState state;
  Record record;
  std::vector<Range> covered;
  for (std::uint32_t sequence = 1; !input.empty() && sequence < 200; ++sequence) {
    const auto content = canonical(content_of(input), Layout::compact);
    if (!content || !is_object(*content)) continue;
    read_record(*content, static_cast<double>(input.number(6)), record);
    if (const auto contact = read_contact(*content))
      must(to_text(contact->contact).size() == 53, "a contact is a feed");
    if (const auto said = read_expect(*content); said && said->rule) {
      const auto again = read_expect(expectation_content(*said->rule));
      must(again && again->rule == said->rule, "a rule is read as it is written");
    }
    if (const auto alert = read_alert(*content)) {
      const auto again = read_alert(alert_content(*alert));
      must(again && *again == *alert, "an alert is read as it is written");
    }
    if (record.kind != RecordKind::log) {
      place_event(record, state.latest);
      continue;
    }
    if (!record.chunk) {
      check_layout(record, place_alone(record));
      continue;
    }
    const Placement placement = place(state, record, sequence);
    check_state(state);
    check_layout(record, placement);
    std::vector<Range> fresh = placement.fresh;
    if (placement.whole) fresh = {{record.chunk->offset, record.chunk->offset + record.length()}};
    for (const Range& range : fresh)
      for (const Range& old : covered)
        must(range.begin >= old.end || range.end <= old.begin || range.begin == range.end ||
                 old.begin == old.end,
             "a byte is covered once");
    covered.insert(covered.end(), fresh.begin(), fresh.end());
  }
  return 0;
}
