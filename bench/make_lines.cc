// SPDX-License-Identifier: MIT
// bench/make_lines.cc - writes COUNT log lines of 120 bytes (newline included) to standard output.
#include "lines.h"

#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fputs("usage: bench_make_lines COUNT [SEED]\n", stderr);
    return 64;
  }
  bench::Lines lines(argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 1);
  std::string block;
  for (std::uint64_t left = std::strtoull(argv[1], nullptr, 10); left > 0; --left) {
    lines.append(block);
    if (block.size() < 65536 && left > 1) continue;
    if (std::fwrite(block.data(), 1, block.size(), stdout) != block.size()) return 74;
    block.clear();
  }
  return std::fflush(stdout) == 0 ? 0 : 74;
}
