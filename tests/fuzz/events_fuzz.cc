// SPDX-License-Identifier: MIT
// fuzz/events_fuzz.cc - events of which the sender chose every field, packed into messages.
//
// The promises: each content can be signed, chunks stand side by side, and the texts come out as they went in.
#include "feed/instance.h"
#include "feed/json.h"
#include "feed/message.h"
#include "fuzz/input.h"
#include "intake/event_packer.h"

#include <map>
#include <vector>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

Event event_of(Input& input) {
  Event event;
  event.stream = input.text(40);
  event.time = static_cast<Millis>(input.number(input.coin() ? 7 : 1) % (max_time + 1));
  event.from = input.coin() ? TimeFrom::line : TimeFrom::read;
  if (input.coin()) event.level = static_cast<Level>(input.byte() % 10) - 1;
  if (input.coin()) event.boot = input.coin() ? "01234567" : std::string(input.text(12));
  if (input.coin()) event.up = input.number(8);
  const std::string_view text = input.text();
  for (int times = input.byte() % 40; times >= 0; --times) event.text += text;
  return event;
}

/// What the feed's readers make of the contents.
class Reader {
 public:
  void take(const std::string& content) {
    const auto again = canonical(content, Layout::compact);
    must(again && *again == content, "a content is canonical");
    static const KeyPair keys = keys_of(1);
    const auto message = sign(keys, state_, 1000.0 + sequence_, content, nullptr);
    must(bool(message), "a content can be signed");
    state_ = message->state();
    Record record;
    read_record(content, 1000, record);
    ++sequence_;
    if (record.kind == RecordKind::loss) return;
    must(record.kind == RecordKind::log && record.chunk, "an event's lines are a chunk");
    const Placement placement = place(instances_[record.stream], record, sequence_);
    must(placement.whole && placement.gap == 0, "chunks stand side by side");
    bytes[record.stream] += record.bytes;
    if (record.ends_line()) bytes[record.stream] += '\n';
  }
  std::map<std::string, std::string> bytes;

 private:
  std::map<std::string, InstanceState> instances_;
  std::optional<FeedState> state_;
  std::uint32_t sequence_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  std::vector<EventOrLoss> batch;
  std::map<std::string, std::string> expected;
  while (!input.empty() && batch.size() < 30) {
    if (input.byte() % 8 == 0) {
      batch.emplace_back(
          LostEvents{std::string(input.text(40)), 1000, input.number(8) >> 11, std::string(input.text())});
      continue;
    }
    Event event = event_of(input);
    std::string text = event.text;
    if (text.ends_with('\n')) text.pop_back();
    std::string& bytes = expected[stream_name(event.stream).empty() ? "stdout" : stream_name(event.stream)];
    bytes += text + '\n';
    batch.emplace_back(std::move(event));
  }
  const EventHead head{"nas", "job", "", "0123456789abcdef"};
  const auto packed = pack_events(
      head, batch, [](const std::string&) -> Result<std::uint64_t> { return std::uint64_t{0}; }, 1000);
  must(bool(packed), "any event can be packed");
  Reader reader;
  for (const std::string& content : packed->contents) reader.take(content);
  if (const auto unnamed = reader.bytes.find(""); unnamed != reader.bytes.end()) {
    reader.bytes["stdout"] += unnamed->second;
    reader.bytes.erase("");
  }
  for (const auto& [stream, bytes] : expected)
    must(reader.bytes[stream].size() == bytes.size(), "no byte is lost");
  expected.erase("stdout");  // where two names may have met
  for (const auto& [stream, bytes] : expected)
    must(reader.bytes[stream] == bytes, "texts come out as they went in");
  return 0;
}
