// SPDX-License-Identifier: MIT
#include "intake/signed_datagram.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

constexpr std::string_view mark = "ssblog1 ";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error wrong_field(std::string_view name, std::string_view wish) {
  return {Code::data, fmt::format("its field \"{}\" {}", name, wish)};
}

/// Reads a text of at most `longest` bytes, if it is there.
Result<void> read_text(std::string_view object, std::string_view name, std::size_t longest,
                       std::string& out) {
  const auto value = member(object, name);
  if (value.empty()) return {};
  if (!text_of(value, out)) return wrong_field(name, "is no text");
  if (out.size() > longest) return wrong_field(name, fmt::format("is longer than {} bytes", longest));
  return {};
}

/// A keyword, or a number 0 to 7.
Result<std::optional<Level>> read_level(std::string_view object) {
  const auto value = member(object, "level");
  if (value.empty()) return std::optional<Level>();
  const auto word = text_of(value);
  const auto level = parse_level(word ? std::string_view(*word) : value);
  if (!level) return wrong_field("level", "is none of emerg ... debug, and no number from 0 to 7");
  return level;
}

/// As it is, or in quotes where blanks and the like would blur where it ends.
std::string shown(const std::string& value) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '=' && c != '\x7f';
  });
  return plain ? value : json_string(value);
}

}  // namespace

std::optional<SignedDatagram> split_datagram(ByteView datagram) {
  std::string_view text = as_text(datagram);
  SignedDatagram split;
  if (!text.starts_with(mark)) return std::nullopt;
  text.remove_prefix(mark.size());
  const std::size_t digits = 2 * split.mac.size();
  if (text.size() <= digits || text[digits] != ' ') return std::nullopt;
  for (std::size_t i = 0; i < split.mac.size(); ++i) {
    const int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    split.mac[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  split.text = text.substr(digits + 1);
  return split;
}

Result<AppRecord> read_app_record(std::string_view text) {
  std::string object;
  if (!canonical(text, Layout::compact, object) || !is_object(object))
    return Error{Code::data, "it is no JSON object"};
  AppRecord record;
  const auto time = integer_of(member(object, "time"));
  if (!time || *time < 0 || *time > max_time) return wrong_field("time", "is not in ms since 1970");
  record.time = *time;
  if (const auto value = member(object, "seq"); !value.empty()) {
    const auto seq = integer_of(value);
    if (!seq || *seq < 0) return wrong_field("seq", "is no number from 0 on");
    record.seq = static_cast<std::uint64_t>(*seq);
  }
  auto level = read_level(object);
  if (!level) return level.error();
  record.level = *level;
  if (!is_string(member(object, "text"))) return wrong_field("text", "is missing, or no text");
  struct Field {
    std::string_view name;
    std::size_t longest;
    std::string& out;
  };
  const Field fields[] = {
      {"from", AppRecord::longest_name, record.from}, {"svc", AppRecord::longest_name, record.svc},
      {"env", AppRecord::longest_name, record.env},   {"fn", AppRecord::longest_function, record.fn},
      {"text", text.size() * 3, record.text},         {"stack", text.size() * 3, record.stack},
  };
  for (const Field& field : fields) {
    if (auto done = read_text(object, field.name, field.longest, field.out); !done) return done.error();
  }
  return record;
}

Event app_event(const AppRecord& record, std::string_view stream) {
  Event event;
  event.stream = stream;
  event.time = record.time;
  event.from = TimeFrom::line;
  event.level = record.level;
  event.sender = fmt::format("{} {}", record.svc, record.from);
  std::string& head = event.text;
  const auto add = [&head](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    if (!head.empty()) head += ' ';
    head.append(name).append(shown(value));
  };
  add("", record.svc);
  add(record.svc.empty() ? "" : "from=", record.from);
  add("env=", record.env);
  add("fn=", record.fn);
  if (!head.empty()) head += ": ";
  head += record.text;
  if (!record.stack.empty()) head.append("\n").append(record.stack);
  if (head.ends_with('\n')) head.pop_back();
  return event;
}

}  // namespace ssblog
