// SPDX-License-Identifier: MIT
#include "cli/open_page.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

extern char** environ;

namespace ssblog {
namespace {

constexpr int not_found = 127;  // where the system finds that out in the child

/// As the system tells of its end; nothing: there is no such program.
std::optional<int> run(std::string program, std::string file) {
  std::array<char*, 3> words = {program.data(), file.data(), nullptr};
  pid_t child = -1;
  if (::posix_spawnp(&child, program.c_str(), nullptr, nullptr, words.data(), environ) != 0)
    return std::nullopt;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 0;  // nobody tells how it ended, so nothing is complained of
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_found) return std::nullopt;
  return status;
}

}  // namespace

Result<void> open_page(const std::string& file) {
  for (const char* program : {"xdg-open", "open"}) {
    const auto status = run(program, file);
    if (!status) continue;
    if (*status == 0) return {};
    const std::string how = WIFEXITED(*status) ? fmt::format("ended with {}", WEXITSTATUS(*status))
                                               : fmt::format("was ended by signal {}", WTERMSIG(*status));
    return Error{Code::unavailable, fmt::format("{} {}, so no browser may have been started: open {} in one",
                                                program, how, file)};
  }
  return Error{Code::unavailable,
               fmt::format("there is no xdg-open here to start a browser: open {} in one", file)};
}

}  // namespace ssblog
