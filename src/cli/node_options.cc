// SPDX-License-Identifier: MIT
#include "cli/node_options.h"

#include <fmt/format.h>

namespace ssblog {

int hops_of(const Settings& settings) { return settings.hops.value_or(default_hops); }

Result<NodeOptions> node_options(const Settings& settings) {
  if (!settings.network_key) {
    return Error{Code::config, fmt::format("there is no network key: put one under [network] into {}, or say "
                                           "--caps.shs @FILE",
                                           settings.home.config_path())};
  }
  NodeOptions options;
  options.home = settings.home;
  options.hmac = settings.signing_key;
  options.hops = hops_of(settings);
  if (settings.discover) options.lan = Lan::Options{settings.legacy, std::nullopt};
  if (const auto& socket = settings.publish_socket) {
    options.publish_socket =
        LocalApi::Socket{socket->path.empty() ? settings.home.publish_socket_path() : socket->path,
                         {socket->mode, socket->group}};
  }
  options.clock = clock_now;
  return options;
}

}  // namespace ssblog
