// SPDX-License-Identifier: MIT
#include "intake/event_packer.h"

#include "feed/event_content.h"
#include "feed/json.h"
#include "feed/utf.h"

#include <utility>

namespace ssblog {
namespace {

std::string head_of(const EventHead& head, const std::string& stream) {
  std::string text = R"({"type":"log")";
  for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{"source", head.source},
                                    {"destination", head.destination},
                                    {"job", head.job},
                                    {"stream", stream}}) {
    if (value.empty()) continue;
    text.append(",\"").append(name).append("\":");
    append_json_string(text, value);
  }
  return text += '}';
}

class Packer {
 public:
  using Covered = std::function<Result<std::uint64_t>(const std::string& stream)>;
  Packer(const EventHead& head, const Covered& covered, Millis now)
      : head_(head), covered_(covered), now_(now) {}

  Result<void> add(const Event& event) {
    auto found = stream_of(event.stream);
    if (!found) return found.error();
    OpenStream& stream = **found;
    std::string_view text = event.text;
    if (text.ends_with('\n')) text.remove_suffix(1);
    LineStamp stamp{event.time, event.from, false, event.level, event.boot, event.up};
    for (;;) {
      const auto end = text.find('\n');
      line_.assign(text.substr(0, end)) += '\n';
      stream.writer.add_line(line_, stamp, now_, emit_);
      stream.offset += line_.size();
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
      stamp.joins = true;
    }
    // A whole file, as a crash log is: it stands before what comes behind it, of whatever stream.
    if (event.from == TimeFrom::mtime) stream.writer.flush(now_, emit_);
    return {};
  }

  Result<void> add(const LostEvents& lost) {
    auto found = stream_of(lost.stream);
    if (!found) return found.error();
    OpenStream& stream = **found;
    stream.writer.flush(now_, emit_);  // it stands behind all that came before it
    emit_(loss_content({.source = head_.source,
                        .job = head_.job,
                        .destination = head_.destination,
                        .stream = stream_name(lost.stream),
                        .run = head_.run,
                        .offset = stream.offset,
                        .bytes = {},
                        .records = lost.records,
                        .reason = decode_utf8(as_bytes(lost.reason))},
                       clamp_time(static_cast<double>(lost.time))));
    return {};
  }

  PackedEvents finish() {
    for (auto& [name, stream] : streams_) stream.writer.flush(now_, emit_);
    return std::move(packed_);
  }

 private:
  struct OpenStream {
    ChunkWriter writer;
    std::uint64_t offset = 0;  ///< bytes of the instance so far
  };

  Result<OpenStream*> stream_of(const std::string& wanted) {
    // Mostly the one of the event before.
    if (last_ != nullptr && wanted == last_name_) return last_;
    const std::string name = stream_name(wanted);
    auto at = streams_.find(name);
    if (at == streams_.end()) {
      auto writer =
          ChunkWriter::create(head_of(head_, name), Packing::full, [run = head_.run] { return run; });
      if (!writer) return writer.error();
      auto offset = covered_(name);
      if (!offset) return offset.error();
      writer->always_tell_time();  // what is signed together gets timestamps one behind the other
      writer->begin_at(*offset);
      packed_.begins.emplace(name, *offset);
      at = streams_.emplace(name, OpenStream{std::move(*writer), *offset}).first;
    }
    last_ = &at->second;
    last_name_ = wanted;
    return last_;
  }

  const EventHead& head_;
  const Covered& covered_;
  const Millis now_;
  std::map<std::string, OpenStream> streams_;
  OpenStream* last_ = nullptr;
  std::string last_name_;
  std::string line_;
  PackedEvents packed_;
  ChunkWriter::Emit emit_ = [this](std::string_view content) { packed_.contents.emplace_back(content); };
};

}  // namespace

std::string stream_name(std::string_view from_sender) {
  std::string name = decode_utf8(as_bytes(from_sender.substr(0, longest_stream_name)));
  name.resize(utf8_prefix(as_bytes(std::string_view(name).substr(0, longest_stream_name))));
  return name;
}

Result<PackedEvents> pack_events(
    const EventHead& head, std::span<const EventOrLoss> batch,
    const std::function<Result<std::uint64_t>(const std::string& stream)>& covered, Millis now) {
  Packer packer(head, covered, now);
  for (const EventOrLoss& one : batch) {
    auto added = std::visit([&packer](const auto& what) { return packer.add(what); }, one);
    if (!added) return added.error();
  }
  return packer.finish();
}

}  // namespace ssblog
