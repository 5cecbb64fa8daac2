// SPDX-License-Identifier: MIT
// cli/doctor/check_network.cc - the daemon, its port, its peers, and what may stand between hosts.
#include "cli/doctor/checks.h"
#include "cli/node_options.h"
#include "store/files.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

namespace ssblog {
namespace {

/// Whether somebody else listens on the port of TCP. Not bound for longer than this call takes.
bool is_port_taken(std::uint16_t port) {
  const File socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return false;
  const int both = 0, reuse = 1;
  if (::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both) != 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) != 0)
    return false;
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(port);
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0 &&
         errno == EADDRINUSE;
}

/// A firewall that this machine has switched on, and the command that lets hosts through; empty: none is known.
struct Firewall {
  std::string name, remedy;
};

Firewall firewall_of(const std::string& root, std::uint16_t port) {
  if (const auto text = read_file(root + "/etc/ufw/ufw.conf", 64 * 1024)) {
    if (("\n" + *text).find("\nENABLED=yes") != std::string::npos)
      return {"ufw", fmt::format("ufw allow {0}/tcp; ufw allow {0}/udp", port)};
  }
  if (::access((root + "/run/firewalld").c_str(), F_OK) == 0) {
    return {
        "firewalld",
        fmt::format("firewall-cmd --permanent --add-port={0}/tcp --add-port={0}/udp; firewall-cmd --reload",
                    port)};
  }
  if (const auto text = read_file(root + "/etc/nftables.conf", 1024 * 1024)) {
    if (text->find("policy drop") != std::string::npos) {
      return {"nftables", fmt::format("let TCP and UDP port {} in, in /etc/nftables.conf", port)};
    }
  }
  return {};
}

void check_peers(const Patient& patient, std::uint16_t port, DoctorReport& report) {
  std::set<FeedId> connected;
  bool was_reached = false;  // somebody came through to us
  for (const PeerState& peer : patient.daemon->peers) {
    if (peer.state == "connected") connected.insert(peer.id);
    was_reached = was_reached || peer.state == "heard" || (peer.state == "connected" && !peer.dialled);
  }
  for (const PeerState& peer : patient.daemon->peers) {
    const std::string who = fmt::format("{} at {}", to_text(peer.id), peer.address);
    if (peer.state == "heard") {
      report.hint("peers", fmt::format("{} was heard in the LAN, and is not followed", who),
                  fmt::format("to have its lines: ssblog follow {}", to_text(peer.id)));
    }
    if (peer.trouble.empty() || connected.contains(peer.id)) continue;
    const bool other_key = peer.trouble.find("network key") != std::string::npos;
    report.wrong("peers", fmt::format("{} cannot be reached: {}", who, peer.trouble),
                 other_key
                     ? "compare caps.shs under [network] in config.toml of both hosts, and look whether that "
                       "host follows this one"
                     : "is it on, is its address right, does its daemon run? `ssblog connect` takes another "
                       "address");
  }
  if (!connected.empty()) {
    report.good("peers", fmt::format("{} host{} connected", connected.size(),
                                     connected.size() == 1 ? " is" : "s are"));
  } else {
    report.hint("peers", "no other host is connected",
                "nothing is wrong if they are all off; `ssblog sync` tries all of them now");
  }
  const Firewall firewall = firewall_of(patient.root, port);
  if (!firewall.name.empty() && !was_reached)
    report.hint("network", fmt::format("{} is on, and no host has come through to this one", firewall.name),
                firewall.remedy);
}

}  // namespace

void check_network(const Patient& patient, DoctorReport& report) {
  const auto port = static_cast<std::uint16_t>(patient.settings.port.value_or(default_port));
  if (!patient.daemon) {
    report.wrong("daemon", "no daemon runs: nothing goes to other hosts, and no files are read",
                 "systemctl enable --now ssblog, or: ssblog daemon");
    if (port != 0 && is_port_taken(port)) {
      report.wrong("network", fmt::format("another program listens on TCP port {}", port),
                   "end it, or choose another port under [network] in config.toml");
    }
    return;
  }
  report.good("daemon", fmt::format("it runs (pid {})", patient.daemon->process));
  for (const std::string& trouble : patient.daemon->troubles)
    report.wrong("daemon", trouble, "see `man ssblog-daemon`");
  check_peers(patient, port, report);
}

}  // namespace ssblog
