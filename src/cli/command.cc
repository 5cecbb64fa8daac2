// SPDX-License-Identifier: MIT
#include "cli/command.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace ssblog {

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

Result<int> done(int exit_code) {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return Error{Code::io, fmt::format("cannot write to the output: {}", std::strerror(errno))};
  }
  return exit_code;
}

void say(std::string_view text) { fmt::print(stderr, "ssblog: {}\n", text); }

}  // namespace ssblog
