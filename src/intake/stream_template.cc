// SPDX-License-Identifier: MIT
#include "intake/stream_template.h"

#include "feed/utf.h"
#include "intake/civil_date.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>

namespace ssblog {
namespace {

constexpr std::size_t longest_template = 1024;
constexpr std::int64_t pattern_memory = 1 << 20;

/// 2026-11-20T14:02:11Z
std::string utc_text(Millis time) {
  constexpr Millis day_ms = 86'400'000;
  time = std::clamp<Millis>(time, 0, max_time);
  const Date date = date_of(time / day_ms);
  const Millis second = time % day_ms / 1000;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", date.year, date.month, date.day, second / 3600,
                     second / 60 % 60, second % 60);
}

std::string value_of(std::string_view placeholder, const StreamValues& values) {
  if (placeholder == "name") return values.name;
  if (placeholder == "path") return values.path;
  if (placeholder == "basename") return values.path.substr(values.path.rfind('/') + 1);
  if (placeholder == "host") return values.host;
  if (placeholder == "time") return utc_text(values.time);
  if (placeholder == "atime") return utc_text(values.atime);
  if (placeholder == "mtime") return utc_text(values.mtime);
  if (placeholder == "ctime") return utc_text(values.ctime);
  if (placeholder == "ino") return std::to_string(values.ino);
  return std::to_string(values.dev);
}

bool is_placeholder(std::string_view word) {
  constexpr std::array<std::string_view, 10> words = {"name",  "path",  "basename", "host", "time",
                                                      "atime", "mtime", "ctime",    "ino",  "dev"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// One line of well-formed text, of at most StreamTemplate::longest bytes.
std::string made_safe(const std::string& bytes) {
  std::string text = decode_utf8(as_bytes(bytes));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  if (text.size() > StreamTemplate::longest) {
    std::size_t begin = text.size() - (StreamTemplate::longest - 3);
    while ((static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) ++begin;
    text = "..." + text.substr(begin);
  }
  return text.find_first_not_of(' ') == std::string::npos ? "file" : text;
}

}  // namespace

struct StreamTemplate::Part {
  bool placeholder;
  std::string text;
};

/// `regex_to` is taken apart once: texts, and the groups behind them.
struct StreamTemplate::Rewrite {
  RE2 pattern;
  std::vector<std::pair<std::string, int>> pieces;  ///< a text, then a group; -1: none
};

StreamTemplate::StreamTemplate() = default;
StreamTemplate::StreamTemplate(StreamTemplate&&) noexcept = default;
StreamTemplate& StreamTemplate::operator=(StreamTemplate&&) noexcept = default;
StreamTemplate::~StreamTemplate() = default;

Result<StreamTemplate> StreamTemplate::parse(const Source& source) {
  const auto refuse = [](std::string what) { return Error{Code::config, std::move(what)}; };
  for (const std::string* text : {&source.stream, &source.regex_from, &source.regex_to}) {
    if (text->size() > longest_template)
      return refuse(fmt::format("the name of a stream is made of at most {} bytes", longest_template));
  }
  StreamTemplate made;
  std::string_view rest = source.stream;
  while (!rest.empty()) {
    const auto open = std::min(rest.find('{'), rest.size());
    if (open > 0) made.parts_.push_back({false, std::string(rest.substr(0, open))});
    rest.remove_prefix(open);
    if (rest.empty()) break;
    const auto close = rest.find('}');
    if (close == rest.npos)
      return refuse(fmt::format("the stream \"{}\" has a {{ without a }}", source.stream));
    const auto word = rest.substr(1, close - 1);
    if (!is_placeholder(word)) {
      return refuse(
          fmt::format("the stream \"{}\" has a {{{}}}; there are {{name}}, {{path}}, {{basename}}, {{host}}, "
                      "{{time}}, {{atime}}, {{mtime}}, {{ctime}}, {{ino}} and {{dev}}",
                      source.stream, word));
    }
    made.parts_.push_back({true, std::string(word)});
    rest.remove_prefix(close + 1);
  }
  if (made.parts_.empty()) return refuse("the stream has no name; leave the key out for file:{path}");
  if (source.regex_from.empty()) {
    if (!source.regex_to.empty()) return refuse("regex-to needs a regex-from");
    return made;
  }

  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(pattern_memory);
  made.rewrite_.reset(new Rewrite{RE2(source.regex_from, options), {}});
  const RE2& pattern = made.rewrite_->pattern;
  if (!pattern.ok())
    return refuse(
        fmt::format("regex-from \"{}\" is no pattern of RE2: {}", source.regex_from, pattern.error()));
  const int groups = pattern.NumberOfCapturingGroups();
  std::string text;
  const std::string& to = source.regex_to;
  for (std::size_t at = 0; at < to.size(); ++at) {
    if (to[at] != '$') {
      text += to[at];
      continue;
    }
    const char sign = ++at < to.size() ? to[at] : '\0';
    if (sign == '$') {
      text += '$';
    } else if (sign >= '0' && sign <= '9' && sign - '0' <= groups) {
      made.rewrite_->pieces.emplace_back(std::exchange(text, ""), sign - '0');
    } else {
      return refuse(fmt::format(
          "regex-to \"{}\": behind a $ stands the number of a group, 0 to {} here; $$ is the sign "
          "itself",
          to, std::min(groups, 9)));
    }
  }
  made.rewrite_->pieces.emplace_back(text, -1);
  return made;
}

std::string StreamTemplate::of(const StreamValues& values) const {
  std::string name;
  for (const Part& part : parts_) name += part.placeholder ? value_of(part.text, values) : part.text;
  name = decode_utf8(as_bytes(name));  // what the pattern sees is text already
  if (rewrite_) {
    constexpr int most_groups = 10;
    std::array<re2::StringPiece, most_groups> groups;
    const int count = std::min(rewrite_->pattern.NumberOfCapturingGroups() + 1, most_groups);
    if (rewrite_->pattern.Match(name, 0, name.size(), RE2::UNANCHORED, groups.data(), count)) {
      const auto begin = static_cast<std::size_t>(groups[0].data() - name.data());
      std::string made = name.substr(0, begin);
      for (const auto& [text, group] : rewrite_->pieces) {
        made += text;
        if (group < 0) continue;
        const auto& found = groups[static_cast<std::size_t>(group)];
        if (found.data() != nullptr) made.append(found.data(), found.size());
      }
      made += name.substr(begin + groups[0].size());
      name = std::move(made);
    }
  }
  return made_safe(name);
}

}  // namespace ssblog
