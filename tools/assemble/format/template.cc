// SPDX-License-Identifier: MIT
#include "assemble/format/template.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

constexpr std::size_t longest_template = 1000;

constexpr std::array<std::string_view, 16> field_names = {
    "time",        "host", "id",     "feed",  "sequence", "line",    "type",     "source",
    "destination", "job",  "stream", "level", "env",      "service", "function", "text"};

}  // namespace

Result<LineTemplate> LineTemplate::parse(std::string_view text) {
  const auto wrong = [&](const std::string& why) {
    return Error{Code::usage,
                 fmt::format("the template {} {}", json_string(text.substr(0, longest_template)), why)};
  };
  if (text.empty()) return wrong("has nothing in it; say what lines look like, as \"{time} {host} {text}\"");
  if (text.size() > longest_template)
    return wrong(fmt::format("has more than {} characters", longest_template));
  if (std::any_of(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }))
    return wrong("has several lines; one is enough");
  LineTemplate result;
  std::string literal;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if ((c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
      literal += c;
      ++at;
      continue;
    }
    if (c == '}') return wrong("has a closing brace without an opening one; a brace itself is }}");
    if (c != '{') {
      literal += c;
      continue;
    }
    const auto end = text.find('}', at);
    if (end == std::string_view::npos)
      return wrong("has an opening brace without a closing one; a brace itself is {{");
    const std::string_view name = text.substr(at + 1, end - at - 1);
    const auto* const found = std::find(field_names.begin(), field_names.end(), name);
    if (found == field_names.end()) {
      return wrong(fmt::format("has the unknown placeholder {{{}}}; there are {{{}}}", name,
                               fmt::join(field_names, "} {")));
    }
    result.parts.push_back({std::exchange(literal, {}), static_cast<LineField>(found - field_names.begin())});
    at = end;
  }
  if (!literal.empty()) result.parts.push_back({literal, std::nullopt});
  return result;
}

Result<void> TemplateWriter::write(Sweep& sweep, const SweptLine& line) {
  for (const LineTemplate::Part& part : template_.parts) {
    buffer_ += part.literal;
    if (!part.field) continue;
    if (auto appended = append(sweep, line, *part.field); !appended) return appended;
  }
  buffer_ += '\n';
  return hand_on_if_full();
}

Result<void> TemplateWriter::append(Sweep& sweep, const SweptLine& line, LineField field) {
  const SweptMessage& message = *line.message;
  const auto escaped = [this](std::string_view value) { escape_line(as_bytes(value), buffer_); };
  switch (field) {
    case LineField::time:
      clock_.append(buffer_, line.time);
      break;
    case LineField::host:
      escaped(message.host);
      break;
    case LineField::id:
      buffer_ += short_id(message.feed);
      break;
    case LineField::feed:
      buffer_ += to_text(message.feed);
      break;
    case LineField::sequence:
      buffer_ += fmt::format_int(message.row.sequence()).c_str();
      break;
    case LineField::line:
      buffer_ += fmt::format_int(line.position.line).c_str();
      break;
    case LineField::type:
      escaped(kind_of(line));
      break;
    case LineField::source:
      escaped(message.record.source);
      break;
    case LineField::destination:
      escaped(message.record.destination);
      break;
    case LineField::job:
      escaped(message.record.job);
      break;
    case LineField::stream:
      escaped(message.record.stream);
      break;
    case LineField::level:
      escaped(level_of(line));
      break;
    case LineField::env:
      escaped(message.record.env);
      break;
    case LineField::service:
      escaped(message.record.service);
      break;
    case LineField::function:
      escaped(message.record.function);
      break;
    case LineField::text: {
      auto written = each_piece(sweep, line, [this](std::string_view piece) {
        escaper_.add(as_bytes(piece), buffer_);
        return hand_on_if_full();
      });
      escaper_.finish(buffer_);
      return written;
    }
  }
  return {};
}

}  // namespace ssblog
