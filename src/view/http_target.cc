// SPDX-License-Identifier: MIT
#include "view/http_target.h"

#include "feed/bytes.h"
#include "feed/utf.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

Error wrong(std::string_view what) { return {Code::usage, std::string(what)}; }

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

Result<std::string> decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[at] != '%') {
      out += text[at];
    } else {
      if (text.size() - at < 3) return wrong("a % in the address is followed by two hex digits");
      const auto first = hex_digit(text[at + 1]), second = hex_digit(text[at + 2]);
      if (!first || !second) return wrong("a % in the address is followed by two hex digits");
      out += static_cast<char>(*first * 16 + *second);
      at += 2;
    }
  }
  if (!is_utf8(as_bytes(out))) return wrong("the address is no UTF-8");
  return out;
}

Result<void> add_parts(std::string_view path, HttpTarget& to) {
  for (std::size_t at = 1; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    auto part = decoded(path.substr(at, end - at), false);
    if (!part) return part.error();
    if (part->find('\0') != std::string::npos) return wrong("the address has a NUL in it");
    if (part->empty() || *part == "." || *part == "..")
      return wrong("the address has an empty part, or dots");
    if (to.parts.size() == HttpTarget::most_parts) return wrong("the address has too many parts");
    to.parts.push_back(std::move(*part));
    at = end + 1;
  }
  return {};
}

Result<void> add_parameters(std::string_view query, HttpTarget& to) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = decoded(pair.substr(0, equals), true);
    if (!name) return name.error();
    auto value =
        equals == std::string_view::npos ? Result<std::string>("") : decoded(pair.substr(equals + 1), true);
    if (!value) return value.error();
    if (to.parameters.size() == HttpTarget::most_parameters)
      return wrong("the address has too many parameters");
    const auto [at, added] = to.parameters.emplace(std::move(*name), std::move(*value));
    if (!added) return wrong(fmt::format("the parameter {} comes twice", at->first));
  }
  return {};
}

}  // namespace

std::optional<std::string> HttpTarget::parameter(std::string_view name) const {
  const auto at = parameters.find(name);
  return at == parameters.end() ? std::nullopt : std::optional(at->second);
}

Result<HttpTarget> parse_target(std::string_view target) {
  if (target.size() > HttpTarget::longest) return wrong("the address is too long");
  target = target.substr(0, target.find('#'));
  const auto question = target.find('?');
  const std::string_view path = target.substr(0, question);
  if (!path.starts_with('/')) return wrong("the address begins with a slash");
  HttpTarget parsed;
  if (auto added = add_parts(path, parsed); !added) return added.error();
  if (question != std::string_view::npos) {
    if (auto added = add_parameters(target.substr(question + 1), parsed); !added) return added.error();
  }
  return parsed;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~@").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace ssblog
