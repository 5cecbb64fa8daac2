// SPDX-License-Identifier: MIT
#include "feed/record.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace ssblog {
namespace {

constexpr std::size_t run_digits = 16;
constexpr std::size_t boot_digits = 8;

/// A field that should be a text: one that is none counts as its compact JSON.
void read_text(std::string_view value, std::string& out) {
  if (!text_of(value, out)) out = value;
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_run(std::string_view text) { return text.size() == run_digits && is_hex(text); }

/// A flag of a chunk: absent is false. Nothing for what is no boolean.
std::optional<bool> flag_of(std::string_view value) {
  if (value.empty() || value == "false") return false;
  if (value == "true") return true;
  return std::nullopt;
}

/// The bytes of a text each of whose code units is one byte, in place. False when one is above 255.
bool decode_latin1(std::string& text) {
  std::size_t to = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto lead = static_cast<std::uint8_t>(text[at]);
    if (lead < 0x80) {
      text[to++] = text[at];
    } else if (lead == 0xc2 || lead == 0xc3) {
      const auto trail = static_cast<std::uint8_t>(text[++at]);
      text[to++] = static_cast<char>((lead & 0x03) << 6 | (trail & 0x3f));
    } else {
      return false;
    }
  }
  text.resize(to);
  return true;
}

bool decode_base64(std::string& text) {
  const auto bytes = from_base64(text);
  if (!bytes) return false;
  text.assign(bytes->begin(), bytes->end());
  return true;
}

/// The values of `chunk` as they are spelled; empty where there is none.
struct ChunkFields {
  std::string_view run, offset, more, end, encoding, time, at, levels, boot, up;
};

ChunkFields chunk_fields(std::string_view object) {
  ChunkFields fields;
  const std::pair<std::string_view, std::string_view*> places[] = {
      {"run", &fields.run}, {"offset", &fields.offset},     {"more", &fields.more},
      {"end", &fields.end}, {"encoding", &fields.encoding}, {"time", &fields.time},
      {"at", &fields.at},   {"levels", &fields.levels},     {"boot", &fields.boot},
      {"up", &fields.up}};
  for (Members members(object); members.next();) {
    for (const auto& [name, place] : places) {
      if (members.name() == name) *place = members.value();
    }
  }
  return fields;
}

/// What decides which bytes a chunk covers. Nothing when one of the fields is wrong.
std::optional<Chunk> read_chunk(const ChunkFields& fields, std::string& bytes) {
  Chunk chunk;
  if (!text_of(fields.run, chunk.run) || !is_run(chunk.run)) return std::nullopt;
  const auto offset = integer_of(fields.offset);
  if (!offset || *offset < 0) return std::nullopt;
  chunk.offset = static_cast<std::uint64_t>(*offset);
  const auto more = flag_of(fields.more);
  const auto end = flag_of(fields.end);
  if (!more || !end || (*more && *end)) return std::nullopt;
  chunk.more = *more;
  chunk.end = *end;
  if (fields.encoding.empty()) return chunk;
  std::string decoded = bytes;
  if (fields.encoding == "\"latin1\"" ? !decode_latin1(decoded)
                                      : fields.encoding != "\"base64\"" || !decode_base64(decoded)) {
    return std::nullopt;
  }
  bytes = std::move(decoded);
  return chunk;
}

/// `chunk.at`: a step for each line but the first, or for each line. Empty when absent, all 0 or wrong.
std::vector<std::int64_t> read_steps(std::string_view value, std::uint32_t lines) {
  const auto text = text_of(value);
  if (!text || text->empty()) return {};
  std::vector<std::int64_t> steps;
  for (std::size_t at = 0; at <= text->size();) {
    const auto end = std::min(text->find(' ', at), text->size());
    const std::string_view entry = std::string_view(*text).substr(at, end - at);
    std::int64_t step = 0;
    if (entry != "+") {
      const auto [stop, error] = std::from_chars(entry.data(), entry.data() + entry.size(), step);
      if (error != std::errc() || stop != entry.data() + entry.size() || step < -max_time || step > max_time)
        return {};
    }
    if (steps.size() == lines) return {};
    steps.push_back(step);
    at = end + 1;
  }
  if (steps.size() + 1 == lines) steps.insert(steps.begin(), 0);
  if (steps.size() != lines) return {};
  return steps;
}

/// One more than there are newlines.
std::uint32_t count_lines(std::string_view bytes) {
  std::uint32_t lines = 1;
  for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) ++lines;
  return lines;
}

void read_log(std::string_view content, std::string_view text, std::string_view chunk, Record& out) {
  if (!text_of(text, out.bytes)) {
    out.bytes = content;  // nothing that could be a line: show what there is
    out.lines = 1;
    return;
  }
  const ChunkFields fields = chunk_fields(chunk);
  if (is_object(chunk)) out.chunk = read_chunk(fields, out.bytes);
  out.lines = count_lines(out.bytes);
  if (!out.chunk) return;
  if (const auto time = integer_of(fields.time); time && *time >= 0 && *time <= max_time) out.time = *time;
  out.steps = read_steps(fields.at, out.lines);
  if (auto levels = text_of(fields.levels); levels && levels->size() == out.lines) {
    if (levels->find_first_not_of("01234567-") == std::string::npos) out.levels = std::move(*levels);
  }
  if (auto boot = text_of(fields.boot); boot && boot->size() == boot_digits && is_hex(*boot)) {
    out.boot = std::move(*boot);
    const auto up = integer_of(fields.up);
    if (up && *up >= 0 && static_cast<std::uint64_t>(*up) <= max_offset) out.up = *up;
  }
}

/// The time of a job or loss record, and what its one line says.
void read_event(std::string_view content, Record& out) {
  if (const auto time = integer_of(member(content, "time")); time && *time >= 0 && *time <= max_time)
    out.time = *time;
  if (!text_of(member(content, "run"), out.run)) out.run.clear();
  // Only these are shown, in this order, each as it stands there.
  static constexpr std::string_view job_fields[] = {"event",    "destination", "run",    "status", "signal",
                                                    "duration", "lines",       "errors", "reason"};
  static constexpr std::string_view loss_fields[] = {"run", "offset", "bytes", "records", "reason"};
  out.note = out.kind == RecordKind::job ? "job" : "loss";
  const auto show = [&](std::string_view name) {
    std::string text;
    if (const auto value = member(content, name); !value.empty()) {
      read_text(value, text);
      out.note += fmt::format(" {}={}", name, text);
    }
  };
  if (out.kind == RecordKind::job) {
    std::for_each(std::begin(job_fields), std::end(job_fields), show);
  } else {
    std::for_each(std::begin(loss_fields), std::end(loss_fields), show);
  }
}

RecordKind kind_of_type(std::string_view spelled) {
  if (spelled == "\"log\"") return RecordKind::log;
  if (spelled == "\"job\"") return RecordKind::job;
  if (spelled == "\"loss\"") return RecordKind::loss;
  if (spelled == "\"about\"") return RecordKind::about;
  return RecordKind::other;
}

}  // namespace

Millis clamp_time(double ms) {
  if (!(ms > 0)) return 0;
  return ms >= static_cast<double>(max_time) ? max_time : static_cast<Millis>(std::floor(ms));
}

void read_record(std::string_view content, double timestamp, Record& out) {
  out.kind = RecordKind::other;
  out.time = clamp_time(timestamp);
  out.lines = 1;
  out.chunk.reset();
  out.steps.clear();
  out.up.reset();
  for (auto* text :
       {&out.type, &out.source, &out.destination, &out.job, &out.stream, &out.level, &out.bytes, &out.env,
        &out.service, &out.function, &out.levels, &out.boot, &out.run, &out.note, &out.about, &out.name}) {
    text->clear();
  }
  std::string_view text;
  std::string_view chunk, service, svc, function, fn;
  for (Members members(content); members.next();) {
    const auto name = members.name();
    if (name == "text") {
      text = members.value();
    } else if (name == "chunk") {
      chunk = members.value();
    } else if (name == "type") {
      out.kind = kind_of_type(members.value());
      read_text(members.value(), out.type);
    } else if (name == "source") {
      read_text(members.value(), out.source);
    } else if (name == "destination") {
      read_text(members.value(), out.destination);
    } else if (name == "job") {
      read_text(members.value(), out.job);
    } else if (name == "stream") {
      read_text(members.value(), out.stream);
    } else if (name == "level") {
      read_text(members.value(), out.level);
    } else if (name == "env") {
      read_text(members.value(), out.env);
    } else if (name == "service") {
      service = members.value();
    } else if (name == "svc") {
      svc = members.value();
    } else if (name == "function") {
      function = members.value();
    } else if (name == "fn") {
      fn = members.value();
    }
  }
  if (service.empty()) service = svc;
  if (function.empty()) function = fn;
  if (!service.empty()) read_text(service, out.service);
  if (!function.empty()) read_text(function, out.function);
  switch (out.kind) {
    case RecordKind::log:
      read_log(content, text, chunk, out);
      break;
    case RecordKind::job:
    case RecordKind::loss:
      read_event(content, out);
      break;
    case RecordKind::about:
      if (!text_of(member(content, "about"), out.about) || !text_of(member(content, "name"), out.name))
        out.name.clear();
      [[fallthrough]];
    case RecordKind::other:
      out.note = content;
      break;
  }
}

}  // namespace ssblog
