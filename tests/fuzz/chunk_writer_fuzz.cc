// SPDX-License-Identifier: MIT
// fuzz/chunk_writer_fuzz.cc - any stream of bytes, packed into messages: the same bytes come out of them.
#include "feed/chunk_writer.h"
#include "feed/instance.h"
#include "feed/json.h"
#include "feed/message.h"
#include "feed/utf.h"
#include "fuzz/input.h"

#include <fmt/format.h>

#include <map>
#include <string>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

class Reader {
 public:
  void take(std::string_view content) {
    const auto again = canonical(content, Layout::compact);
    must(again && *again == content, "a content is canonical");
    must(indented_length(content, 1) + message_overhead_units() <= max_message_units,
         "a content fits into a message");
    Record record;
    read_record(content, 1000, record);
    must(record.kind == RecordKind::log, "a content is a log record");
    if (record.chunk) {
      const Placement placement = place(states_[record.chunk->run], record, ++sequence_);
      must(placement.whole && placement.gap == 0, "chunks stand side by side");
    }
    bytes += record.bytes;
    if (record.ends_line()) bytes += '\n';
  }
  std::string bytes;

 private:
  std::map<std::string, InstanceState> states_;  ///< by run
  std::uint32_t sequence_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t choice = input.byte();
  const std::uint8_t repeated = input.byte();
  const Packing packing = (choice & 1) != 0 ? Packing::line_per_message : Packing::full;
  int runs = 0;
  auto writer = ChunkWriter::create(R"({"type":"log","source":"nas","job":"j"})", packing,
                                    [&runs] { return fmt::format("{:016x}", ++runs); });
  must(bool(writer), "there is room for lines");
  if ((choice & 2) != 0) writer->always_tell_time();
  // What is short becomes long, so that messages are full.
  std::string stream;
  const std::string_view pattern = input.rest_text();
  for (int times = repeated % 64; times >= 0 && stream.size() < 20'000; --times) stream += pattern;

  Reader reader;
  const auto emit = [&reader](std::string_view content) { reader.take(content); };
  Millis now = 1000;
  std::uint32_t count = choice;
  in_pieces(as_bytes(stream), choice, [&](ByteView piece) {
    now += piece.size();
    writer->add(as_text(piece), now, emit);
    must(writer->waiting_bytes() <= 4 * max_message_units + piece.size(), "what waits is bounded");
    if (++count % 16 == 0) writer->flush(now, emit);
  });
  writer->finish(now, emit, (choice & 4) != 0);
  must(writer->waiting_bytes() == 0, "nothing is left");
  must(reader.bytes == stream, "the bytes that went in come out");
  return 0;
}
