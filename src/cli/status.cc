// SPDX-License-Identifier: MIT
// cli/status.cc - the board: how all jobs stand, how this host does, how fresh and how large the feeds are that it keeps.
#include "cli/status.h"

#include "assemble/escape.h"
#include "assemble/time_text.h"
#include "board/board_json.h"
#include "cli/board_check.h"
#include "cli/board_html.h"
#include "cli/board_text.h"
#include "cli/disk_room.h"
#include "cli/limits_table.h"
#include "cli/node_options.h"
#include "cli/own_feed.h"
#include "cli/status_watch.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "feed/json.h"
#include "gossip/circle.h"
#include "gossip/daemon_state.h"
#include "gossip/protocol/limits.h"
#include "store/forks.h"
#include "store/successors.h"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto turn_patience = 1s;
constexpr auto growth_time = std::chrono::hours(7 * 24);  // over which growth is looked at

struct HostStatus {
  FeedId id;
  std::string name;
  std::optional<int> hops;  ///< none: nobody leads to it
  Seq sequence = 0;
  Millis latest = 0;  ///< as its last message says; 0: there is none
  std::optional<FeedArrival> arrival;
  FeedSize size;
  std::int64_t bytes_a_day = 0;
  Seq behind = 0;                    ///< messages that another host says to hold beyond ours
  std::optional<FeedId> superseded;  ///< by that feed: this one is not expected to grow
  bool greedy = false;               ///< follows more hosts than count
};

struct Status {
  FeedId own;
  Hold hold = Hold::none;
  std::string why_held;  ///< a sentence; empty: it is not
  std::string busy;      ///< why that is not known
  std::optional<DaemonState> daemon;
  std::int64_t store_bytes = 0;  ///< the store and its log
  std::int64_t free_bytes = -1;  ///< of the disk; -1: not known
  std::vector<HostStatus> hosts;
  std::vector<ForkProof> forks;
  std::vector<Succession> conflicts;  ///< old feeds whose owner named two successors
  Board board;
};

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

Result<Status> look(const Settings& settings) {
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
  Watcher watcher;
  watcher.own = status.own;
  watcher.since = 0;  // this host is up
  watcher.patience.not_seen = settings.alerts.patience.count();
  for (const PeerState& peer : status.daemon ? status.daemon->peers : std::vector<PeerState>()) {
    if (peer.state == "connected") watcher.connected.insert(peer.id);
  }
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

std::string who(const FeedId& id, const std::string& name) {
  return fmt::format("{}@{}", escape_name(name), short_id(id));
}

/// Of the host that the last messages came from; our own feed, and what a bundle brought, came from nobody.
std::string via(const Status& status, const HostStatus& host) {
  if (!host.arrival || !host.arrival->via) return "-";
  const FeedId& id = *host.arrival->via;
  if (id == host.id) return "itself";
  const auto at = std::find_if(status.hosts.begin(), status.hosts.end(),
                               [&](const HostStatus& one) { return one.id == id; });
  return who(id, at == status.hosts.end() ? "" : at->name);
}

/// Below its row: who goes on in its place, and what is odd about it.
std::string note_text(const Status& status, const HostStatus& host) {
  if (!host.superseded)
    return host.greedy
               ? fmt::format("follows more than {} hosts; the others do not count", max_follows_of_host)
               : "";
  const auto at = std::find_if(status.hosts.begin(), status.hosts.end(),
                               [&](const HostStatus& one) { return one.id == *host.superseded; });
  return "superseded by " + who(*host.superseded, at == status.hosts.end() ? "" : at->name);
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
    const auto connected = std::count_if(status.daemon->peers.begin(), status.daemon->peers.end(),
                                         [](const PeerState& peer) { return peer.state == "connected"; });
    line("daemon", fmt::format("runs (pid {}), {} host{} connected", status.daemon->process, connected,
                               connected == 1 ? "" : "s"));
    if (!status.daemon->sandbox.empty()) line("sandbox", status.daemon->sandbox);
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
    table.add({{who(host.id, host.name), hops_text(host), fmt::format("{}", host.sequence), latest, age,
                host.behind > 0 && !host.superseded ? fmt::format("{}", host.behind) : "-", via(status, host),
                size_text(host.size.bytes), size_text(host.bytes_a_day) + "/day"},
               note_text(status, host),
               ""});
  }
  return "\n" + table.text(look.width, look.colours);
}

/// The whole of it, jobs first.
std::string board_text(const Status& status, const TerminalLook& look, bool all) {
  std::string text = jobs_text(status.board, look, all);
  if (!text.empty()) text += "\n";
  return text + head_text(status) + hosts_text(status, look);
}

/// What a person should know of this host itself.
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
      R"({{"id":"{}","held":{},"daemon":{},"sandbox":{},"troubles":[{}],"storeBytes":{},"freeBytes":{},"forks":[{}],"conflicts":[{}],"hosts":[{}],"jobs":{},"hostsWithMoreJobs":{}}})"
      "\n",
      to_text(status.own), optional_text(status.why_held),
      status.daemon ? std::to_string(status.daemon->process) : "null",
      optional_text(status.daemon ? status.daemon->sandbox : ""), troubles, status.store_bytes,
      status.free_bytes, forks, conflicts, hosts, jobs_json(status.board), status.board.left_out);
}

}  // namespace

Result<std::string> status_json(const Settings& settings) {
  auto status = look(settings);
  if (!status) return status.error();
  return json_of(*status);
}

namespace {

struct StatusOptions {
  std::optional<std::string> path, html;
  bool json = false, limits = false, all = false, check = false, watch = false;
};

/// A file that is there is replaced only where it is a board, too: a slip must not cost a secret.
Result<void> write_board(const std::string& path, std::string_view html) {
  std::error_code unknown;
  if (std::filesystem::is_regular_file(path, unknown) && std::filesystem::file_size(path, unknown) > 0) {
    auto there = read_beginning(path, board_head().size());
    if (!there) return there.error();
    if (*there != board_head())
      return Error{Code::cannot_create,
                   fmt::format("{} is not a board that ssblog wrote: take another name, or remove it", path)};
  }
  const mode_t mask = ::umask(0);
  ::umask(mask);
  auto file = OutputFile::open(path, 0666 & ~mask);
  if (!file) return file.error();
  if (auto written = file->write(html); !written) return written;
  return file->commit();
}

/// Never an error: a plug-in says what hinders it in its one line.
Result<int> check(const StatusOptions& wanted) {
  auto settings = load_settings(wanted.path);
  auto status = settings ? look(*settings) : Result<Status>(settings.error());
  const CheckResult result =
      status ? check_board(status->board, warnings_of(*status)) : unknown_check(status.error().text);
  print(result.line);
  return done(static_cast<int>(result.code));
}

Result<int> show(const StatusOptions& wanted) {
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  const auto text = [&](const TerminalLook& terminal) -> Result<std::string> {
    auto status = look(*settings);
    if (!status) return status.error();
    return board_text(*status, terminal, wanted.all);
  };
  if (wanted.watch) return watch_status(text);
  auto status = look(*settings);
  if (!status) return status.error();
  if (wanted.html) {
    const auto self = std::find_if(status->hosts.begin(), status->hosts.end(),
                                   [&](const HostStatus& host) { return host.id == status->own; });
    const std::string html =
        board_html(status->board, who(status->own, self == status->hosts.end() ? "" : self->name));
    if (*wanted.html == "-") {
      print(html);
    } else if (auto written = write_board(*wanted.html, html); !written) {
      return written.error();
    }
    return done();
  }
  print(wanted.json ? json_of(*status) : board_text(*status, terminal_look(), wanted.all));
  return done();
}

}  // namespace

Result<int> run_status(const Words& words) {
  Options options(
      "status",
      "The board: how the jobs of all hosts stand, those in trouble first; whether this host publishes and "
      "replicates; and each host that it keeps: how fresh it is, from whom that came, how far behind.",
      "  ssblog status --watch\n"
      "  ssblog status --check       # for a monitoring system: exit 0, 1, 2 or 3");
  StatusOptions wanted;
  options.flag("-a,--all", wanted.all, "Show all jobs that are well, too");
  options.flag("-w,--watch", wanted.watch, "Stay, and show what changes; Ctrl-C ends it");
  options.flag("--check", wanted.check, "One line and an exit code, as a monitoring plug-in");
  options.flag("--json", wanted.json, "Print all of it as a JSON object");
  options.value("--html FILE", wanted.html, "Write the board as one file for a browser (`-`: to stdout)");
  options.flag("--limits", wanted.limits, "Show how much of anything a peer or a program may cost this host");
  options.value("--path DIR", wanted.path, "Home of this host");
  for (const auto& [one, other] :
       {std::pair("--check", "--json"), std::pair("--check", "--html"), std::pair("--check", "--watch"),
        std::pair("--watch", "--json"), std::pair("--watch", "--html"), std::pair("--json", "--html"),
        std::pair("--limits", "--check"), std::pair("--limits", "--watch"), std::pair("--limits", "--html")})
    options.excludes(one, other);
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (wanted.html == "") return Error{Code::usage, "--html needs the name of a file"};
  if (wanted.limits) {
    print_limits(wanted.json);
    return done();
  }
  return wanted.check ? check(wanted) : show(wanted);
}

}  // namespace ssblog
