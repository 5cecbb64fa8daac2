// SPDX-License-Identifier: MIT
// intake/listen_doors.h - the places of a source's `listen`, opened, and tried again where that fails.
//
// Used by the receivers. An address may not be there yet, journald may have /dev/log: neither stops the daemon. On the
// loop's thread.
#pragma once

#include "intake/listen_place.h"
#include "loop/datagrams.h"
#include "loop/timer.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ssblog {

class ListenDoors {
 public:
  struct Events {
    std::function<void(const Datagram&)> take;
    std::function<void(std::uint64_t count)> dropped;        ///< by the kernel
    std::function<void(std::unique_ptr<TcpStream>)> accept;  ///< none: TCP is a mistake
    std::function<void(bool trouble, const std::string& sentence)> say;
  };

  static constexpr std::chrono::seconds retry{10};

  ListenDoors(Loop& loop, Events events);
  ListenDoors(const ListenDoors&) = delete;
  ListenDoors& operator=(const ListenDoors&) = delete;
  ~ListenDoors();

  /// Takes the places. Code::config for what is none.
  Result<void> take(const std::vector<std::string>& listen);
  /// Opens them; what cannot be opened now is said, and tried again.
  void open();

  /// Takes the datagrams that wait: before the end.
  void drain();

  /// Those that are open, as they are in truth: `udp:127.0.0.1:514`.
  const std::vector<std::string>& places() const { return places_; }

 private:
  struct Door;
  Result<std::string> open_one(Door& door);

  Loop& loop_;
  const Events events_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<std::string> places_;
  Timer retry_;
};

}  // namespace ssblog
