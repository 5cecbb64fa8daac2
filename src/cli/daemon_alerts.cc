// SPDX-License-Identifier: MIT
#include "cli/daemon_alerts.h"

#include "store/daemon_door.h"

namespace ssblog {

std::unique_ptr<AlertWatch> alert_watch(Loop& loop, const Settings& settings, const FeedId& own,
                                        const NodeOptions& options, const Node& node) {
  AlertWatch::Options watch;
  watch.home = options.home;
  watch.hmac = options.hmac;
  watch.own = own;
  watch.patience.not_seen = settings.alerts.patience.count();
  watch.spread = settings.alerts.spread.count();
  watch.tell = {settings.alerts.command, settings.alerts.desktop};
  watch.clock = options.clock;
  watch.connected = [&node] {
    std::set<FeedId> hosts;
    for (const PeerState& peer : node.state().peers) {
      if (peer.state == "connected") hosts.insert(peer.id);
    }
    return hosts;
  };
  watch.log = [log = options.log](bool trouble, const std::string& text) {
    log(trouble ? LogLevel::warning : LogLevel::notice, text);
  };
  watch.published = [home = options.home] { tell_daemon(home); };
  return std::make_unique<AlertWatch>(loop, std::move(watch));
}

}  // namespace ssblog
