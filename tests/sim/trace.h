// SPDX-License-Identifier: MIT
// sim/trace.h - what happened, as lines; and one number that is another when any line is.
#pragma once

#include "sim/clock.h"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace ssblog::sim {

class Trace {
 public:
  /// Prints the lines too, unless `out` is null.
  explicit Trace(std::FILE* out) : out_(out) {}

  /// `detail` counts in full, and is printed in part.
  void line(Time now, std::string_view what, std::string_view detail = "") {
    const auto us = now.count();
    mix(std::string_view(reinterpret_cast<const char*>(&us), sizeof us));
    mix(what);
    mix(detail);
    if (out_ != nullptr)
      fmt::print(out_, "{:12.6f} {} {}\n", static_cast<double>(us) / 1e6, what, detail.substr(0, 160));
  }
  std::uint64_t hash() const { return hash_; }

 private:
  /// FNV-1a.
  void mix(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash_ = (hash_ ^ 0xff) * 0x100000001b3;
  }
  std::FILE* out_;
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace ssblog::sim
