// SPDX-License-Identifier: MIT
// cli/doctor/check_hosts.cc - hosts that are wanted and were not heard of for long, and their clocks beside ours.
#include "assemble/escape.h"
#include "cli/doctor/checks.h"
#include "cli/node_options.h"
#include "cli/units.h"
#include "gossip/circle.h"
#include "store/successors.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr Millis long_silence = std::chrono::milliseconds(7 * 24h).count();
constexpr Millis far_ahead = std::chrono::milliseconds(2min).count();

struct WantedHost {
  std::string who;
  Millis latest = 0;    ///< as its last message says
  Millis received = 0;  ///< ... came to us, by our clock; 0: nothing ever came
};

Result<std::vector<WantedHost>> wanted_hosts(const Patient& patient, Store& store) {
  PeerBook book(store);
  auto circle = read_circle(book, *patient.own, hops_of(patient.settings));
  if (!circle) return circle.error();
  std::vector<WantedHost> hosts;
  for (const FeedId& id : circle->replicated()) {
    if (id == *patient.own) continue;
    // Nobody writes there any more.
    auto succession = succession_of(store, id);
    if (!succession) return succession.error();
    if (*succession) continue;
    WantedHost host{to_text(id), 0, 0};
    auto row = store.feed(id);
    if (!row) return row.error();
    if (*row && (*row)->tip) {
      host.latest = clamp_time((*row)->timestamp);
      auto name = store.name_before((*row)->number, max_sequence);
      if (!name) return name.error();
      if (!name->empty()) host.who = fmt::format("{}@{}", *name, short_id(id));
      auto arrival = book.last_arrival((*row)->number);
      if (!arrival) return arrival.error();
      if (*arrival) host.received = (*arrival)->received;
    }
    hosts.push_back(std::move(host));
  }
  return hosts;
}

std::string age(Millis ms) { return age_text(std::chrono::milliseconds(ms)); }

/// A message cannot be older for us than for its author, but for clocks.
void check_clocks(const std::vector<WantedHost>& hosts, DoctorReport& report) {
  std::vector<const WantedHost*> ahead;
  for (const WantedHost& host : hosts) {
    if (host.received > 0 && host.latest - host.received > far_ahead) ahead.push_back(&host);
  }
  const auto heard =
      std::count_if(hosts.begin(), hosts.end(), [](const WantedHost& host) { return host.received > 0; });
  if (ahead.empty()) return;
  if (ahead.size() > 1 && ahead.size() * 2 > static_cast<std::size_t>(heard)) {
    report.wrong(
        "clock",
        fmt::format("{} of {} hosts wrote messages that came before they were written: the clock of this "
                    "machine is behind",
                    ahead.size(), heard),
        "set the clock, and let it be kept right (timedatectl set-ntp true)");
    return;
  }
  for (const WantedHost* host : ahead) {
    report.hint("clock",
                fmt::format("the clock of {} was {} ahead of ours when its last message came", host->who,
                            age(host->latest - host->received)),
                "set the clock there (timedatectl set-ntp true), or here");
  }
}

}  // namespace

void check_hosts(const Patient& patient, DoctorReport& report) {
  if (!patient.own) return;
  auto store = open_to_read(patient.settings.home);
  if (!store) return;  // check_store has said it
  auto hosts = wanted_hosts(patient, *store);
  if (!hosts) {
    report.wrong("hosts", hosts.error().text, "run `ssblog verify`");
    return;
  }
  if (hosts->empty()) {
    report.hint("hosts", "this host follows no other", "ssblog follow ID, or: ssblog join INVITE");
    return;
  }
  const Millis now = clock_now();
  std::size_t fresh = 0;
  for (const WantedHost& host : *hosts) {
    if (host.received == 0) {
      report.hint(
          "hosts", fmt::format("nothing of {} has come yet", host.who),
          "`ssblog peers` shows whether it is heard; it must follow this host, too, or let everybody read");
    } else if (now - host.received > long_silence) {
      report.hint("hosts", fmt::format("nothing has come of {} for {}", host.who, age(now - host.received)),
                  "is it on? Does `ssblog doctor` say something there?");
    } else {
      ++fresh;
    }
  }
  if (fresh > 0) report.good("hosts", fmt::format("{} of {} were heard of this week", fresh, hosts->size()));
  check_clocks(*hosts, report);
}

}  // namespace ssblog
