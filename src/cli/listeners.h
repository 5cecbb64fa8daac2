// SPDX-License-Identifier: MIT
// cli/listeners.h - whose programs listen at a port of this machine.
//
// Used by `ssblog view open`, which gives a token to what listens there. Any thread.
// Source: Linux, Documentation/networking/proc_net_tcp.rst.
#pragma once

#include <sys/types.h>

#include <istream>
#include <optional>
#include <set>
#include <string>

namespace ssblog {

/// The users one of whom gets what connects to `address` (IPv4 or IPv6, as text) and `port`; empty: nobody listens there.
/// Nothing: this system does not tell, or that is no address.
std::optional<std::set<uid_t>> listening_users(const std::string& address, int port);

/// The same, of the texts of /proc/net/tcp and /proc/net/tcp6. What listens at that address itself comes before what listens
/// at all addresses.
std::optional<std::set<uid_t>> listening_users(std::istream& tcp, std::istream& tcp6,
                                               const std::string& address, int port);

}  // namespace ssblog
