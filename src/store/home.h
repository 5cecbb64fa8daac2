// SPDX-License-Identifier: MIT
// store/home.h - the directory of one host: its secret, its store, and where its guard lies.
//
// Used by every command. Source: design.md, section 5, "Home".
#pragma once

#include "feed/keys.h"
#include "store/batch.h"
#include "store/files.h"
#include "store/guard.h"
#include "store/store.h"

#include <optional>
#include <string>

namespace ssblog {

struct Home {
  std::string directory;
  std::string guard_directory;  ///< where the guard of a new home lies

  std::string secret_path() const { return directory + "/secret"; }
  std::string config_path() const { return directory + "/config.toml"; }
  std::string store_path() const { return directory + "/ssblog.db"; }
  /// The index of `search`, where there is one.
  std::string search_path() const { return directory + "/search.db"; }
  /// The socket at which the daemon serves its own user.
  std::string socket_path() const { return directory + "/socket"; }
  /// The socket at which it takes lines from other users of the machine, unless the configuration has another.
  std::string publish_socket_path() const;
};

/// True when this user may not use the home: it is another user's, or the system's.
bool is_anothers(const Home& home);

/// The home of a directory that was named.
Home home_at(const std::string& directory);
/// The user's home, or the system's.
Home default_home(bool system);
/// The home that is to be made: the one that was named (`path`, or SSBLOG_PATH), the system's, or the user's.
Home home_to_make(const std::optional<std::string>& path, bool system);
/// The home to use when none was named: SSBLOG_PATH, else the user's if it exists, else the system's if it
/// exists. Code::config when there is none.
Result<Home> find_home();

/// The key pair of a home. Code::permission when others could read the secret, Code::config when there is
/// none, or when it is a link to the key of another home, which has a store of its own.
Result<KeyPair> load_keys(const Home& home);

/// Where the key of a home lies in truth, when that is in another directory: its secret is a link. Whoever signs with it
/// meets others who do at the key, not at the home.
std::optional<std::string> key_directory_apart(const Home& home);

/// A secret file anywhere, with the same check of its mode.
Result<KeyPair> load_secret_file(const std::string& path);

/// Writes the secret of a new home, once and for all. Code::cannot_create when there is one already.
Result<void> save_keys(const Home& home, const KeyPair& keys);

/// The store of a home, to read from. Code::config when there is none.
Result<Store> open_to_read(const Home& home);

/// The store of a home whose key is there, to publish into. A store that is missing is made, and publishing
/// is then held: the key may have signed messages that are not here.
Result<Store> open_own_store(const Home& home);

/// The guard of a home's feed. Where it lies is kept in the store, so that every user, and every HOME, asks
/// the same one.
Result<Guard> guard_of(Store& store, const Home& home, const FeedId& own);

/// From now on the guard lies where it lies for the one who calls: the beginning of a home, or, by the
/// user's word, of a copy of one.
Result<void> begin_guard(Batch& batch, const Home& home);

}  // namespace ssblog
