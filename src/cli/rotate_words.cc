// SPDX-License-Identifier: MIT
#include "cli/rotate_words.h"

#include "cli/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ssblog {
namespace {

constexpr std::uint64_t s6_size = 1024 * 1024;  // where nobody says another one
constexpr std::uint64_t smallest_size = 4096;
constexpr unsigned most_kept = 10'000;

}  // namespace

Result<Rotation> parse_rotation(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return Error{Code::usage,
                 fmt::format("--rotate {}: {}; say size=10M,keep=8 or daily,keep=30 or s6", text, why)};
  };
  Rotation rotation;
  rotation.style = RotateStyle::numbered;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word == "s6") {
      rotation.style = RotateStyle::s6;
    } else if (word == "daily") {
      rotation.daily = true;
    } else if (word.starts_with("size=")) {
      auto size = parse_size("--rotate size", word.substr(5));
      if (!size) return size.error();
      if (*size < smallest_size) return wrong("a file must have room for 4K at least");
      rotation.size = *size;
    } else if (word.starts_with("keep=")) {
      const auto [rest, error] = std::from_chars(word.data() + 5, word.data() + word.size(), rotation.keep);
      if (error != std::errc() || rest != word.data() + word.size() || rotation.keep < 1 ||
          rotation.keep > most_kept)
        return wrong("keep is a number from 1 to 10000");
    } else {
      return wrong(fmt::format("\"{}\" is not known", word));
    }
  }
  if (rotation.style == RotateStyle::s6 && rotation.size == 0 && !rotation.daily) rotation.size = s6_size;
  if (rotation.size == 0 && !rotation.daily) return wrong("when is missing");
  return rotation;
}

}  // namespace ssblog
