// SPDX-License-Identifier: MIT
#include "cli/status_text.h"

#include "assemble/escape.h"
#include "assemble/time_text.h"
#include "board/board_json.h"
#include "cli/board_text.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "cli/view_program.h"
#include "feed/json.h"
#include "gossip/protocol/limits.h"
#include "store/disk_room.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace ssblog {

std::string host_text(const FeedId& id, const std::string& name) {
  return fmt::format("{}@{}", escape_name(name), short_id(id));
}

namespace {

/// Of the host that the last messages came from; our own feed, and what a bundle brought, came from nobody.
std::string via(const Status& status, const HostStatus& host) {
  if (!host.arrival || !host.arrival->via) return "-";
  const FeedId& id = *host.arrival->via;
  if (id == host.id) return "itself";
  const auto at = std::find_if(status.hosts.begin(), status.hosts.end(),
                               [&](const HostStatus& one) { return one.id == id; });
  return host_text(id, at == status.hosts.end() ? "" : at->name);
}

/// Below its row: who goes on in its place, and what is odd about it.
std::string note_text(const Status& status, const HostStatus& host) {
  if (!host.superseded)
    return host.greedy
               ? fmt::format("follows more than {} hosts; the others do not count", max_follows_of_host)
               : "";
  const auto at = std::find_if(status.hosts.begin(), status.hosts.end(),
                               [&](const HostStatus& one) { return one.id == *host.superseded; });
  return "superseded by " + host_text(*host.superseded, at == status.hosts.end() ? "" : at->name);
}

std::string hops_text(const HostStatus& host) {
  if (!host.hops) return "-";
  if (*host.hops == -1) return "blocked";
  return *host.hops < 0 ? "-" : std::to_string(*host.hops);
}

std::string conflict_text(const Succession& one) {
  return fmt::format("the owner of {} names {} as its successor, which counts, and {}: who has its key?",
                     to_text(one.statement.supersedes), to_text(one.statement.successor),
                     to_text(one.other->successor));
}

std::string head_text(const Status& status) {
  std::string text;
  const auto line = [&](std::string_view what, std::string_view says) {
    fmt::format_to(std::back_inserter(text), "{:<12}", what);
    escape_line(as_bytes(says), text);
    text += '\n';
  };
  line("publishing", !status.busy.empty() ? fmt::format("not known: {}", status.busy)
                     : status.hold != Hold::none
                         ? fmt::format("held: {}; see `ssblog restore`", status.why_held)
                         : std::string("works"));
  if (status.daemon) {
    const std::size_t connected = connected_in(*status.daemon);
    line("daemon", fmt::format("runs (pid {}), {} host{} connected", status.daemon->process, connected,
                               connected == 1 ? "" : "s"));
    if (!status.daemon->sandbox.empty()) line("sandbox", status.daemon->sandbox);
    if (status.daemon->view && status.daemon->view->state == "serving")
      line("view", view_text(*status.daemon->view));
    for (const std::string& trouble : status.daemon->troubles) line("trouble", trouble);
    for (const PeerState& peer : status.daemon->peers) {
      if (!peer.trouble.empty()) line("trouble", fmt::format("{}: {}", peer.address, peer.trouble));
    }
  } else {
    line("daemon", "does not run");
  }
  for (const ForkProof& fork : status.forks)
    line("fork", fmt::format("{}; nothing more of it is taken", fork_text(fork)));
  for (const Succession& one : status.conflicts) line("conflict", conflict_text(one));
  const bool low = status.free_bytes >= 0 && status.free_bytes < low_disk;
  line("store",
       fmt::format(
           "{}{}{}", size_text(status.store_bytes),
           status.free_bytes < 0 ? "" : fmt::format(", {} free on the disk", size_text(status.free_bytes)),
           low ? ": make room" : ""));
  return text;
}

std::string hosts_text(const Status& status, const TerminalLook& look) {
  TextTable table({{"HOST", false, 12, 0},
                   {"HOPS", true, 0, 3},
                   {"MESSAGES", true, 0, 2},
                   {"LATEST", false, 0, 6},
                   {"AGE", true, 0, 0},
                   {"BEHIND", true, 0, 0},
                   {"VIA", false, 10, 1},
                   {"SIZE", true, 0, 4},
                   {"GROWTH", true, 0, 5}});
  for (const HostStatus& host : status.hosts) {
    std::string latest = "nothing is here yet", age = "-";
    if (host.sequence > 0) {
      latest.clear();
      append_utc_time(latest, host.latest);
      age = age_text(std::chrono::milliseconds(std::max<Millis>(status.board.now - host.latest, 0)));
    }
    // What its owner gave up is not expected to grow.
    table.add({{host_text(host.id, host.name), hops_text(host), fmt::format("{}", host.sequence), latest, age,
                host.behind > 0 && !host.superseded ? fmt::format("{}", host.behind) : "-", via(status, host),
                size_text(host.size.bytes), size_text(host.bytes_a_day) + "/day"},
               note_text(status, host),
               ""});
  }
  return "\n" + table.text(look.width, look.colours);
}

std::string json_of(const HostStatus& host) {
  const auto id_or_null = [](const std::optional<FeedArrival>& arrival) {
    return arrival && arrival->via ? fmt::format("\"{}\"", to_text(*arrival->via)) : std::string("null");
  };
  return fmt::format(
      R"({{"id":"{}","name":{},"hops":{},"messages":{},"latest":{},"received":{},"via":{},"behind":{},"bytes":{},"bytesPerDay":{},"superseded":{}}})",
      to_text(host.id), json_string(host.name), host.hops ? std::to_string(*host.hops) : "null",
      host.sequence, host.latest, host.arrival ? host.arrival->received : 0, id_or_null(host.arrival),
      host.behind, host.size.bytes, host.bytes_a_day,
      host.superseded ? fmt::format("\"{}\"", to_text(*host.superseded)) : "null");
}

}  // namespace

std::string status_text(const Status& status, const TerminalLook& look, bool all) {
  std::string text = jobs_text(status.board, look, all);
  if (!text.empty()) text += "\n";
  return text + head_text(status) + hosts_text(status, look);
}

std::vector<std::string> warnings_of(const Status& status) {
  std::vector<std::string> warnings;
  if (status.hold != Hold::none) warnings.push_back(fmt::format("publishing is held: {}", status.why_held));
  if (!status.busy.empty())
    warnings.push_back(fmt::format("not known whether publishing is held: {}", status.busy));
  for (const ForkProof& fork : status.forks) warnings.push_back(fork_text(fork));
  for (const Succession& one : status.conflicts) warnings.push_back(conflict_text(one));
  if (status.board.left_out > 0)
    warnings.push_back(fmt::format("of hosts with more than {} jobs the others are not looked at: {} of them",
                                   most_jobs_of_feed, status.board.left_out));
  if (status.daemon) {
    for (const std::string& trouble : status.daemon->troubles) warnings.push_back(trouble);
  } else {
    warnings.push_back("the daemon does not run");
  }
  if (status.free_bytes >= 0 && status.free_bytes < low_disk)
    warnings.push_back(fmt::format("{} are free on the disk", size_text(status.free_bytes)));
  return warnings;
}

std::string json_of(const Status& status) {
  const auto optional_text = [](std::string_view text) {
    return text.empty() ? std::string("null") : json_string(std::string(text));
  };
  std::string hosts, troubles, forks, conflicts;
  for (const ForkProof& fork : status.forks) {
    forks += fmt::format(R"({}{{"id":"{}","sequence":{},"held":"{}","other":"{}","found":{}}})",
                         forks.empty() ? "" : ",", to_text(fork.feed), fork.sequence, to_text(fork.held),
                         to_text(fork.other), fork.found);
  }
  for (const Succession& one : status.conflicts) {
    conflicts += fmt::format(R"({}{{"id":"{}","counts":"{}","other":"{}"}})", conflicts.empty() ? "" : ",",
                             to_text(one.statement.supersedes), to_text(one.statement.successor),
                             to_text(one.other->successor));
  }
  if (status.daemon) {
    for (const std::string& trouble : status.daemon->troubles)
      troubles += (troubles.empty() ? "" : ",") + json_string(trouble);
  }
  for (const HostStatus& host : status.hosts) hosts += (hosts.empty() ? "" : ",") + json_of(host);
  return fmt::format(
      R"({{"id":"{}","held":{},"daemon":{},"sandbox":{},"view":{},"troubles":[{}],"storeBytes":{},"freeBytes":{},"forks":[{}],"conflicts":[{}],"hosts":[{}],"jobs":{},"hostsWithMoreJobs":{}}})"
      "\n",
      to_text(status.own), optional_text(status.why_held),
      status.daemon ? std::to_string(status.daemon->process) : "null",
      optional_text(status.daemon ? status.daemon->sandbox : ""),
      optional_text(status.daemon && status.daemon->view && status.daemon->view->state == "serving"
                        ? view_text(*status.daemon->view)
                        : ""),
      troubles, status.store_bytes, status.free_bytes, forks, conflicts, hosts, jobs_json(status.board),
      status.board.left_out);
}

}  // namespace ssblog
