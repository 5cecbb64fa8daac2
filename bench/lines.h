// SPDX-License-Identifier: MIT
// bench/lines.h - log lines that are made up, but look and compress like a syslog.
//
// Used by make_lines and make_bundle. The same seed gives the same lines on every machine. `zstd -3` makes a
// file of them 3.5 times smaller, and each 8 KiB of it 2.9 times.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace bench {

/// splitmix64: the generators of <random> are not alike everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(next() % end); }

 private:
  std::uint64_t state_;
};

class Lines {
 public:
  /// Lines of `bytes` bytes, the newline among them.
  explicit Lines(std::uint64_t seed, std::size_t bytes = 120) : random_(seed), bytes_(bytes) {
    Random letters(1);  // the vocabulary is the same for every seed, as that of a program is
    for (std::string& word : words_) {
      for (std::size_t length = 3 + letters.below(7); length > 0; --length)
        word += static_cast<char>('a' + letters.below(26));
    }
  }

  /// Appends one line.
  void append(std::string& out) {
    static constexpr std::array<const char*, 6> programs = {"sshd",  "cron",   "backup",
                                                            "nginx", "smartd", "systemd"};
    const std::size_t begin = out.size();
    second_ += random_.below(3) == 0 ? 1 : 0;
    char head[64];
    const std::size_t program = random_.below(programs.size());
    std::snprintf(head, sizeof head, "Nov 20 %02u:%02u:%02u nas %s[%u]:", second_ / 3600 % 24,
                  second_ / 60 % 60, second_ % 60, programs[program],
                  static_cast<unsigned>(817 + 97 * program));
    out += head;
    while (out.size() - begin < bytes_ - 1) {
      out += ' ';
      if (random_.below(5) == 0) {
        out += std::to_string(random_.below(100'000));
      } else {
        out += words_[random_.below(words_.size())];
      }
    }
    out.resize(begin + bytes_ - 1);
    if (random_.below(50) == 0) {
      out.resize(out.size() - 2);
      out += "\u00fc";  // two bytes
    }
    out += '\n';
  }

 private:
  Random random_;
  std::size_t bytes_;
  std::array<std::string, 100> words_;
  unsigned second_ = 0;
};

}  // namespace bench
