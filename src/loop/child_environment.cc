// SPDX-License-Identifier: MIT
#include "loop/child_environment.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

extern char** environ;

namespace ssblog {

std::vector<std::string> child_environment(const Environment& more) {
  constexpr std::array<std::string_view, 7> ours = {
      "NOTIFY_SOCKET=", "WATCHDOG_USEC=",         "WATCHDOG_PID=", "SSBLOG_",
      "SQLITE_TMPDIR=", "CREDENTIALS_DIRECTORY=", "LISTEN_"};
  std::vector<std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const bool is_ours =
        std::any_of(ours.begin(), ours.end(), [&](std::string_view name) { return text.starts_with(name); });
    const bool is_given = std::any_of(more.begin(), more.end(), [&](const auto& given) {
      return text.starts_with(given.first) && text.substr(given.first.size()).starts_with('=');
    });
    if (!is_ours && !is_given) environment.emplace_back(text);
  }
  for (const auto& [name, value] : more) environment.push_back(name + "=" + value);
  return environment;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace ssblog
