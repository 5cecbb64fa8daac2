// SPDX-License-Identifier: MIT
#include "feed/json.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace ssblog {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The parts of a number: 0.d1d2.. x 10^point, with its digits cut to what can count.
struct Decimal {
  bool negative = false;
  std::string digits;      // the first one is not 0; empty for zero
  std::int64_t point = 0;  // the n of messages.md, "Numbers"
};

Decimal take_apart(std::string_view spelled) {
  // A double is settled by 767 digits and whether anything comes after them.
  constexpr std::size_t max_digits = 800;
  constexpr std::int64_t max_exponent = std::int64_t{1} << 60;
  Decimal number;
  std::size_t at = 0;
  if (spelled.starts_with('-')) number.negative = true, ++at;
  bool after_point = false;
  bool rest = false;
  for (; at < spelled.size() && (is_digit(spelled[at]) || spelled[at] == '.'); ++at) {
    if (spelled[at] == '.') {
      after_point = true;
      continue;
    }
    const bool counts = spelled[at] != '0' || !number.digits.empty();
    if (counts && number.digits.size() < max_digits) {
      number.digits += spelled[at];
    } else if (spelled[at] != '0') {
      rest = true;
    }
    if (counts && !after_point) ++number.point;
    if (!counts && after_point) --number.point;
  }
  if (rest) number.digits += '1';
  if (at == spelled.size()) return number;
  ++at;  // e
  const bool down = spelled[at] == '-';
  if (!is_digit(spelled[at])) ++at;
  std::int64_t exponent = 0;
  for (; at < spelled.size() && exponent < max_exponent / 10; ++at)
    exponent = exponent * 10 + (spelled[at] - '0');
  number.point += down ? -exponent : exponent;
  return number;
}

/// The double of a number that std::from_chars does not settle: out of range, or very long.
double settle(std::string_view spelled) {
  const Decimal number = take_apart(spelled);
  double value = 0;
  if (!number.digits.empty() && number.point > 400) {
    value = std::numeric_limits<double>::infinity();
  } else if (!number.digits.empty() && number.point > -400) {
    const std::string plain = "0." + number.digits + "e" + std::to_string(number.point);
    const auto [end, failed] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    // What the library leaves in `value` when it is out of range differs from version to version.
    if (failed != std::errc()) value = number.point > 0 ? std::numeric_limits<double>::infinity() : 0;
  }
  return number.negative ? -value : value;
}

}  // namespace

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  if (value == 0) {
    out += '0';  // -0 as well
    return;
  }
  // The shortest digits that read back to the same double: d.ddde+XX
  char shortest[32];
  char* const end =
      std::to_chars(shortest, shortest + sizeof shortest, value, std::chars_format::scientific).ptr;
  char digits[20];
  int count = 0;
  const char* from = shortest;
  if (*from == '-') out += '-', ++from;
  for (; *from != 'e'; ++from) {
    if (*from != '.') digits[count++] = *from;
  }
  from += from[1] == '+' ? 2 : 1;
  int point = 0;
  std::from_chars(from, end, point);
  ++point;  // value = 0.d1d2.. x 10^point from here on

  const auto put = [&](int begin, int stop) {
    out.append(digits + begin, static_cast<std::size_t>(stop - begin));
  };
  const auto zeros = [&](int n) { out.append(static_cast<std::size_t>(n), '0'); };
  if (count <= point && point <= 21) {
    put(0, count);
    zeros(point - count);
  } else if (0 < point && point <= 21) {
    put(0, point);
    out += '.';
    put(point, count);
  } else if (-6 < point && point <= 0) {
    out += "0.";
    zeros(-point);
    put(0, count);
  } else {
    put(0, 1);
    if (count > 1) out += '.';
    put(1, count);
    out += point > 0 ? "e+" : "e-";
    out += std::to_string(std::abs(point - 1));
  }
}

std::optional<double> number_of(std::string_view value) {
  // `canonical` asks here too: every spelling of RFC 8259 is read, infinity is what is too large.
  const std::size_t first = value.starts_with('-') ? 1 : 0;
  if (value.size() <= first || !is_digit(value[first])) return std::nullopt;  // no "inf", no "nan"
  double number = 0;
  const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (end != value.data() + value.size() || !is_digit(value.back())) return std::nullopt;
  // Some versions of the library count long exponents wrong, which matters to very long numbers alone.
  constexpr std::size_t long_number = 1000;
  if (failed != std::errc() || value.size() > long_number) return settle(value);
  return number;
}

std::optional<std::int64_t> integer_of(std::string_view value) {
  constexpr std::int64_t limit = (std::int64_t{1} << 53) - 1;
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (failed != std::errc() || end != value.data() + value.size()) return std::nullopt;
  if (number < -limit || number > limit) return std::nullopt;
  return number;
}

}  // namespace ssblog
