// SPDX-License-Identifier: MIT
#include "loop/links.h"

#include "loop/timer.h"
#include "loop/watch.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <cerrno>
#include <cstring>
#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace ssblog {
namespace {

using namespace std::chrono_literals;

SocketAddress copy_of(const sockaddr* address) {
  SocketAddress copy;
  std::memcpy(&copy.raw, address, sizeof(sockaddr_in));
  reinterpret_cast<sockaddr_in*>(&copy.raw)->sin_port = 0;
  return copy;
}

std::uint32_t ipv4_bits(const SocketAddress& address) {
  return ntohl(reinterpret_cast<const sockaddr_in*>(&address.raw)->sin_addr.s_addr);
}

/// Calls `look` with each address of the interfaces that are up, and whether it is loopback's.
template <class Look>
void for_each_address(Look&& look) {
  uv_interface_address_t* found = nullptr;
  int count = 0;
  if (uv_interface_addresses(&found, &count) != 0) return;
  for (int i = 0; i < count; ++i) {
    const auto& one = found[i];
    SocketAddress address;
    if (one.address.address4.sin_family == AF_INET)
      std::memcpy(&address.raw, &one.address.address4, sizeof one.address.address4);
    else
      std::memcpy(&address.raw, &one.address.address6, sizeof one.address.address6);
    look(address, one.is_internal != 0);
  }
  uv_free_interface_addresses(found, count);
}

}  // namespace

bool LanLink::reaches(const SocketAddress& other) const {
  return other.raw.ss_family == AF_INET &&
         ((ipv4_bits(other) ^ ipv4_bits(address)) & ipv4_bits(netmask)) == 0;
}

std::vector<LanLink> lan_links() {
  std::vector<LanLink> links;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return links;  // then there is nobody to be told either
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, ::freeifaddrs);
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    constexpr unsigned needed = IFF_UP | IFF_RUNNING | IFF_BROADCAST;
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET ||
        (one->ifa_flags & needed) != needed || (one->ifa_flags & IFF_LOOPBACK) != 0 ||
        one->ifa_broadaddr == nullptr || one->ifa_netmask == nullptr)
      continue;
    LanLink link{one->ifa_name, copy_of(one->ifa_addr), copy_of(one->ifa_broadaddr),
                 copy_of(one->ifa_netmask)};
    if (!link.broadcast.wildcard() && link.broadcast.host() != link.address.host())
      links.push_back(std::move(link));
  }
  return links;
}

std::vector<SocketAddress> own_addresses() {
  std::vector<SocketAddress> addresses;
  for_each_address([&](const SocketAddress& address, bool internal) {
    if (!internal && !address.one_link()) addresses.push_back(address);
  });
  for (const char* loopback : {"127.0.0.1", "::1"}) {
    if (auto address = SocketAddress::from(loopback, 0); addresses.empty() && address)
      addresses.push_back(*address);
  }
  return addresses;
}

bool is_own_address(const SocketAddress& address) {
  if (address.loopback()) return true;
  const std::string host = address.host();
  bool own = false;
  for_each_address([&](const SocketAddress& one, bool) { own = own || one.host() == host; });
  return own;
}

#ifdef __linux__

struct LinkWatch::Source {
  int socket = -1;
  std::optional<ReadWatch> watch;
  std::function<void()> changed;

  ~Source() {
    watch.reset();
    if (socket >= 0) ::close(socket);
  }
  /// What changed is looked up anew; here it only matters that something did.
  void drain() {
    char buffer[8192];
    bool any = false;
    for (;;) {
      const ssize_t got = ::recv(socket, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno != ENOBUFS)
        break;  // so many changes that some were dropped: a change all the same
      any = true;
      if (got == 0) break;
    }
    if (any) changed();
  }
};

Result<LinkWatch> LinkWatch::start(Loop& loop, std::function<void()> changed) {
  const auto fail = [](int error_number) {
    return Error{Code::io,
                 fmt::format("cannot watch the network interfaces: {}", std::strerror(error_number))};
  };
  auto source = std::make_unique<Source>();
  source->changed = std::move(changed);
  source->socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (source->socket < 0) return fail(errno);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR;
  if (::bind(source->socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail(errno);
  auto watch = ReadWatch::start(loop, source->socket, [raw = source.get()] { raw->drain(); });
  if (!watch) return watch.error();
  source->watch.emplace(std::move(*watch));
  return LinkWatch(std::move(source));
}

#else

struct LinkWatch::Source {
  std::optional<Timer> timer;
  std::vector<LanLink> links;
};

Result<LinkWatch> LinkWatch::start(Loop& loop, std::function<void()> changed) {
  constexpr auto look_pause = 10s;
  auto source = std::make_unique<Source>();
  source->links = lan_links();
  source->timer.emplace(loop, [raw = source.get(), changed = std::move(changed)] {
    auto links = lan_links();
    const bool other = links != raw->links;
    raw->links = std::move(links);
    raw->timer->start(look_pause);
    if (other) changed();
  });
  source->timer->start(look_pause);
  return LinkWatch(std::move(source));
}

#endif

LinkWatch::LinkWatch(std::unique_ptr<Source> source) : source_(std::move(source)) {}
LinkWatch::LinkWatch(LinkWatch&&) noexcept = default;
LinkWatch::~LinkWatch() = default;

}  // namespace ssblog
