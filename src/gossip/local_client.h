// SPDX-License-Identifier: MIT
// gossip/local_client.h - one conversation with the daemon of this machine, at a unix socket that speaks muxrpc.
//
// Used by `call`, by `sbot`, and by publish where the store may not be opened. Blocks; one thread. What the daemon sends
// is bounded as what a peer sends. Source: local-api.md; the other side is local_api.h.
#pragma once

#include "gossip/protocol/rpc.h"
#include "store/files.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

class LocalClient {
 public:
  /// Code::unavailable when nobody listens there, Code::permission when this user may not ask.
  static Result<LocalClient> connect(const std::string& path);

  /// From now on waiting ends, with Code::unavailable, when `over` says so (it is asked after each signal, and twice a
  /// second), and when the daemon does nothing for `patience`.
  void wait_at_most(std::chrono::seconds patience, std::function<bool()> over) {
    patience_ = patience;
    over_ = std::move(over);
  }

  /// The answer to an async call, as JSON. `args` is a JSON array. What the daemon refuses has its code and
  /// words (of a program that sends no code: Code::failed); a daemon that goes away is Code::unavailable.
  Result<std::string> ask(std::string_view method, std::string_view args);

  /// The answers to calls of one method, in their order. The first that is refused ends it; those behind it may have
  /// been carried out all the same. `answered` hears how many were carried out before.
  Result<std::vector<std::string>> ask_all(std::string_view method, std::span<const std::string> args,
                                           std::size_t& answered);

  /// Gives the items of a source to `take`, as JSON, until it is over, `take` says false, or nobody reads from the
  /// descriptor `output` any more (`| head`).
  Result<void> read(std::string_view method, std::string_view args,
                    const std::function<bool(std::string_view item)>& take, int output);

 private:
  LocalClient(File socket, std::string path)
      : socket_(std::move(socket)), path_(std::move(path)), wire_(std::make_unique<Wire>()) {}
  struct Wire {
    ByteBuf out;
    Rpc rpc{{}, out};  // borrows `out`: it must not move
  };
  /// The next event; what it looks at lives until the next call.
  Result<RpcEvent> next();
  Result<void> move_bytes();
  Error gone(std::string_view why) const;

  File socket_;
  std::string path_;
  std::unique_ptr<Wire> wire_;
  ByteBuf in_;
  int output_ = -1;
  std::optional<std::chrono::seconds> patience_;
  std::function<bool()> over_;
  std::size_t taken_ = 0;  ///< of in_: events were made of it
};

}  // namespace ssblog
