// SPDX-License-Identifier: MIT
// store/credentials.h - files that systemd hands to a service.
//
// Used by home.cc for the secret, and by the settings for the network key. Source: systemd.exec(5), "Credentials".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// The file of that name in CREDENTIALS_DIRECTORY; nothing: there is none.
std::optional<std::string> credential_path(std::string_view name);

}  // namespace ssblog
