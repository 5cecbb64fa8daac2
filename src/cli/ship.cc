// SPDX-License-Identifier: MIT
// cli/ship.cc - all sources once, to the end: before a backup, a snapshot, the end of a machine.
#include "cli/own_feed.h"
#include "cli/progress.h"
#include "cli/units.h"
#include "cli/wait_copies.h"
#include "intake/collector.h"
#include "store/daemon_door.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

namespace ssblog {
namespace {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr auto store_patience = 30s;
constexpr auto longest_nap = 1s;  // so that a deadline is seen

volatile std::sig_atomic_t told_to_end = 0;
void note_signal(int) { told_to_end = 1; }

struct ShipOptions {
  bool once = false;
  bool json = false;
  std::optional<std::string> root, copies, timeout, path;
  std::vector<std::string> names;
};

/// The sources that were named, or all.
Result<std::vector<Source>> chosen(const Settings& settings, const std::vector<std::string>& names) {
  if (settings.sources.empty()) {
    return Error{Code::config, fmt::format("{} names no [[source]]: `ssblog source presets` shows some",
                                           settings.home.config_path())};
  }
  if (names.empty()) return settings.sources;
  std::vector<Source> sources;
  for (const std::string& name : names) {
    const auto at = std::find_if(settings.sources.begin(), settings.sources.end(),
                                 [&](const Source& source) { return source.name == name; });
    if (at == settings.sources.end())
      return Error{Code::usage, fmt::format("--source {}: config.toml has no source of this name", name)};
    sources.push_back(*at);
  }
  return sources;
}

/// Reads until nothing is left. On an error it says what stands in the way.
Result<void> read_all(Collector& collector, const Home& home, SteadyTime deadline) {
  Progress progress;
  CollectorReport report = collector.look();
  for (;;) {
    for (const CollectorTalk& talk : report.talk) {
      progress.clear();
      say(talk.text);
    }
    if (report.published) tell_daemon(home);
    if (report.held) {
      return Error{Code::busy, "nothing was read, since publishing is held; see `ssblog restore`"};
    }
    if (!report.more && !report.look_soon && !report.next) return {};
    if (told_to_end != 0)
      return Error{Code::busy,
                   "told to end; what was read is published, and the next time goes on from there"};
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) {
      return Error{Code::busy, fmt::format("not everything was read in time: about {} are left",
                                           size_text(static_cast<std::int64_t>(report.behind)))};
    }
    if (progress.due())
      progress.show(fmt::format("{} to be read", size_text(static_cast<std::int64_t>(report.behind))));
    if (!report.more)
      std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(*report.next, longest_nap));
    report = report.look_soon ? collector.look() : collector.round();
  }
}

/// What could not be read, or not to its end.
std::vector<FileStatus> left_out(const Collector& collector) {
  std::vector<FileStatus> files = collector.files();
  std::erase_if(files, [](const FileStatus& file) {
    return file.trouble.empty() && (file.state == "finished" || file.read >= file.size);
  });
  return files;
}

Result<int> ship(const ShipOptions& wanted) {
  auto settings = load_settings(wanted.path, true);
  if (!settings) return settings.error();
  auto sources = chosen(*settings, wanted.names);
  if (!sources) return sources.error();
  auto copies = wanted.copies ? parse_copies(*wanted.copies) : Result<std::size_t>(0);
  if (!copies) return copies.error();
  auto timeout = parse_duration("--timeout", wanted.timeout.value_or("1d"), 1s);
  if (!timeout) return timeout.error();
  const SteadyTime deadline = std::chrono::steady_clock::now() + *timeout;

  CollectorOptions options;
  options.host = settings->name;
  options.sources = std::move(*sources);
  options.root = wanted.root.value_or("");
  options.once = true;
  options.patience = store_patience;
  options.clock = clock_now;
  auto collector = Collector::open(settings->home, settings->signing_key, std::move(options));
  if (!collector) return collector.error();
  std::signal(SIGINT, note_signal);
  std::signal(SIGTERM, note_signal);
  if (auto read = read_all(*collector, settings->home, deadline); !read) return read.error();

  const auto unfinished = left_out(*collector);
  for (const FileStatus& file : unfinished) {
    say(fmt::format("{}: {}", file.path, file.trouble.empty() ? "it was not read to its end" : file.trouble));
  }
  const std::size_t count = collector->files().size() - unfinished.size();
  const std::size_t left = unfinished.size() + collector->left_out().size();
  if (wanted.json) print(fmt::format("{{\"files\":{},\"left_out\":{}}}\n", count, left));
  if (*copies > 0) {
    auto own = OwnFeed::open(std::move(*settings));
    if (!own) return own.error();
    auto published = (*own)->publisher().publish({}, clock_now());
    if (!published) return (*own)->explain_busy(published.error());
    const WaitCopies rest{*copies, std::max(1ms, std::chrono::duration_cast<std::chrono::milliseconds>(
                                                     deadline - std::chrono::steady_clock::now()))};
    if (auto waited = wait_for_copies((*own)->settings().home, (*own)->store(), *published, rest); !waited)
      return waited.error();
  }
  if (left > 0) {
    return Error{Code::no_input, fmt::format("{} of {} files could not be read to their end; the others are "
                                             "published",
                                             left, left + count)};
  }
  return done();
}

}  // namespace

Result<int> run_ship(const Words& words) {
  Options options(
      "ship",
      "Reads all sources of config.toml once, to their end, into this host's feed: before a backup or a "
      "snapshot, or before a machine goes. Ends with 0 only when everything is published, and, with "
      "--wait-copies, held by other hosts too. What was read before is not read again.",
      "  ssblog ship --once --wait-copies 2 --timeout 10m\n"
      "  ssblog ship --once --root /mnt/snapshot");
  ShipOptions wanted;
  options.flag("--once", wanted.once, "Read to the end, then end (the daemon reads on and on)");
  options.value("--wait-copies N", wanted.copies,
                "... and wait until N other hosts have said that they hold it");
  options.value("--timeout TIME", wanted.timeout, "End with 75 when it takes longer: 90s, 10m");
  options.value("--root DIR", wanted.root,
                "The paths of the sources are below this directory: a snapshot, a backup");
  options.values("--source NAME", wanted.names, "Only this source; may be given several times");
  options.flag("--json", wanted.json, "Print how many files were read");
  options.value("--path DIR", wanted.path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (!wanted.once)
    return Error{Code::usage, "say --once: what goes on and on is the daemon's work (`ssblog daemon`)"};
  return ship(wanted);
}

}  // namespace ssblog
