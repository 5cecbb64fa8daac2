// SPDX-License-Identifier: MIT
#include "intake/syslog_connections.h"

#include "intake/syslog_message.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace ssblog {
namespace {

constexpr std::chrono::milliseconds sweep_pause{10'000};

}  // namespace

struct SyslogConnections::Connection {
  std::unique_ptr<TcpStream> stream;
  SyslogFrames frames{longest_syslog};
  std::optional<SyslogFrame> held;  ///< found no room; nothing is fed meanwhile, so its view lives
  bool ended = false;               ///< no more bytes will come
  std::chrono::milliseconds last{0};
};

SyslogConnections::SyslogConnections(Loop& loop, Take take)
    : loop_(loop), take_(std::move(take)), sweep_(loop, [this] { sweep(); }) {}

SyslogConnections::~SyslogConnections() = default;

bool SyslogConnections::add(std::unique_ptr<TcpStream> stream) {
  if (connections_.size() >= most) {
    // One that waits for us is not idle.
    const auto idle =
        std::min_element(connections_.begin(), connections_.end(), [](const auto& a, const auto& b) {
          return std::pair(a.second->held.has_value(), a.second->last) <
                 std::pair(b.second->held.has_value(), b.second->last);
        });
    if (idle->second->held || loop_.now() - idle->second->last < gives_way) return false;
    if (!finish(*idle->second)) return false;
    connections_.erase(idle);
  }
  const std::uint64_t number = next_++;
  auto connection = std::make_unique<Connection>();
  connection->stream = std::move(stream);
  connection->last = loop_.now();
  Connection& added = *connection;
  connections_.emplace(number, std::move(connection));
  added.stream->start({[this, number](ByteView bytes) { took(number, bytes); },
                       [this, number](const Error*) { ended(number); },
                       {}});
  if (!sweep_.running()) sweep_.start(sweep_pause);
  return true;
}

void SyslogConnections::took(std::uint64_t number, ByteView bytes) {
  Connection& connection = *connections_.at(number);
  connection.last = loop_.now();
  connection.frames.feed(bytes);
  if (lost_) {
    drained_ += bytes.size();
    return pump_or_lose(connection);
  }
  if (!pump(connection)) connection.stream->pause();
}

void SyslogConnections::ended(std::uint64_t number) {
  Connection& connection = *connections_.at(number);
  connection.ended = true;
  if (pump(connection)) connections_.erase(number);
}

/// Gives on what is whole; at the end, everything. False: it has to wait.
bool SyslogConnections::pump(Connection& connection) {
  for (;;) {
    if (!connection.held) connection.held = connection.frames.next();
    if (!connection.held && connection.ended) connection.held = connection.frames.rest();
    if (!connection.held) return true;
    if (!take_(*connection.held, connection.stream->remote())) return false;
    connection.held.reset();
  }
}

/// Ends one that is idle: gives on what it began. False: it has to wait, and ends then.
bool SyslogConnections::finish(Connection& connection) {
  connection.stream->pause();
  connection.ended = true;
  return pump(connection);
}

void SyslogConnections::close(const std::function<void()>& lost) {
  lost_ = lost;
  for (const auto& [number, connection] : connections_) {
    pump_or_lose(*connection);  // before more is fed
    if (connection->stream->drain(most_drained - std::min(drained_, most_drained)) > 0) lost();
    connection->ended = true;
    pump_or_lose(*connection);
  }
  connections_.clear();
  sweep_.stop();
}

void SyslogConnections::pump_or_lose(Connection& connection) {
  while (!pump(connection)) {
    connection.held.reset();
    lost_();
  }
}

/// Begins behind the one that was served last, so that all have their turn.
void SyslogConnections::go_on() {
  std::vector<std::uint64_t> waiting;
  for (const auto& [number, connection] : connections_) {
    if (connection->held) waiting.push_back(number);
  }
  std::rotate(waiting.begin(), std::upper_bound(waiting.begin(), waiting.end(), served_), waiting.end());
  for (const std::uint64_t number : waiting) {
    Connection& connection = *connections_.at(number);
    served_ = number;
    if (!pump(connection)) return;
    connection.last = loop_.now();
    if (connection.ended) {
      connections_.erase(number);
    } else {
      connection.stream->resume();
    }
  }
}

/// A connection that waits for us is not idle.
void SyslogConnections::sweep() {
  const auto now = loop_.now();
  std::erase_if(connections_, [this, now](const auto& one) {
    return !one.second->held && now - one.second->last > longest_idle && finish(*one.second);
  });
  if (!connections_.empty()) sweep_.start(sweep_pause);
}

}  // namespace ssblog
