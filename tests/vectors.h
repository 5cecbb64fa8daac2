// SPDX-License-Identifier: MIT
// vectors.h - the test vectors of tests/vectors, as our own JSON.
//
// Used by tests. The folder is named by SSBLOG_VECTORS. Texts may hold lone surrogates, which
// nlohmann/json refuses; so a file is read with `canonical` and looked at with Members, Items and member.
#pragma once

#include "feed/bytes.h"
#include "feed/json.h"
#include "feed/json_escape.h"
#include "feed/utf.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ssblog {

/// One vector file as compact canonical text. Throws when it cannot be read: the test ends there.
inline std::string vectors(const std::string& file) {
  const char* folder = std::getenv("SSBLOG_VECTORS");
  if (!folder) throw std::runtime_error("SSBLOG_VECTORS does not name the folder of the test vectors");
  std::ifstream in(std::string(folder) + "/" + file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + std::string(folder) + "/" + file);
  auto text = canonical(std::string(std::istreambuf_iterator<char>(in), {}), Layout::compact);
  if (!text) throw std::runtime_error(file + ": " + text.error().text);
  return *std::move(text);
}

/// The text of a canonical JSON string with its lone surrogates, each as the three bytes of WTF-8.
inline std::string wtf8(std::string_view value) {
  if (value.size() < 2 || !is_string(value)) throw std::runtime_error("no string: " + std::string(value));
  value = value.substr(1, value.size() - 2);
  std::string text;
  while (!value.empty()) {
    if (const auto unit = unicode_escape(value)) {
      append_utf8(text, *unit);
      value.remove_prefix(6);
    } else if (value[0] == '\\') {
      text += unescaped(value.at(1));
      value.remove_prefix(2);
    } else {
      text += value[0];
      value.remove_prefix(1);
    }
  }
  return text;
}

/// The text of a member of a vector, likewise.
inline std::string wtf8(std::string_view object, std::string_view name) { return wtf8(member(object, name)); }

/// The bytes of a member that is written in hex.
inline ByteBuf hex_bytes(std::string_view object, std::string_view name) {
  auto bytes = from_hex(wtf8(object, name));
  if (!bytes) throw std::runtime_error("no hex: " + std::string(name));
  return *std::move(bytes);
}

}  // namespace ssblog
