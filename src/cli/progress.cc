// SPDX-License-Identifier: MIT
#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace ssblog {
namespace {

constexpr auto first_wait = std::chrono::seconds(1);  // what is quick needs no progress
constexpr auto step = std::chrono::milliseconds(200);

}  // namespace

Progress::Progress()
    : terminal_(::isatty(STDERR_FILENO) == 1), next_(std::chrono::steady_clock::now() + first_wait) {}

bool Progress::due() { return terminal_ && std::chrono::steady_clock::now() >= next_; }

void Progress::show(const std::string& text) {
  fmt::print(stderr, "\r\033[K{}", text);
  std::fflush(stderr);
  shown_ = true;
  next_ = std::chrono::steady_clock::now() + step;
}

void Progress::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace ssblog
