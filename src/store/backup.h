// SPDX-License-Identifier: MIT
// store/backup.h - a home in one file: a copy of its store with secret and configuration in it.
//
// Used by `backup` and `restore --from`. The file is an SQLite database with the tables of the store and one more,
// and with an application id of its own, so that it is never used as a store by mistake. Its store is marked as one
// that came out of a backup: publishing from it is held, whatever guard it meets that knows no more (hold.h).
#pragma once

#include "store/home.h"

#include <string>

namespace ssblog {

/// What is in a home beside its store, as the files have it.
struct HomeFiles {
  std::string secret;
  std::string config;
};

struct BackupFacts {
  FeedId own;
  Seq messages = 0;  ///< of our own feed
  Millis made = 0;   ///< ms since 1970, the clock of the host that made it
  HomeFiles files;
};

/// Writes a home into the file at `path`, of mode 0600, whole and durable or not at all. All of it is of one moment;
/// others may write to the store meanwhile. A file that is there is left alone unless `replace`.
/// @return what is in it; Code::cannot_create when there is a file.
Result<BackupFacts> write_backup(Store& store, const FeedId& own, const HomeFiles& files,
                                 const std::string& path, bool replace, Millis now);

/// What a backup has in it. Code::data when the file is none.
Result<BackupFacts> read_backup(const std::string& path);

/// Lays a backup out as a home that has no identity yet: configuration, store, and last of all the secret. Interrupted,
/// it can be run again. The guard is the one that the home had where that is there, else that of the caller.
/// @return Code::cannot_create when something else is there already.
Result<void> lay_out_backup(const std::string& path, const BackupFacts& facts, const Home& home, Millis now);

}  // namespace ssblog
