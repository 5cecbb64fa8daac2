// SPDX-License-Identifier: MIT
#include "cli/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace ssblog {

using namespace std::chrono_literals;

Result<std::chrono::milliseconds> parse_duration(std::string_view option, std::string_view text,
                                                 std::chrono::milliseconds unit, std::chrono::hours most) {
  constexpr std::array<std::pair<std::string_view, std::chrono::milliseconds>, 5> units = {
      {{"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}, {"d", 24h}}};
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  bool known = name.empty();
  for (const auto& [word, length] : units) {
    if (name != word) continue;
    unit = length;
    known = true;
  }
  if (error != std::errc() || !known || count < 0 || count > most / unit)
    return Error{Code::usage, fmt::format("{} {}: say a time up to {}, as {}", option, text,
                                          most == 24h ? "a day" : fmt::format("{} days", most / 24h),
                                          most == 24h ? "200ms, 30s or 5m" : "30m, 2h or 7d")};
  return unit * count;
}

Result<std::uint64_t> parse_size(std::string_view option, std::string_view text) {
  constexpr std::uint64_t most = std::uint64_t{1} << 53;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const int power = unit.empty()  ? 0
                    : unit == "K" ? 1
                    : unit == "M" ? 2
                    : unit == "G" ? 3
                    : unit == "T" ? 4
                                  : -1;
  if (error != std::errc() || power < 0 || count > most >> (10 * power))
    return Error{Code::usage, fmt::format("{} {}: say a size, as 64K, 256M or 2G", option, text)};
  return count << (10 * power);
}

std::string size_text(std::int64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double size = static_cast<double>(bytes);
  for (const char* unit : {"kB", "MB", "GB"}) {
    size /= 1000;
    if (size < 999.95) return fmt::format("{:.1f} {}", size, unit);
  }
  return fmt::format("{:.1f} TB", size / 1000);
}

std::string age_text(std::chrono::milliseconds age) {
  if (age < 2min) return fmt::format("{} s", age / 1s);
  if (age < 2h) return fmt::format("{} min", age / 1min);
  if (age < 48h) return fmt::format("{} h", age / 1h);
  return fmt::format("{} d", age / 24h);
}

}  // namespace ssblog
