// SPDX-License-Identifier: MIT
#include "cli/command.h"

#include "assemble/escape.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace ssblog {

void print(std::string_view text) {
  if (text.empty()) return;  // no text may have no place either, and fwrite wants one
  std::fwrite(text.data(), 1, text.size(), stdout);
}

Result<int> done(int exit_code) {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return Error{Code::io, fmt::format("cannot write to the output: {}", std::strerror(errno))};
  }
  return exit_code;
}

void end_by(int signal) {
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

Result<std::string> read_stdin(std::size_t limit) {
  std::string text(limit + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stdin));
  if (std::ferror(stdin) != 0)
    return Error{Code::io, fmt::format("cannot read standard input: {}", std::strerror(errno))};
  if (text.size() > limit)
    return Error{Code::data, fmt::format("standard input has more than {} bytes", limit)};
  return text;
}

std::string as_talk(std::string_view text) {
  constexpr std::string_view name = "ssblog: ";
  std::string lines(name);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("\\\n", begin), text.size());
    escape_line(as_bytes(text.substr(begin, end - begin)), lines);
    if (end < text.size()) lines += text[end];
    if (end < text.size() && text[end] == '\n') lines += name;
    begin = end + 1;
  }
  return lines + '\n';
}

void say(std::string_view text) {
  const std::string lines = as_talk(text);
  // Talk decides nothing: when nobody can hear it, the work goes on.
  [[maybe_unused]] const ssize_t heard = ::write(STDERR_FILENO, lines.data(), lines.size());
}

}  // namespace ssblog
