// SPDX-License-Identifier: MIT
// loop/datagrams.h - datagrams that come in large numbers, over UDP or a unix socket.
//
// They are read in batches, so that each costs little, and so many a turn of the loop, so that everything else goes on
// under a flood. What the kernel had to drop is counted, to the last one. loop/udp.h is for few of them, and for sending.
#pragma once

#include "feed/bytes.h"
#include "loop/tcp.h"
#include "loop/watch.h"

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ssblog {

/// One that came in; the view lives as long as the call.
struct Datagram {
  ByteView bytes;
  std::size_t cut = 0;                  ///< bytes behind them that were too many
  const SocketAddress* from = nullptr;  ///< null: a program of this machine, over a unix socket
};

class DatagramSocket {
 public:
  struct Events {
    std::function<void(const Datagram&)> take;
    std::function<void(std::uint64_t count)> dropped;  ///< by the kernel, since there was no room; UDP alone
  };

  static constexpr std::size_t longest = std::size_t{64} * 1024;  ///< bytes of a datagram
  static constexpr int wanted_room = 8 * 1024 * 1024;             ///< bytes that wait with the kernel
  static constexpr std::size_t batch = 32, batches_in_a_turn = 16;
  static constexpr std::size_t bytes_in_a_turn = std::size_t{2} * 1024 * 1024;  ///< and a batch at most

  /// Port 0: the system chooses. Code::unavailable when another program has the port.
  static Result<std::unique_ptr<DatagramSocket>> listen(Loop& loop, const SocketAddress& address,
                                                        Events events);

  /// Makes the socket at `path`, which everybody may write to; it goes with the object. What a killed program left there is
  /// replaced; what is alive, or no socket, stays and is an error.
  static Result<std::unique_ptr<DatagramSocket>> listen(Loop& loop, const std::string& path, Events events);

  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;
  ~DatagramSocket();

  /// Takes what waits with the kernel, and counts what it dropped: before the end. What is sent from here on does not come
  /// in: over UDP it is counted as dropped, and over a unix socket its sender is told.
  void drain();

  /// Where it listens in truth; UDP alone.
  const SocketAddress& local() const { return local_; }

 private:
  struct Batch;
  DatagramSocket(int descriptor, Events events);
  Result<void> start(Loop& loop);
  bool ready();
  void refuse_more() const;
  void count_drops();

  const int descriptor_;
  const Events events_;
  SocketAddress local_;
  std::string path_;  ///< of a unix socket
  dev_t device_ = 0;  ///< and its file
  ino_t inode_ = 0;
  std::uint32_t drops_ = 0;  ///< as the kernel counts them, since the socket was made
  std::unique_ptr<Batch> batch_;
  std::optional<ReadWatch> watch_;
};

}  // namespace ssblog
