// SPDX-License-Identifier: MIT
#include "cli/secret_warning.h"

#include "cli/command.h"

#include <fmt/format.h>

namespace ssblog {

void SecretWarning::look(std::string_view bytes, Behind behind) {
  if (!wanted_ || (bytes.empty() && bytes_.empty())) return;
  if (!redactor_) {
    auto made = Redactor::create();
    wanted_ = static_cast<bool>(made);
    if (!made) return;
    redactor_ = std::move(*made);
  }
  bytes_ += bytes;
  std::string found;
  const auto note = [&found](std::string_view name, std::size_t, std::size_t) {
    if (found.empty()) found = name;
  };
  const std::size_t done = redactor_->mask(bytes_, bytes_.size(), behind, state_, note);
  bytes_.erase(0, done);
  if (found.empty()) return;
  say(fmt::format(
      "what is published has a secret in it, as it seems ({}), and nothing in a feed can be unsaid; "
      "`ssblog run` masks them, and --no-redact says that it is meant",
      found));
  wanted_ = false;
}

}  // namespace ssblog
