// SPDX-License-Identifier: MIT
// cli/delivery.h - how a Courier's contents come into the feed of this host.
//
// Used by run and tap, on the courier's thread alone. What is needed is opened with the first contents, and anew after
// trouble: a home that is made meanwhile, or a daemon that is started, is found.
#pragma once

#include "cli/own_feed.h"
#include "cli/publish_daemon.h"
#include "gossip/local_client.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace ssblog {

/// What this host calls itself in lines. Where there is no home yet, or one that cannot be read, that is no reason not to
/// go on.
std::string source_name(const std::optional<std::string>& path);

/// Into the own store; or, where that is another user's, by its daemon.
class StoreDelivery {
 public:
  explicit StoreDelivery(std::optional<std::string> path) : path_(std::move(path)) {}

  /// As Courier::Deliver.
  Result<void> deliver(std::span<const std::string> contents, std::size_t& delivered);

 private:
  Result<void> open();
  Result<void> by_daemon(std::span<const std::string> contents, std::size_t& delivered);
  void tell(const Published& published);

  std::optional<std::string> path_;
  std::unique_ptr<OwnFeed> own_;
  std::optional<DaemonPublisher> daemon_;
  bool told_held_ = false;
  bool told_guard_ = false;
};

/// To the daemon of the home, if it listens, and nowhere else.
class SocketDelivery {
 public:
  explicit SocketDelivery(std::optional<std::string> path) : path_(std::move(path)) {}

  /// As Courier::Deliver. Waits for an answer, never for a daemon.
  Result<void> deliver(std::span<const std::string> contents, std::size_t& delivered);

  /// From any thread: waits so much longer at most, and then never again.
  void give_up_in(std::chrono::seconds time) { last_ = (Clock::now() + time).time_since_epoch().count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Result<void> connect();

  std::optional<std::string> path_;
  std::optional<LocalClient> client_;
  std::atomic<Clock::rep> last_ = Clock::time_point::max().time_since_epoch().count();
};

}  // namespace ssblog
