// SPDX-License-Identifier: MIT
#include "assemble/split/name_template.h"

#include "assemble/escape.h"
#include "feed/crypto.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

constexpr std::size_t longest_template = 500;
constexpr std::size_t deepest = 8;

constexpr std::array<std::string_view, 10> field_names = {"host",   "id",   "source", "destination", "job",
                                                          "stream", "date", "year",   "month",       "day"};

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Always as long, and never escaped.
bool is_fixed(NameField field) { return field == NameField::id || field >= NameField::date; }

void append_escape(std::string& out, char c) {
  fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
}

std::string_view value_of(const SweptMessage& message, NameField field) {
  switch (field) {
    case NameField::host:
      return message.host;
    case NameField::source:
      return message.record.source;
    case NameField::destination:
      return message.record.destination;
    case NameField::job:
      return message.record.job;
    default:
      return message.record.stream;
  }
}

std::string fixed_value(const SweptMessage& message, const CivilDay& day, NameField field) {
  switch (field) {
    case NameField::id:
      return short_id(message.feed);
    case NameField::year:
      return fmt::format("{:04}", day.year);
    case NameField::month:
      return fmt::format("{:02}", day.month);
    case NameField::day:
      return fmt::format("{:02}", day.day);
    default:
      return fmt::format("{:04}-{:02}-{:02}", day.year, day.month, day.day);
  }
}

/// A name that is too long keeps its beginning; a hash of the whole keeps it apart. `%~` is in no other name.
std::string bounded(std::string name) {
  constexpr std::size_t kept = 150, hash_bytes = 16;
  if (name.size() <= longest_name) return name;
  const std::string hash = to_hex(ByteView(sha256(as_bytes(name))).first(hash_bytes));
  name.resize(kept);
  return name + "%~" + hash;
}

}  // namespace

/// Behind a value of any length stands something that is not in it, if another one follows: so both can be read back.
Result<void> NameTemplate::keep_apart(Name& name) {
  Part* last = nullptr;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!name[i].field || is_fixed(*name[i].field)) continue;
    if (last != nullptr) {
      const std::string& behind = (last + 1)->literal;
      const auto separator =
          std::find_if(behind.begin(), behind.end(), [](char c) { return !is_letter_or_digit(c); });
      if (separator == behind.end()) {
        return Error{Code::usage,
                     fmt::format("has nothing behind {{{}}} that keeps it apart from {{{}}}: put a dash or "
                                 "an @ there",
                                 field_names[static_cast<std::size_t>(*last->field)],
                                 field_names[static_cast<std::size_t>(*name[i].field)])};
      }
      last->separator = *separator;
    }
    last = &name[i];
  }
  return {};
}

std::string name_part(std::string_view value, char separator) {
  if (value.empty()) return "_";
  std::string part;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const char c = value[at];
    const bool plain = is_letter_or_digit(c) || c == '_' || ((c == '.' || c == '-') && at > 0);
    if (plain && c != separator && value != "_") {
      part += c;
    } else {
      append_escape(part, c);
    }
  }
  return part;
}

Result<NameTemplate> NameTemplate::parse(std::string_view text) {
  const auto wrong = [&](const std::string& why) {
    return Error{Code::usage, fmt::format("--name \"{}\" {}", quotable(text), why)};
  };
  if (text.empty() || text.size() > longest_template)
    return wrong(fmt::format("must have 1 to {} characters", longest_template));
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '%'; };
  if (std::any_of(text.begin(), text.end(), is_bad)) return wrong("has a control character or a % in it");
  NameTemplate result;
  result.text_ = text;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t slash = std::min(text.find('/', begin), text.size());
    std::string_view rest = text.substr(begin, slash - begin);
    begin = slash + 1;
    if (rest.empty())
      return wrong("has an empty name in it: it is one or more names, with slashes between them");
    // `..` begins with a dot, too.
    if (rest.front() == '.') return wrong("has a name that begins with a dot");
    Name name;
    while (!rest.empty()) {
      const std::size_t open = std::min(rest.find('{'), rest.size());
      Part part;
      part.literal = rest.substr(0, open);
      if (part.literal.find('}') != std::string::npos)
        return wrong("has a closing brace without an opening one");
      rest.remove_prefix(open);
      if (!rest.empty()) {
        const std::size_t close = rest.find('}');
        if (close == std::string_view::npos) return wrong("has an opening brace without a closing one");
        const std::string_view field = rest.substr(1, close - 1);
        const auto* const found = std::find(field_names.begin(), field_names.end(), field);
        if (found == field_names.end()) {
          return wrong(fmt::format("has the unknown placeholder {{{}}}; there are {{{}}}", field,
                                   fmt::join(field_names, "} {")));
        }
        part.field = static_cast<NameField>(found - field_names.begin());
        result.by_day_ = result.by_day_ || *part.field >= NameField::date;
        rest.remove_prefix(close + 1);
      }
      name.push_back(std::move(part));
    }
    if (auto apart = keep_apart(name); !apart) return wrong(apart.error().text);
    result.names_.push_back(std::move(name));
  }
  if (result.names_.size() > deepest) return wrong(fmt::format("has more than {} names in it", deepest));
  return result;
}

bool NameTemplate::has_suffix() const {
  const Part& last = names_.back().back();
  return !last.field && (last.literal.back() < '0' || last.literal.back() > '9');
}

std::string NameTemplate::path_of(const SweptLine& line, const CivilDay& day) const {
  const SweptMessage& message = *line.message;
  std::string path;
  for (const Name& parts : names_) {
    std::string name;
    for (const Part& part : parts) {
      name += part.literal;
      if (!part.field) continue;
      name += is_fixed(*part.field) ? fixed_value(message, day, *part.field)
                                    : name_part(value_of(message, *part.field), part.separator);
    }
    if (name.front() == '-') name.replace(0, 1, "%2D");  // an id may begin so
    if (!path.empty()) path += '/';
    path += bounded(std::move(name));
  }
  return path;
}

}  // namespace ssblog
