// SPDX-License-Identifier: MIT
#include "intake/rotation.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace ssblog {
namespace {

constexpr std::array<std::string_view, 5> packed_endings = {".gz", ".xz", ".zst", ".Z", ".bz2"};
constexpr std::array<std::string_view, 5> words = {"old", "prev", "bak", "orig", "rotated"};
constexpr std::size_t longest_mark = 40;

std::string_view without_packing(std::string_view name) {
  for (const auto ending : packed_endings) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return name;
}

/// A sign that separates, and then a number, a date, or a word for what is old.
bool is_mark(std::string_view mark) {
  if (mark.size() < 2 || mark.size() > longest_mark) return false;
  if (std::string_view(".-_@").find(mark.front()) == std::string_view::npos) return false;
  const std::string_view rest = mark.substr(1);
  if (std::find(words.begin(), words.end(), rest) != words.end()) return true;
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  return std::any_of(rest.begin(), rest.end(), is_digit) &&
         std::all_of(rest.begin(), rest.end(), [&](char c) {
           return is_digit(static_cast<unsigned char>(c)) ||
                  std::string_view(".-_:TZ+").find(c) != std::string_view::npos;
         });
}

/// The mark stands between `before` and `after`.
bool has_mark(std::string_view sibling, std::string_view before, std::string_view after) {
  return sibling.size() > before.size() + after.size() && sibling.starts_with(before) &&
         sibling.ends_with(after) &&
         is_mark(sibling.substr(before.size(), sibling.size() - before.size() - after.size()));
}

}  // namespace

bool may_be_rotated(std::string_view name, std::string_view sibling) {
  sibling = without_packing(sibling);
  if (sibling == name) return true;  // "syslog.gz"
  if (has_mark(sibling, name, "")) return true;
  const auto dot = name.rfind('.');
  return dot != std::string_view::npos && dot > 0 && has_mark(sibling, name.substr(0, dot), name.substr(dot));
}

std::vector<std::string> names_before(std::string_view name) {
  std::vector<std::string> names;
  const auto add = [&](std::string before) {
    if (may_be_rotated(before, name)) names.push_back(std::move(before));
  };
  const std::string_view unpacked = without_packing(name);
  for (auto mark = name.find_first_of(".-_@", 1); mark != std::string_view::npos;
       mark = name.find_first_of(".-_@", mark + 1)) {
    const std::string before(name.substr(0, mark));
    add(before);
    for (auto dot = name.find('.', mark + 1); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
      add(before + std::string(name.substr(dot)));
      // "app-1.log.gz" is more likely of "app.log" than of "app.log.gz".
      if (dot < unpacked.size() && unpacked.size() < name.size())
        add(before + std::string(unpacked.substr(dot)));
    }
  }
  return names;
}

}  // namespace ssblog
