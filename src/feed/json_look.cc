// SPDX-License-Identifier: MIT
#include "feed/json.h"
#include "feed/utf.h"

#include <algorithm>

namespace ssblog {
namespace {

/// Length of the string at the front of `text`, quotes included; 0 when it does not end.
std::size_t string_length(std::string_view text) {
  std::size_t quote = 0;
  for (;;) {
    quote = text.find('"', quote + 1);
    if (quote == std::string_view::npos) return 0;
    std::size_t before = quote;  // an odd number of backslashes makes the quote a part of the string
    while (text[before - 1] == '\\') --before;
    if ((quote - before) % 2 == 0) return quote + 1;
  }
}

/// Length of the object or array at the front of `text`; 0 when it does not end.
std::size_t container_length(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (text[at]) {
      case '"': {
        const std::size_t length = string_length(text.substr(at));
        if (length == 0) return 0;
        at += length - 1;
        break;
      }
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return at + 1;
        break;
      default:
        break;
    }
  }
  return 0;
}

/// Length of the value at the front of `text`; 0 when there is none that ends.
std::size_t value_length(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] == '"') return string_length(text);
  if (text[0] == '{' || text[0] == '[') return container_length(text);
  const std::size_t length = text.find_first_of(",}] \n\t\r:\"");
  return length == std::string_view::npos ? 0 : length;
}

void skip_space(std::string_view& text) {
  std::size_t at = 0;
  while (at < text.size() && (text[at] == ' ' || text[at] == '\n')) ++at;
  text.remove_prefix(at);
}

/// Takes the value at the front of `rest` and the comma after it. When it is the last one, nothing is
/// left in `rest`. False when the text is cut short.
bool take_value(std::string_view& rest, std::string_view& value, char close) {
  const std::size_t length = value_length(rest);
  if (length == 0) return false;
  value = rest.substr(0, length);
  rest.remove_prefix(length);
  skip_space(rest);
  if (rest.starts_with(close)) {
    rest = {};
    return true;
  }
  if (!rest.starts_with(',')) return false;
  rest.remove_prefix(1);
  return true;
}

}  // namespace

Members::Members(std::string_view object) {
  if (object.starts_with('{')) rest_ = object.substr(1);
}

bool Members::next() {
  skip_space(rest_);
  const std::size_t length = rest_.starts_with('"') ? string_length(rest_) : 0;
  if (length != 0) {
    name_ = rest_.substr(1, length - 2);
    rest_.remove_prefix(length);
    if (rest_.starts_with(':')) {
      rest_.remove_prefix(1);
      skip_space(rest_);
      if (take_value(rest_, value_, '}')) return true;
    }
  }
  rest_ = name_ = value_ = {};
  return false;
}

Items::Items(std::string_view array) {
  if (array.starts_with('[')) rest_ = array.substr(1);
}

bool Items::next() {
  skip_space(rest_);
  if (take_value(rest_, value_, ']')) return true;
  rest_ = value_ = {};
  return false;
}

std::string_view member(std::string_view object, std::string_view name) {
  for (Members members(object); members.next();) {
    if (members.name() == name) return members.value();
  }
  return {};
}

std::size_t indented_length(std::string_view compact, std::size_t level) {
  std::size_t length = utf16_length(compact);
  const auto new_line = [&] { length += 1 + 2 * level; };
  for (std::size_t at = 0; at < compact.size(); ++at) {
    switch (compact[at]) {
      case '"': {
        const std::size_t string = string_length(compact.substr(at));
        if (string == 0) return length;  // not canonical text
        at += string - 1;
        break;
      }
      case '{':
      case '[':
        if (at + 1 < compact.size() && (compact[at + 1] == '}' || compact[at + 1] == ']')) {
          ++at;
        } else {
          ++level;
          new_line();
        }
        break;
      case '}':
      case ']':
        if (level > 0) --level;
        new_line();
        break;
      case ',':
        new_line();
        break;
      case ':':
        ++length;
        break;
      default:
        break;
    }
  }
  return length;
}

}  // namespace ssblog
