// SPDX-License-Identifier: MIT
// feed/content_object.h - puts together the canonical compact content of a record, member by member.
//
// Used by what writes records of fixed members. Pure, any thread.
#pragma once

#include "feed/json.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ssblog {

/// Members in the order in which they are added.
class ContentObject {
 public:
  explicit ContentObject(std::string_view type) : text_(fmt::format(R"({{"type":"{}")", type)) {}
  ContentObject& text(std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(text_), R"(,"{}":)", name);
    append_json_string(text_, value);
    return *this;
  }
  ContentObject& text_if_any(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  template <class Number>
  ContentObject& number(std::string_view name, Number value) {
    fmt::format_to(std::back_inserter(text_), R"(,"{}":{})", name, value);
    return *this;
  }
  template <class Number>
  ContentObject& number_if_any(std::string_view name, const std::optional<Number>& value) {
    return value ? number(name, *value) : *this;
  }
  std::string end() { return std::move(text_ += '}'); }

 private:
  std::string text_;
};

}  // namespace ssblog
