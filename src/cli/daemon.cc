// SPDX-License-Identifier: MIT
// cli/daemon.cc - the daemon: replicates and reads files until it is told to end. Called `server` too, as sbot's.
#include "cli/daemon_alerts.h"
#include "cli/daemon_view.h"
#include "cli/index_keeper.h"
#include "cli/log_lines.h"
#include "cli/node_options.h"
#include "cli/notify.h"
#include "cli/sandbox_plan.h"
#include "cli/status_line.h"
#include "intake/event_intake.h"
#include "intake/event_receiver.h"
#include "intake/file_intake.h"
#include "loop/signals.h"
#include "sandbox/sandbox.h"
#include "sink/sinks.h"
#include "store/daemon_door.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto store_patience = 2s;  // of the worker that reads files, while another program writes

struct DaemonOptions {
  std::optional<std::string> path, port, host, network_key, signing_key, hops;
  bool no_sandbox = false;
};

Result<int> number_of(const std::string& option, const std::string& text, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most)
    return Error{Code::usage, fmt::format("{} {}: say a number from {} to {}", option, text, least, most)};
  return number;
}

/// Every address of this machine, or the one that was named.
Result<std::vector<SocketAddress>> addresses_of(const DaemonOptions& wanted, const Settings& settings) {
  auto port = wanted.port ? number_of("--port", *wanted.port, 0, 65535)
                          : Result<int>(settings.port.value_or(default_port));
  if (!port) return port.error();
  std::vector<SocketAddress> addresses;
  const auto add = [&](const std::string& host) -> Result<void> {
    auto address = SocketAddress::from(host, static_cast<std::uint16_t>(*port));
    if (!address)
      return Error{Code::usage, fmt::format("--host {}: say an IP address of this machine", host)};
    addresses.push_back(*address);
    return {};
  };
  if (wanted.host) {
    if (auto added = add(*wanted.host); !added) return added.error();
  } else {
    if (auto added = add("0.0.0.0"); !added) return added.error();
    if (auto added = add("::"); !added) return added.error();
  }
  return addresses;
}

/// The reading of files, if config.toml has sources; what it says goes where all goes.
std::unique_ptr<FileIntake> file_intake(Loop& loop, const Settings& settings, const NodeOptions& node) {
  if (settings.sources.empty()) return nullptr;
  FileIntake::Options options;
  options.home = node.home;
  options.hmac = node.hmac;
  options.collector.host = settings.name;
  options.collector.sources = settings.sources;
  options.collector.clock = node.clock;
  options.collector.patience = store_patience;
  options.scan_interval = settings.files.scan_interval;
  options.restat_interval = settings.files.restat_interval;
  options.log = [log = node.log](const CollectorTalk& talk) {
    log(talk.trouble ? LogLevel::warning : LogLevel::info, talk.text);
  };
  options.published = [home = node.home] { tell_daemon(home); };
  return std::make_unique<FileIntake>(loop, std::move(options));
}

/// What takes the events of sources with a `kind`, and how they come into the feed.
struct EventWays {
  std::unique_ptr<EventIntake> intake;
  std::vector<std::unique_ptr<EventReceiver>> receivers;  // gone before the intake

  void start() {
    intake->start([this] {
      for (const auto& receiver : receivers) receiver->start();
    });
  }
};

/// Nothing where there are no such sources.
Result<std::optional<EventWays>> event_ways(Loop& loop, const Settings& settings, const NodeOptions& node) {
  if (settings.event_sources.empty()) return std::optional<EventWays>();
  const EventSay say = [log = node.log](bool trouble, const std::string& text) {
    log(trouble ? LogLevel::warning : LogLevel::info, text);
  };
  EventIntake::Options options;
  options.home = node.home;
  options.hmac = node.hmac;
  options.host = settings.name;
  options.clock = node.clock;
  options.patience = store_patience;
  options.log = say;
  options.published = [home = node.home] { tell_daemon(home); };
  auto redactor = Redactor::create();
  if (!redactor) return redactor.error();
  options.redactor = std::make_shared<const Redactor>(std::move(*redactor));
  EventWays ways;
  ways.intake = std::make_unique<EventIntake>(loop, std::move(options), settings.event_sources);
  for (std::size_t i = 0; i < settings.event_sources.size(); ++i) {
    auto receiver = make_receiver(loop, settings.event_sources[i], ways.intake->inlet(i), node.clock, say);
    if (!receiver) return receiver.error();
    ways.receivers.push_back(std::move(*receiver));
  }
  return std::optional(std::move(ways));
}

/// The programs that are given the lines.
std::unique_ptr<Sinks> sinks_of(Loop& loop, const Settings& settings, const NodeOptions& node,
                                std::function<void()> changed) {
  if (settings.sinks.empty()) return nullptr;
  for (const SinkSettings& sink : settings.sinks) {
    for (const std::string& path : sink.write) {
      if (::access(path.c_str(), F_OK) == 0) continue;
      node.log(
          LogLevel::warning,
          fmt::format("sink {}: {} is not there, so its program may not write to it; make it, and start the "
                      "daemon anew",
                      sink.name, path));
    }
  }
  Sink::Environment environment;
  environment.store_path = settings.home.store_path();
  environment.clock = node.clock;
  environment.log = [log = node.log](bool trouble, const std::string& text) {
    log(trouble ? LogLevel::warning : LogLevel::info, text);
  };
  environment.changed = std::move(changed);
  return std::make_unique<Sinks>(loop, settings.sinks, environment);
}

/// What serves the view, if config.toml has it.
std::unique_ptr<DaemonView> daemon_view(Loop& loop, const Settings& settings, const FeedId& own,
                                        const NodeOptions& node, bool sandboxed,
                                        std::function<void()> changed) {
  if (!settings.has_view) return nullptr;
  DaemonView::Options options;
  options.home = settings.home;
  options.place = settings.view;
  options.own = own;
  options.sandboxed = sandboxed;
  options.log = [log = node.log](bool trouble, const std::string& text) {
    log(trouble ? LogLevel::warning : LogLevel::info, text);
  };
  options.changed = std::move(changed);
  return std::make_unique<DaemonView>(loop, std::move(options));
}

/// Nothing of this process is written to a disk when it dies. The programs that it starts inherit that.
Result<void> forbid_core_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0) return {};
  limit = {0, 0};
  if (::setrlimit(RLIMIT_CORE, &limit) == 0) return {};
  return Error{Code::unavailable, fmt::format("core files cannot be switched off: {}", std::strerror(errno))};
}

/// The network key is in config.toml: whoever can read that can join the network.
void warn_of_open_config(const Settings& settings, const NodeOptions& node) {
  const std::string path = settings.home.config_path();
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) return;
  node.log(LogLevel::warning,
           fmt::format("{0} can be read by everybody, and may hold the network key: chmod 600 {0}", path));
}

/// Where the guard of our own feed lies: the store knows, once there is one.
Result<std::string> guard_directory(const Home& home, const FeedId& own) {
  if (::access(home.store_path().c_str(), F_OK) != 0) return home.guard_directory;
  auto store = open_to_read(home);
  if (!store) return store.error();
  auto guard = guard_of(*store, home, own);
  if (!guard) return guard.error();
  return directory_of(guard->path());
}

/// What of the sandbox is in force. The folder of the guard is made here: later it could not be.
Result<std::string> sandbox_of(const Settings& settings, const FeedId& own) {
  auto guard = guard_directory(settings.home, own);
  if (!guard) return guard.error();
  if (auto made = make_directories(*guard); !made) return made.error();
  return enter_sandbox(sandbox_plan(settings, *guard));
}

/// What a crowd of peers had us hold goes back to the system when they are gone. glibc would learn from the first long
/// buffer that they come often, and keep the next ones among what stays.
void give_memory_back() {
#ifdef __GLIBC__
  constexpr int long_buffer = 128 * 1024;  // bytes
  // Refused, it costs memory and nothing else.
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, long_buffer));
#endif
}

Result<void> run_until_told(Loop& loop, const Settings& settings, const NetworkSelf& self,
                            NodeOptions options, bool no_sandbox) {
  constexpr auto owed_pause = 1s;
  ::signal(SIGPIPE, SIG_IGN);
  give_memory_back();
  LogLines lines(STDERR_FILENO);
  // Lines that were lost are told when there is room again, though nothing else happens.
  std::optional<Timer> owed;
  owed.emplace(loop, [&] {
    if (!lines.settle()) owed->start(owed_pause);
  });
  options.log = [&](LogLevel level, const std::string& text) {
    if (!lines.write(static_cast<int>(level), text) && !owed->running()) owed->start(owed_pause);
  };
  warn_of_open_config(settings, options);
  options.log(LogLevel::info, fmt::format("sandbox: {}", options.sandbox));
  const auto intake = file_intake(loop, settings, options);
  auto events = event_ways(loop, settings, options);
  if (!events) return events.error();
  std::unique_ptr<Sinks> sinks;  // shown by the node, made behind it: there is a store then
  options.sinks = [&sinks] { return sinks ? sinks->states() : std::vector<SinkState>(); };
  std::unique_ptr<DaemonView> view;  // likewise
  options.view = [&view] { return view ? std::optional(view->state()) : std::nullopt; };
  Node node(loop, self, options);
  if (auto started = node.start(); !started) return started.error();
  sinks = sinks_of(loop, settings, options, [&node] { node.show_later(); });
  if (sinks) sinks->start();
  view = daemon_view(loop, settings, self.keys.id(), options, !no_sandbox, [&node] { node.show_later(); });
  if (view) view->start();
  std::optional<IndexKeeper> index;
  if (settings.search_index)
    index.emplace(loop, settings.home,
                  [log = options.log](const std::string& text) { log(LogLevel::warning, text); });
  if (intake) intake->start();
  if (*events) (*events)->start();
  std::optional<StatusLine> standing;
  if (settings.status_interval > 0ms) {
    standing.emplace(loop, StatusLine::Options{
                               settings.home, self.keys.id(), settings.alerts.patience.count(),
                               settings.status_interval, [&node] { return node.state(); },
                               [log = options.log](const std::string& text) { log(LogLevel::info, text); }});
  }
  const auto watch = alert_watch(loop, settings, self.keys.id(), options, node);
  watch->start();

  bool stopping = false;
  int parts = 4;  // of what is to be ended: the sinks, the view, a command of an alert, and everything else
  const auto stop = [&] {
    // A second signal does not wait for goodbyes.
    if (std::exchange(stopping, true)) return loop.stop();
    notify_manager("STOPPING=1");
    // Programs may take their time to end; what is being read does not wait for them.
    const auto part = [&] {
      if (--parts == 0) loop.stop();
    };
    watch->stop(part);
    sinks ? sinks->stop(part) : part();
    view ? view->stop(part) : part();
    // What is being read is published before the store is closed.
    const auto peers_too = [&, part] { node.stop(part); };
    const auto files_too = [&, peers_too] { intake ? intake->stop(peers_too) : peers_too(); };
    if (!*events) return files_too();
    (*events)->receivers.clear();
    (*events)->intake->stop(files_too);
  };
  const Signal terminated(loop, SIGTERM, stop);
  const Signal interrupted(loop, SIGINT, stop);
  const Signal hung_up(loop, SIGHUP, [&] {
    if (!*events) return;
    for (const auto& receiver : (*events)->receivers) receiver->reload();
  });
  const auto watchdog_pause = watchdog_time() / 2;
  std::optional<Timer> watchdog;
  const auto wag = [&] {
    notify_manager(fmt::format("WATCHDOG=1\nSTATUS={} peers", node.peer_count()));
    watchdog->start(watchdog_pause);
  };
  watchdog.emplace(loop, wag);
  if (watchdog_pause > 0ms) wag();
  notify_manager("READY=1");
  loop.run();
  return {};
}

Result<int> serve(const Settings& settings, const DaemonOptions& wanted, KeyPair keys) {
  auto addresses = addresses_of(wanted, settings);
  if (!addresses) return addresses.error();
  auto hops = wanted.hops ? number_of("--hops", *wanted.hops, 0, 100) : Result<int>(hops_of(settings));
  if (!hops) return hops.error();
  auto options = node_options(settings);
  if (!options) return options.error();
  auto lock = DaemonLock::take(settings.home);
  if (!lock) return lock.error();
  options->sandbox = "none; it was switched off";
  if (!wanted.no_sandbox) {
    auto sandbox = sandbox_of(settings, keys.id());
    if (!sandbox) return sandbox.error();
    options->sandbox = std::move(*sandbox);
  }
  // Behind it: libuv makes an io_uring with the loop, where it may, and cannot go on when that is refused later.
  auto loop = Loop::make();
  if (!loop) return loop.error();

  const NetworkSelf self{*settings.network_key, std::move(keys)};
  options->listen = std::move(*addresses);
  options->hops = *hops;
  if (wanted.host && options->lan) {
    // Who listens on one address is announced where that one is; loopback is no LAN.
    const SocketAddress& only = options->listen.front();
    if (only.loopback()) options->lan.reset();
    if (options->lan && !only.wildcard()) options->lan->only_address = only.host();
  }
  auto ran = run_until_told(*loop, settings, self, std::move(*options), wanted.no_sandbox);
  if (!ran) return ran.error();
  // Everything is stored; nobody waits for the answer of a name server.
  if (!loop->settle()) ::_exit(0);
  return 0;
}

}  // namespace

Result<int> run_daemon(const Words& words) {
  Options options(
      "daemon",
      "Replicates: fetches the feeds that this host follows from other hosts, and passes feeds on. Reads the "
      "log files that config.toml names into this host's feed. Stays in the foreground until SIGTERM. "
      "`ssblog "
      "server` is the same.",
      "  ssblog daemon\n"
      "  ssblog daemon --path /var/lib/ssblog --port 8321 --hops 2");
  DaemonOptions wanted;
  options.value("--host IP", wanted.host, "Listen on this address alone");
  options.value("--port N", wanted.port, "TCP port (8008); 0: any that is free");
  options.value("--hops N", wanted.hops, "How far: 1 those we follow, 2 those they follow too, ... (3)");
  options.value("--caps.shs KEY", wanted.network_key,
                "The network key, or @FILE with it, instead of config.toml's");
  options.value("--caps.sign KEY", wanted.signing_key, "The signing key of a network that has one");
  options.flag("--no-sandbox", wanted.no_sandbox, "Keep all rights of this user");
  options.value("--path DIR", wanted.path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();

  auto settings = load_settings(wanted.path, true);
  if (!settings) return settings.error();
  // What SQLite sets aside stays in the home. It is read only once.
  if (::setenv("SQLITE_TMPDIR", settings->home.directory.c_str(), 1) != 0)
    return Error{Code::unavailable, "there is no memory for the environment"};
  if (wanted.network_key) {
    auto key = network_key_option(*wanted.network_key);
    if (!key) return key.error();
    settings->network_key = *key;
  }
  if (wanted.signing_key) {
    auto key = parse_signing_key(*wanted.signing_key);
    if (!key) return key.error();
    settings->signing_key = *key;
  }
  if (auto forbidden = forbid_core_files(); !forbidden) return forbidden.error();
  auto keys = load_keys(settings->home);
  if (!keys) return keys.error();
  return serve(*settings, wanted, std::move(*keys));
}

}  // namespace ssblog
