// SPDX-License-Identifier: MIT
#include "view/http_head_check.h"

#include "view/http_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace ssblog {
namespace {

Error wrong(std::string_view what) { return {Code::usage, std::string(what)}; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// Of a name: `tchar`.
bool is_token_character(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const auto begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace

Result<std::optional<std::size_t>> HttpHeadCheck::look(std::string_view bytes) {
  for (;;) {
    const auto end = bytes.find('\n', looked_);
    const bool has_end = end != std::string_view::npos;
    if (has_end ? end >= longest : bytes.size() >= longest)
      return wrong(fmt::format("the line and the headers of a request have {} bytes at most", longest));
    if (!has_end) {
      looked_ = bytes.size();
      return std::optional<std::size_t>();
    }
    std::string_view line = bytes.substr(line_, end - line_);
    looked_ = line_ = end + 1;
    if (!line.ends_with('\r')) return wrong("a line of the request does not end with CR and LF");
    line.remove_suffix(1);
    if (!has_line_) {
      if (line.empty() || std::any_of(line.begin(), line.end(), is_control))
        return wrong("this is no HTTP request that is understood here");
      has_line_ = true;
    } else if (line.empty()) {
      return std::optional(line_);
    } else if (auto taken = take_field(line); !taken) {
      return taken.error();
    }
  }
}

Result<void> HttpHeadCheck::take_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t')
    return wrong("a header of the request begins with a blank: no header goes on in the next line");
  const auto colon = line.find(':');
  const std::string_view before = line.substr(0, colon);
  if (colon == std::string_view::npos || before.empty() ||
      !std::all_of(before.begin(), before.end(), is_token_character))
    return wrong("a header of the request is no name with a colon behind it");
  const std::string_view value = without_blanks(line.substr(colon + 1));
  if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; }))
    return wrong("a header of the request has a control character in it");
  if (is_same(before, "host")) {
    if (has_host_) return wrong("the header Host stands there twice");
    has_host_ = true;
  } else if (is_same(before, "content-length")) {
    if (has_length_ || value.empty() || !std::all_of(value.begin(), value.end(), is_digit))
      return wrong("the header Content-Length is not one number");
    has_length_ = true;
  } else if (is_same(before, "transfer-encoding")) {
    if (has_coding_ || !is_same(value, "chunked"))
      return wrong("the header Transfer-Encoding is not \"chunked\"");
    has_coding_ = true;
  }
  if (has_length_ && has_coding_) return wrong("Content-Length and Transfer-Encoding stand there together");
  return {};
}

}  // namespace ssblog
