// SPDX-License-Identifier: MIT
#include "assemble/text_writer.h"

#include "assemble/time_text.h"
#include "feed/json.h"
#include "feed/utf.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

constexpr std::size_t buffer_size = 256 * 1024;
constexpr std::size_t most_prefixes = 500;  // names may be long

constexpr std::string_view level_names[] = {"emerg",   "alert",  "crit", "err",
                                            "warning", "notice", "info", "debug"};

}  // namespace

void TextWriter::append_prefix(const SweptLine& line) {
  const SweptMessage& message = *line.message;
  const Record& record = message.record;
  wanted_.assign(as_text(message.feed.view()));
  for (const std::string* part : {&message.host, &record.job, &record.stream}) {
    // The sizes keep what could be cut in two ways apart.
    const std::uint64_t size = part->size();
    wanted_.append(reinterpret_cast<const char*>(&size), sizeof size);
    wanted_ += *part;
  }
  if (prefixes_.size() >= most_prefixes) prefixes_.clear();
  const auto [prefix, is_new] = prefixes_.try_emplace(wanted_);
  if (is_new) {
    prefix->second = fmt::format(" {}@{} {}[{}]", escape_name(message.host), short_id(message.feed),
                                 escape_name(record.job), escape_name(record.stream));
  }
  buffer_ += prefix->second;
  buffer_ += line.structural ? "! " : ": ";
}

Result<void> TextWriter::hand_on_if_full() {
  if (buffer_.size() < buffer_size) return {};
  return flush();
}

Result<void> TextWriter::write(Sweep& sweep, const SweptLine& line) {
  append_utc_time(buffer_, line.time);
  if (line.clock) buffer_ += '~';
  append_prefix(line);
  if (line.finished) {
    escape_line(as_bytes(line.bytes), buffer_);
  } else {
    escaper_.add(as_bytes(line.bytes), buffer_);
    auto rest = sweep.rest(line, [this](std::string_view bytes) {
      escaper_.add(as_bytes(bytes), buffer_);
      return hand_on_if_full();
    });
    escaper_.finish(buffer_);
    if (!rest) return rest;
  }
  buffer_ += '\n';
  return hand_on_if_full();
}

Result<void> TextWriter::flush() {
  if (buffer_.empty()) return {};
  auto taken = sink_(buffer_);
  flushed_ += buffer_.size();
  buffer_.clear();
  return taken;
}

Result<std::string> line_as_json(Sweep& sweep, const SweptLine& line) {
  const SweptMessage& message = *line.message;
  const Record& record = message.record;
  std::string bytes(line.bytes);
  auto rest = sweep.rest(line, [&bytes](std::string_view piece) {
    bytes += piece;
    return Result<void>();
  });
  if (!rest) return rest.error();

  std::string time;
  append_utc_time(time, line.time);
  std::string object =
      fmt::format(R"({{"time":"{}","host":{},"id":"{}","sequence":{},"type":{})", time,
                  json_string(message.host), to_text(message.feed), message.row.sequence(),
                  json_string(line.structural && record.kind == RecordKind::log ? "gap" : record.type));
  if (line.clock) {
    time.clear();
    append_utc_time(time, *line.clock);
    object += fmt::format(R"(,"clock":"{}")", time);
  }
  const auto add = [&object](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    fmt::format_to(std::back_inserter(object), ",\"{}\":", name);
    append_json_string(object, value);
  };
  add("source", record.source);
  add("destination", record.destination);
  add("job", record.job);
  add("stream", record.stream);
  add("level", line.level == '-' ? std::string_view(record.level) : level_names[line.level - '0']);
  if (is_utf8(as_bytes(bytes))) {
    object += ",\"text\":";
    append_json_string(object, bytes);
  } else {
    add("base64", to_base64(as_bytes(bytes)));
  }
  return object + "}";
}

}  // namespace ssblog
