// SPDX-License-Identifier: MIT
#include "assemble/format/line_fields.h"

#include "assemble/escape.h"
#include "assemble/format/json_text.h"
#include "feed/level.h"

namespace ssblog {
namespace {

constexpr std::size_t most_shared = 500;  // names may be long

}  // namespace

std::string_view kind_of(const SweptLine& line) {
  const Record& record = line.message->record;
  return line.structural && record.kind == RecordKind::log ? "gap" : std::string_view(record.type);
}

std::string_view level_of(const SweptLine& line) {
  if (line.level == '-') return line.message->record.level;
  return level_keyword(line.level - '0');
}

int severity_of(const SweptLine& line) {
  constexpr Level notice_level = 5;
  if (const auto level = parse_level(level_of(line))) return *level;
  if (!line.structural) return info_level;
  return line.message->record.kind == RecordKind::job ? notice_level : warning_level;
}

Result<LineShape> shape_of(Sweep& sweep, const SweptLine& line) {
  LineShape shape;
  JsonText json;
  LineEscaper escaper;
  std::string text;
  const auto measure = [&] {
    shape.escaped_size += text.size();
    text.clear();
  };
  std::uint64_t unescaped = 0;  // what the escaped form would have without its backslashes
  auto read = each_piece(sweep, line, [&](std::string_view piece) {
    shape.size += piece.size();
    if (shape.is_utf8) shape.is_utf8 = json.add(piece, text);
    text.clear();
    escaper.add(as_bytes(piece), text);
    measure();
    unescaped += piece.size() + static_cast<std::uint64_t>(std::count(piece.begin(), piece.end(), '\\'));
    return Result<void>();
  });
  if (!read) return read.error();
  escaper.finish(text);
  measure();
  if (!json.finish()) shape.is_utf8 = false;
  // A backslash alone harms nobody: it is the one character that is only doubled.
  shape.is_harmless = shape.escaped_size == unescaped;
  return shape;
}

std::pair<SharedText*, bool> SharedTexts::find(const SweptLine& line) {
  const SweptMessage& message = *line.message;
  const Record& record = message.record;
  key_.assign(as_text(message.feed.view()));
  key_ += line.structural ? '!' : ':';
  key_ += line.level;
  for (const std::string* part :
       {&message.host, &record.type, &record.source, &record.destination, &record.job, &record.stream,
        &record.level, &record.boot, &record.env, &record.service, &record.function}) {
    // The sizes keep what could be cut in two ways apart.
    const std::uint64_t size = part->size();
    key_.append(reinterpret_cast<const char*>(&size), sizeof size);
    key_ += *part;
  }
  if (known_.size() >= most_shared) {
    known_.clear();
    recent_.fill({});
  }
  const auto [found, is_new] = known_.try_emplace(key_);
  return {&found->second, is_new};
}

}  // namespace ssblog
