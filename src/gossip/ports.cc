// SPDX-License-Identifier: MIT
#include "gossip/ports.h"

#include <algorithm>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto retry_pause = 2s;

}  // namespace

Ports::Ports(Loop& loop, Events events)
    : loop_(loop), events_(std::move(events)), later_(loop, [this] { try_again(); }) {}

Result<void> Ports::open(const std::vector<SocketAddress>& addresses) {
  for (const SocketAddress& address : addresses) ports_.push_back({address, nullptr, ""});
  for (Port& port : ports_) {
    if (auto tried = try_one(port); !tried) return tried;
  }
  // A machine without IPv6 (or without IPv4) has the other.
  std::erase_if(ports_, [](const Port& port) { return !port.listener && port.trouble.empty(); });
  if (ports_.empty() && !addresses.empty())
    return Error{Code::unavailable, "this machine has neither IPv4 nor IPv6"};
  return {};
}

Result<void> Ports::try_one(Port& port) {
  auto listener = TcpListener::listen(loop_, port.address, events_.accept);
  if (listener) {
    port.listener = std::move(*listener);
    port.trouble.clear();
    events_.listening(port.listener->local());
    return {};
  }
  const Error& error = listener.error();
  if (error.code != Code::unavailable && error.code != Code::io) return error;
  if (error.code == Code::io && port.address.wildcard()) return {};  // not a kind of address that is here
  if (port.trouble.empty()) events_.trouble(error);
  port.trouble = error.text;
  later_.start(retry_pause);
  return {};
}

void Ports::try_again() {
  for (Port& port : ports_) {
    if (port.listener) continue;
    if (auto tried = try_one(port); !tried) {
      port.trouble = tried.error().text;
      later_.start(retry_pause);
    }
  }
}

void Ports::close() {
  later_.stop();
  ports_.clear();
}

std::vector<SocketAddress> Ports::listening() const {
  std::vector<SocketAddress> addresses;
  for (const Port& port : ports_) {
    if (port.listener) addresses.push_back(port.listener->local());
  }
  return addresses;
}

std::vector<std::string> Ports::troubles() const {
  std::vector<std::string> troubles;
  for (const Port& port : ports_) {
    if (!port.trouble.empty()) troubles.push_back(port.trouble);
  }
  return troubles;
}

}  // namespace ssblog
