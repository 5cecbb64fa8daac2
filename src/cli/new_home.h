// SPDX-License-Identifier: MIT
// cli/new_home.h - makes a host: home, network key, store, and last of all the secret.
//
// Used by init and join. In that order, so that a secret always has its store: whatever interrupts it, running it again
// works or says what is there, and there are never two keys.
#pragma once

#include "cli/settings.h"

#include <optional>
#include <string>

namespace ssblog {

struct NewHome {
  Home home;
  NetworkKey network_key;
  bool key_is_wanted = false;       ///< a configuration that lies there must say the same one
  std::optional<std::string> name;  ///< what the host calls itself
  std::optional<KeyPair> keys;      ///< none: new ones are drawn
  bool held = false;                ///< the key may have signed messages that are not here
};

/// A name as `--name` gives it: Code::usage when it is no text.
Result<void> check_name(const std::optional<std::string>& name);

/// Makes it, and publishes its name.
/// @return the settings of the home, or Code::cannot_create when there is an identity already, or another configuration.
Result<Settings> make_home(NewHome wanted);

/// Is there an identity in the home?
bool has_identity(const Home& home);

}  // namespace ssblog
