// SPDX-License-Identifier: MIT
// store/daemon_door.h - how other processes of this machine reach the daemon of a home: its lock, and datagrams.
//
// Used by the daemon, and by the commands that poke it. Nothing needs the daemon: a word that does not reach it
// is no error but an answer. Source: design.md, section 3, "SQLite is the meeting point of processes".
#pragma once

#include "feed/result.h"
#include "store/files.h"
#include "store/home.h"

#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// The role of the daemon of a home, held until it goes or the process ends.
class DaemonLock {
 public:
  /// Code::busy, with the other's process id, when there is a daemon already: of this home, or, where its secret is a
  /// link, of another with the same key.
  static Result<DaemonLock> take(const Home& home);

  /// Sees to it that there is something to ask for: a process that may open only what is there when it begins asks the same
  /// file later. Not for a process that has the role.
  static Result<void> make_file(const Home& home);

  /// The process that has the role; nothing when there is none. Not to be asked by that process itself.
  static std::optional<int> holder(const Home& home);

 private:
  DaemonLock(File file, File beside_key) : file_(std::move(file)), beside_key_(std::move(beside_key)) {}
  File file_;
  File beside_key_;  ///< none: the key lies in the home
};

/// The daemon's ear: a datagram socket in the home, for its user alone.
class DaemonDoor {
 public:
  static constexpr std::size_t longest_word = 4096;  ///< bytes

  /// Only under the lock: an ear that a killed daemon left behind is replaced. What is no socket is left alone, and is
  /// Code::cannot_create.
  static Result<DaemonDoor> open(const Home& home);
  DaemonDoor(DaemonDoor&& other) noexcept
      : socket_(std::move(other.socket_)), path_(std::exchange(other.path_, {})) {}
  DaemonDoor& operator=(DaemonDoor&&) = delete;
  ~DaemonDoor();

  int descriptor() const { return socket_.get(); }

  /// The next word that came; nothing when there is none. Never waits.
  std::optional<std::string> next();

 private:
  DaemonDoor(File socket, std::string path) : socket_(std::move(socket)), path_(std::move(path)) {}
  File socket_;
  std::string path_;
};

/// Says a word to the daemon; an empty one says that the store has news. False: there is no daemon that hears.
/// Never waits.
bool tell_daemon(const Home& home, std::string_view word = {});

}  // namespace ssblog
