// SPDX-License-Identifier: MIT
// json_random.h - random JSON texts with everything that makes trouble.
//
// Used by the tests of feed/json. The same seed gives the same texts.
#pragma once

#include <algorithm>
#include <iterator>
#include <random>
#include <string>

namespace ssblog {

class RandomJson {
 public:
  explicit RandomJson(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  /// A text that is JSON, with white space and odd spellings.
  std::string text(std::size_t depth = 4) {
    std::string out;
    value(out, depth);
    return out;
  }

 private:
  template <std::size_t n>
  const char* one_of(const char* const (&choices)[n]) {
    return choices[below(n)];
  }

  void space(std::string& out) {
    while (below(5) == 0) out += " \n\r\t"[below(4)];
  }

  void string(std::string& out) {
    static constexpr const char* pieces[] = {"a",
                                             "b",
                                             "key",
                                             "longer than eight bytes",
                                             "\\n",
                                             "\\\"",
                                             "\\\\",
                                             "\\/",
                                             "\\u0041",
                                             "\\u0022",
                                             "\\u001F",
                                             "\\uD83D",
                                             "\\ude00",
                                             "\\u00e9",
                                             "\\u2028",
                                             "\x7f",
                                             "\xc3\xa9",
                                             "\xe2\x82\xac",
                                             "\xf0\x9f\x98\x80",
                                             "\xed\xa0\xbd",
                                             "\xed\xb8\x80",
                                             "{",
                                             "}",
                                             "[",
                                             "]",
                                             ",",
                                             ":",
                                             "/"};
    out += '"';
    if (below(4) == 0) {
      static constexpr const char* keys[] = {"0",   "1",          "2",          "10",        "01", "-1",
                                             "1.5", "4294967294", "4294967295", "__proto__", "",   "\\u0031"};
      out += one_of(keys);
    } else {
      for (std::size_t n = below(4); n > 0; --n) out += one_of(pieces);
    }
    out += '"';
  }

  void digits(std::string& out, std::size_t limit) {
    for (std::size_t n = 1 + below(limit); n > 0; --n) out += static_cast<char>('0' + below(10));
  }

  void number(std::string& out) {
    if (below(3) == 0) out += '-';
    if (below(4) == 0) {
      out += '0';
    } else {
      out += static_cast<char>('1' + below(9));
      if (below(2) == 0) digits(out, below(4) == 0 ? 25 : 6);
    }
    if (below(3) == 0) out += '.', digits(out, 12);
    if (below(4) == 0) out += one_of({"e", "E", "e+", "e-"}), digits(out, 3);
  }

  void value(std::string& out, std::size_t depth) {
    space(out);
    switch (below(depth == 0 ? 4 : 7)) {
      case 0:
        out += one_of({"true", "false", "null"});
        break;
      case 1:
        number(out);
        break;
      case 2:
      case 3:
        string(out);
        break;
      case 4: {
        out += '[';
        for (std::size_t n = below(5); n > 0; --n) {
          value(out, depth - 1);
          if (n > 1) out += ',';
        }
        space(out);
        out += ']';
        break;
      }
      default: {
        out += '{';
        for (std::size_t n = below(below(20) == 0 ? 40 : 6); n > 0; --n) {
          space(out);
          string(out);
          space(out);
          out += ':';
          value(out, depth - 1);
          if (n > 1) out += ',';
        }
        space(out);
        out += '}';
      }
    }
    space(out);
  }

  std::mt19937 random_;
};

}  // namespace ssblog
