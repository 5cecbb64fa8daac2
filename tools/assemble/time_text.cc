// SPDX-License-Identifier: MIT
#include "assemble/time_text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>

namespace ssblog {
namespace {

/// `00` to `99`, one after the other.
constexpr auto pairs = [] {
  std::array<char, 200> digits{};
  for (std::size_t i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

/// Two digits; `value` is below 100.
void put_two(char* to, std::uint32_t value) { std::memcpy(to, &pairs[2 * value], 2); }

}  // namespace

void append_utc_time(std::string& out, std::int64_t ms) {
  constexpr std::uint32_t day_ms = 86'400'000;
  const auto time = static_cast<std::uint64_t>(std::clamp<std::int64_t>(ms, 0, time_max_ms));
  const auto days = static_cast<std::int32_t>(time / day_ms);
  const auto of_day = static_cast<std::uint32_t>(time % day_ms);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};

  char text[] = "0000-00-00T00:00:00.000Z";
  const auto year = static_cast<std::uint32_t>(static_cast<int>(date.year()));
  const std::uint32_t seconds = of_day / 1000;
  const std::uint32_t millis = of_day % 1000;
  put_two(text, year / 100);
  put_two(text + 2, year % 100);
  put_two(text + 5, static_cast<unsigned>(date.month()));
  put_two(text + 8, static_cast<unsigned>(date.day()));
  put_two(text + 11, seconds / 3600);
  put_two(text + 14, seconds / 60 % 60);
  put_two(text + 17, seconds % 60);
  text[20] = static_cast<char>('0' + millis / 100);
  put_two(text + 21, millis % 100);
  out.append(text, sizeof text - 1);
}

}  // namespace ssblog
