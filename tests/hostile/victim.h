// SPDX-License-Identifier: MIT
// hostile/victim.h - the real daemon, as a child with a home of its own that goes with it.
//
// Used by the suite. What the daemon may cost is read from /proc.
#pragma once

#include "feed/keys.h"
#include "hostile/socket.h"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace ssblog::hostile {

/// What the daemon takes of the machine.
struct Cost {
  std::size_t resident_bytes = 0;
  std::size_t descriptors = 0;
};

/// What a command printed on its standard output, and how it ended.
struct Ran {
  int status = -1;
  std::string out;
};

class Victim {
 public:
  /// `binary` is the program; its home will be a new directory.
  explicit Victim(std::string binary);
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  /// Makes the home, with a network key, and lets other users publish. False when something of it fails.
  [[nodiscard]] bool make_home(const NetworkKey& network);
  /// Starts the daemon on this address; true when it listens.
  [[nodiscard]] bool start(const std::string& address);
  /// Ends it by SIGTERM. True when it exits with 0 within some seconds.
  [[nodiscard]] bool stop();

  /// Runs a command of the program in the same home.
  Ran run(const std::vector<std::string>& words) const;

  bool is_alive();
  std::optional<Cost> cost() const;
  /// What its descriptors lead to, a line each.
  std::string descriptors() const;
  /// What the daemon logged so far.
  std::string log() const;
  std::uint16_t port() const { return port_; }
  const FeedId& id() const { return id_; }
  std::string socket_path() const { return directory_ + "/data/ssblog/socket"; }
  std::string publish_path() const { return directory_ + "/publish.socket"; }
  std::string door_path() const { return directory_ + "/data/ssblog/daemon.door"; }

 private:
  /// A child with this home. `out` and `error` are descriptors of files.
  pid_t spawn(const std::vector<std::string>& words, int out, int error) const;

  const std::string binary_;
  std::string directory_;
  FeedId id_;
  pid_t daemon_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace ssblog::hostile
