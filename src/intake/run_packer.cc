// SPDX-License-Identifier: MIT
#include "intake/run_packer.h"

#include "feed/crypto.h"
#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace ssblog {
namespace {

/// What all messages of a stream say besides their lines, in the order in which `publish` writes it.
std::string head_of(const RunPacker::Plan& plan, const std::string& stream) {
  std::string head = R"({"type":"log","source":)" + json_string(plan.run.source);
  const std::string_view level = plan.level ? level_keyword(*plan.level) : std::string_view();
  for (const auto& [name, value] :
       {std::pair<std::string_view, std::string_view>{"destination", plan.run.destination},
        {"job", plan.run.job},
        {"stream", stream},
        {"level", level}}) {
    if (!value.empty()) fmt::format_to(std::back_inserter(head), R"(,"{}":{})", name, json_string(value));
  }
  return head + "}";
}

}  // namespace

std::string draw_run() {
  std::array<std::uint8_t, 8> bytes;
  random_bytes(bytes);
  return to_hex(bytes);
}

Result<RunPacker> RunPacker::create(const Plan& plan) {
  RunPacker packer;
  packer.run_ = plan.run;
  for (const Stream& stream : plan.streams) {
    auto writer =
        ChunkWriter::create(head_of(plan, stream.name), Packing::full, [run = plan.run.run] { return run; });
    if (!writer) return writer.error();
    writer->always_tell_time();  // it may be signed much later
    Packed packed{stream.name, std::move(*writer), std::nullopt, std::nullopt};
    if (plan.redactor) packed.redacted.emplace(plan.redactor);
    if (plan.filter) packed.filter.emplace(*plan.filter, plan.level.value_or(stream.unknown));
    packer.streams_.push_back(std::move(packed));
  }
  return packer;
}

void RunPacker::add(std::size_t stream, std::string_view bytes, Millis time, const Emit& emit) {
  Packed& to = streams_.at(stream);
  if (!to.redacted) return choose(to, bytes, time, emit);
  to.redacted->add(bytes, time,
                   [&](std::string_view masked, Millis read) { choose(to, masked, read, emit); });
}

void RunPacker::choose(Packed& to, std::string_view bytes, Millis time, const Emit& emit) {
  if (!to.filter) return write(to, bytes, time, emit);
  to.filter->add(bytes, time, [&](std::string_view kept, Millis read) { write(to, kept, read, emit); });
}

void RunPacker::write(Packed& to, std::string_view bytes, Millis time, const Emit& emit) {
  if (time == last_time_) {
    for (Packed& other : streams_) {
      if (&other != &to) other.writer.flush(time, emit);
    }
  }
  last_time_ = time;
  to.writer.add(bytes, time, emit);
  to.bytes += bytes.size();
}

void RunPacker::end_line(Packed& stream, bool cut, const Emit& emit) {
  if (stream.redacted)
    stream.redacted->end_line(
        [&](std::string_view masked, Millis read) { choose(stream, masked, read, emit); }, cut);
  if (stream.filter)
    stream.filter->end_line([&](std::string_view kept, Millis read) { write(stream, kept, read, emit); });
  stream.writer.finish(last_time_, emit);
}

void RunPacker::lose(std::size_t stream, const LostBytes& lost, std::string_view reason, const Emit& emit) {
  Packed& from = streams_.at(stream);
  end_line(from, true, emit);
  flush(emit);  // it stands behind all that came before it
  emit(loss_content({run_.source, run_.job, run_.destination, from.name, run_.run, from.bytes, lost.bytes,
                     lost.lines, std::string(reason)},
                    lost.time));
}

void RunPacker::flush(const Emit& emit) {
  for (Packed& stream : streams_) stream.writer.flush(last_time_, emit);
}

void RunPacker::finish(const Emit& emit) {
  for (Packed& stream : streams_) end_line(stream, false, emit);
}

std::optional<Millis> RunPacker::waiting_since() const {
  std::optional<Millis> since;
  for (const Packed& stream : streams_) {
    const auto waits = stream.writer.waiting_since();
    if (waits && (!since || *waits < *since)) since = waits;
  }
  return since;
}

}  // namespace ssblog
