// SPDX-License-Identifier: MIT
#include "feed/mask.h"

#include <doctest/doctest.h>

#include <random>

using namespace ssblog;

namespace {

std::string masked(std::size_t length, std::string_view name) {
  std::string text(length, 'x');
  write_mask(text, name);
  return text;
}

std::size_t alike(std::string_view fed, std::string_view other, std::size_t piece) {
  MaskedComparison comparison;
  std::size_t all = 0;
  for (std::size_t at = 0; at < fed.size(); at += piece) {
    const auto part = fed.substr(at, piece);
    const std::size_t same = comparison.alike(part, other.substr(std::min(at, other.size()), piece));
    all += same;
    if (same < part.size()) break;
  }
  return all;
}

}  // namespace

TEST_CASE("a mask is as long as the secret, and says what it was where there is room") {
  CHECK(masked(20, "jwt") == "[redacted:jwt]******");
  CHECK(masked(14, "jwt") == "[redacted:jwt]");
  CHECK(masked(13, "jwt") == "[redacted]***");
  CHECK(masked(9, "jwt") == "*********");
  CHECK(masked(12, "") == "[redacted]**");
  CHECK(masked(80, std::string(40, 'a')).starts_with("[redacted]***"));
  CHECK(masked(0, "jwt").empty());
}

TEST_CASE("what is masked in the feed equals anything of its length, however the bytes come") {
  const std::string plain = "a secretsecretsecretsecret b x-y-z c\nd secr";
  for (const std::string& fed :
       {"a " + masked(24, "jwt") + " b " + masked(5, "jwt") + " c\nd " + masked(4, "x"),
        "a " + masked(24, "") + " b x-y-z c\nd secr", plain}) {
    for (std::size_t piece = 1; piece <= plain.size(); ++piece) {
      CAPTURE(piece);
      CHECK(alike(fed, plain, piece) == plain.size());
      CHECK(alike(fed, plain.substr(0, 9), piece) == 9);
      std::string other = plain;
      other[27] = 'X';
      CHECK(alike(fed, other, piece) == 27);
      other = plain;
      other[5] = '\n';  // a mask has none
      CHECK(alike(fed, other, plain.size()) <= 5);
    }
  }
  CHECK(alike("a [redacted?] b", "a [redacted:] b", 100) == 11);
  CHECK(alike("a [redirect] b", "a [redacted] b", 100) == 6);
}

TEST_CASE("the first mask of a text is found") {
  CHECK(first_mask("ab [redacted:x] c") == 3);
  CHECK(first_mask("ab **") == 3);
  CHECK(first_mask("ab [red] c") == 10);
  CHECK(first_mask("") == 0);
}
