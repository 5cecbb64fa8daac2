// SPDX-License-Identifier: MIT
#include "cli/status_look.h"

#include "assemble/time_text.h"
#include "cli/node_options.h"
#include "cli/own_feed.h"
#include "gossip/circle.h"
#include "store/disk_room.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto turn_patience = 1s;
constexpr auto growth_time = std::chrono::hours(7 * 24);  // over which growth is looked at

Result<HostStatus> host_status(Store& store, PeerBook& book, const FeedId& id, Millis now) {
  HostStatus host;
  host.id = id;
  auto succession = succession_of(store, id);
  if (!succession) return succession.error();
  if (*succession) host.superseded = (*succession)->statement.successor;
  auto row = store.feed(id);
  if (!row) return row.error();
  if (!*row || !(*row)->tip) return host;
  host.sequence = (*row)->tip->sequence;
  host.latest = static_cast<Millis>(std::clamp((*row)->timestamp, 0.0, static_cast<double>(time_max_ms)));
  auto name = store.name_before((*row)->number, max_sequence);
  if (!name) return name.error();
  host.name = std::move(*name);
  auto arrival = book.last_arrival((*row)->number);
  if (!arrival) return arrival.error();
  host.arrival = *arrival;
  const Millis week = std::chrono::milliseconds(growth_time).count(), day = week / 7;
  auto size = book.size_of((*row)->number, now - week);
  if (!size) return size.error();
  host.size = *size;
  const Millis since = std::clamp<Millis>(now - size->first_received, day, week);
  host.bytes_a_day = static_cast<std::int64_t>(static_cast<double>(size->fresh_bytes) *
                                               static_cast<double>(day) / static_cast<double>(since));
  return host;
}

/// Ours first, then the near ones, then by name.
Result<std::vector<HostStatus>> all_hosts(Store& store, const FeedId& own, int most) {
  PeerBook book(store);
  auto circle = read_circle(book, own, most);
  if (!circle) return circle.error();
  std::set<FeedId> ids = circle->replicated();
  auto rows = store.feeds();
  if (!rows) return rows.error();
  for (const FeedRow& row : *rows) ids.insert(row.id);
  std::vector<HostStatus> hosts;
  const Millis now = clock_now();
  for (const FeedId& id : ids) {
    auto host = host_status(store, book, id, now);
    if (!host) return host.error();
    if (const auto at = circle->distance.find(id); at != circle->distance.end()) host->hops = at->second;
    host->greedy = circle->greedy.contains(id);
    hosts.push_back(std::move(*host));
  }
  const auto order = [](const HostStatus& host) {
    const int hops = host.hops.value_or(-2);
    return std::tuple(hops < 0 ? 1000 - hops : hops, std::string_view(host.name), host.id);
  };
  std::sort(hosts.begin(), hosts.end(),
            [&](const HostStatus& a, const HostStatus& b) { return order(a) < order(b); });
  return hosts;
}

}  // namespace

Result<Status> look_at_status(const Settings& settings) {
  auto own = OwnFeed::open(settings);
  if (!own) return own.error();
  Status status;
  status.own = (*own)->id();
  // What holds publishing is seen in a writer's turn; everything else does not wait for it.
  if (auto patience = (*own)->store().wait_at_most(turn_patience); !patience) return patience.error();
  auto hold = (*own)->publisher().hold();
  if (!hold && hold.error().code != Code::busy) return hold.error();
  if (!hold) status.busy = (*own)->explain_busy(hold.error()).text;
  if (hold && *hold != Hold::none) {
    status.hold = *hold;
    status.why_held = explain_fully((*own)->store(), *hold);
  }
  auto daemon = read_daemon_state(settings.home);
  if (!daemon) return daemon.error();
  status.daemon = std::move(*daemon);
  const std::string path = settings.home.store_path();
  status.store_bytes = size_of_file(path) + size_of_file(path + "-wal");
  const auto room = disk_room(settings.home.directory);
  if (room) status.free_bytes = room->free;
  const bool by_daemon = status.daemon && !status.daemon->listening.empty();
  auto hosts = all_hosts((*own)->store(), status.own, by_daemon ? status.daemon->hops : hops_of(settings));
  if (!hosts) return hosts.error();
  status.hosts = std::move(*hosts);
  auto successions = all_successions((*own)->store());
  if (!successions) return successions.error();
  for (Succession& succession : *successions) {
    if (succession.other) status.conflicts.push_back(std::move(succession));
  }
  auto forks = ForkBook((*own)->store()).all();
  if (!forks) return forks.error();
  for (ForkProof& fork : *forks) {
    // One that its owner settled is none any more.
    auto forked = ForkBook((*own)->store()).is_forked(fork.feed);
    if (!forked) return forked.error();
    if (*forked) status.forks.push_back(std::move(fork));
  }
  const Watcher watcher = onlooker(status.own, settings.alerts.patience.count(), status.daemon);
  auto board = read_board((*own)->store(), watcher, clock_now());
  if (!board) return board.error();
  status.board = std::move(*board);
  for (const BoardHost& known : status.board.hosts) {
    for (HostStatus& host : status.hosts) {
      if (host.id == known.id) host.behind = known.behind;
    }
  }
  return status;
}

}  // namespace ssblog
