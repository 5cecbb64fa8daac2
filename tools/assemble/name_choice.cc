// SPDX-License-Identifier: MIT
#include "assemble/name_choice.h"

#include "feed/json.h"

#include <algorithm>

namespace ssblog {

/// The usual one: where the rest does not fit, the last `*` takes one byte more. Linear in practice, and never worse
/// than the product of both sizes, which are those of names.
bool WantedName::fits(std::string_view name) const {
  if (!wildcards) return name == text;
  std::size_t at = 0, in_text = 0;
  std::size_t star = std::string::npos, taken = 0;
  while (at < name.size()) {
    if (in_text < text.size() && text[in_text] == '*') {
      star = in_text++;
      taken = at;
    } else if (in_text < text.size() && text[in_text] == name[at]) {
      ++in_text;
      ++at;
    } else if (star != std::string::npos) {
      in_text = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  while (in_text < text.size() && text[in_text] == '*') ++in_text;
  return in_text == text.size();
}

bool NameChoice::wants_by(const std::function<bool(const WantedName&)>& fits) const {
  return (any.empty() || std::any_of(any.begin(), any.end(), fits)) &&
         std::none_of(none.begin(), none.end(), fits);
}

bool NameChoice::wants(std::string_view name) const {
  if (any.empty() && none.empty()) return true;
  return wants_by([name](const WantedName& wanted) { return wanted.fits(name); });
}

namespace {

std::string to_text(std::vector<WantedName> names) {
  std::sort(names.begin(), names.end(), [](const WantedName& a, const WantedName& b) {
    return std::pair(a.text, a.wildcards) < std::pair(b.text, b.wildcards);
  });
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string text;
  for (const WantedName& name : names) {
    if (!text.empty()) text += '|';
    if (name.wildcards) text += '*';
    text += json_string(name.text);
  }
  return text;
}

}  // namespace

std::string to_text(const NameChoice& choice) {
  if (!choice) return "null";
  std::string text = to_text(choice.any);
  if (!choice.none.empty()) text += "!" + to_text(choice.none);
  return text;
}

}  // namespace ssblog
