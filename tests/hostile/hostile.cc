// SPDX-License-Identifier: MIT
// hostile SSBLOG - every layer of the real daemon is attacked, and an honest host must be served all the while.
//
// The daemon runs in a network of its own where the system lets us make one (then datagrams are tried too), else on
// loopback. Prints what fails, and "N cases". Exit code 1 when anything failed.
#include "gossip/protocol/limits.h"
#include "hostile/suite.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sched.h>
#include <sodium.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

namespace ssblog::hostile {
namespace {

using namespace std::chrono_literals;

/// Gives an interface an address, or takes it up.
bool set(int socket, const char* name, unsigned long request, const char* text) {
  ifreq ask{};
  std::strncpy(ask.ifr_name, name, IFNAMSIZ - 1);
  if (text == nullptr) {
    ask.ifr_flags = IFF_UP | IFF_RUNNING;
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (::inet_pton(AF_INET, text, &address.sin_addr) != 1) return false;
    std::memcpy(&ask.ifr_addr, &address, sizeof address);
  }
  return ::ioctl(socket, request, &ask) == 0;
}

/// A network that is ours alone, in which all of 10/8 is this machine. Only root may make one.
bool enter_own_network() {
  if (::unshare(CLONE_NEWNET) != 0) return false;
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool made = socket >= 0 && set(socket, "lo", SIOCSIFFLAGS, nullptr) &&
                    set(socket, "lo:1", SIOCSIFADDR, "10.0.0.1") &&
                    set(socket, "lo:1", SIOCSIFNETMASK, "255.0.0.0");
  if (socket >= 0) ::close(socket);
  return made;
}

bool is_sanitized(const std::string& binary) {
  std::ifstream file(binary, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return bytes.find("__asan_init") != bytes.npos || bytes.find("__tsan_init") != bytes.npos;
}

/// Feeds with three messages, which the giver follows.
std::vector<OwnFeed> make_feeds(std::size_t count) {
  std::vector<OwnFeed> feeds(count);
  for (OwnFeed& feed : feeds) {
    for (int i = 1; i <= 3; ++i) feed.add(fmt::format(R"({{"type":"log","text":"true {}"}})", i));
  }
  return feeds;
}

bool prepare(World& world, const std::vector<OwnFeed>& feeds) {
  for (const KeyPair* keys : {&world.reader, &world.giver, &world.traitor}) {
    if (world.victim.run({"follow", to_text(keys->id())}).status != 0) return false;
  }
  if (!world.victim.start(world.own_network ? "0.0.0.0" : "127.0.0.1")) return false;
  OwnFeed giver{std::move(world.giver), {}};
  for (const OwnFeed& feed : feeds)
    giver.add(
        fmt::format(R"({{"type":"contact","contact":"{}","following":true}})", to_text(feed.keys.id())));
  for (std::size_t i = 0; i <= max_connections; ++i) {
    world.members.push_back(KeyPair::generate());
    giver.add(fmt::format(R"({{"type":"contact","contact":"{}","following":true}})",
                          to_text(world.members.back().id())));
  }
  auto secret = KeyPair::from_secret(giver.keys.secret());
  if (!secret) return false;
  world.giver = std::move(*secret);
  return give(world, giver, from_now(20s));
}

int run(const std::string& binary) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));
  }
  const bool own_network = enter_own_network();
  Victim victim(binary);
  NetworkKey network;
  randombytes_buf(network.bytes.data(), network.bytes.size());
  World world(victim, network, own_network);
  const auto messages = false_messages();
  const auto feeds = make_feeds(2 * messages.size());
  if (!victim.make_home(network) || !prepare(world, feeds)) {
    fmt::print(stderr, "FAILED: the daemon cannot be started\n{}\n", victim.log());
    return 1;
  }
  Suite suite(world, is_sanitized(binary));
  suite.begin();
  suite.begin_slow();
  for (const Cases& cases :
       {handshake_cases(), box_cases(), packet_cases(), call_cases(), ebt_cases(), local_cases()})
    suite.run(cases);
  suite.run(messages, feeds);
  if (own_network)
    suite.run_datagrams();
  else
    fmt::print("skipped: hostile: datagrams: only root can make a network of its own\n");
  suite.end_slow();
  suite.run_limits();
  suite.run_floods();
  suite.end();
  fmt::print("{} cases, {} failures; the longest wait of an honest host was {} ms\n", suite.count(),
             suite.failures(), suite.slowest().count());
  return suite.failures() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ssblog::hostile

int main(int count, char** words) {
  if (count != 2 || sodium_init() < 0) {
    std::fputs("usage: hostile SSBLOG\n", stderr);
    return 64;
  }
  return ssblog::hostile::run(words[1]);
}
