// SPDX-License-Identifier: MIT
// cli/sync.cc - one round of replication, by the daemon or, where there is none, by this process.
#include "cli/node_options.h"
#include "cli/pick_feeds.h"
#include "cli/units.h"
#include "feed/crypto.h"
#include "loop/signals.h"
#include "store/daemon_door.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <thread>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto default_timeout = 30s;
constexpr auto look_pause = 50ms;
constexpr auto lan_patience = 6s;  // hosts call into the LAN every five
constexpr auto tell_again_pause = 5s;

struct Wanted {
  FeedId feed;
  Seq sequence = 0;
};

/// `ID@SEQ`: an id, or what else names a feed that is held.
Result<Wanted> parse_wanted(Store& store, const std::string& word) {
  const auto at = word.rfind('@');
  Wanted wanted;
  if (at != std::string::npos && at > 0) {
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data() + at + 1, end, wanted.sequence);
    if (error == std::errc() && stop == end && wanted.sequence > 0 && wanted.sequence <= max_sequence) {
      const std::string name = word.substr(0, at);
      if (const auto id = parse_feed_id(name)) {
        wanted.feed = *id;
        return wanted;
      }
      auto picked = pick_feeds(store, std::span(&name, 1));
      if (!picked) return picked.error();
      wanted.feed = picked->front();
      return wanted;
    }
  }
  return Error{Code::usage, fmt::format("--wait {}: say a feed and a number, as nas@1234", word)};
}

struct SyncTask {
  Settings settings;
  std::vector<Wanted> wanted;
  std::chrono::steady_clock::time_point deadline;

  bool late() const { return std::chrono::steady_clock::now() >= deadline; }
};

/// The first one that is not here yet; nothing when all are.
Result<std::optional<Wanted>> lacking(Store& store, const std::vector<Wanted>& wanted) {
  for (const Wanted& one : wanted) {
    auto row = store.feed(one.feed);
    if (!row) return row.error();
    if (!*row || !(*row)->tip || (*row)->tip->sequence < one.sequence) return std::optional(one);
  }
  return std::optional<Wanted>();
}

/// The end of a round, as the exit code or the sentence that says it.
Result<int> judge(Store& store, const SyncTask& task, const std::optional<Rounds::Outcome>& outcome) {
  auto first = lacking(store, task.wanted);
  if (!first) return first.error();
  if (*first) {
    return Error{Code::busy, fmt::format("message {} of {} did not come in time", (*first)->sequence,
                                         to_text((*first)->feed))};
  }
  if (!task.wanted.empty()) return 0;
  if (!outcome)
    return Error{Code::busy, "not everything was exchanged in time; `ssblog peers` shows what is left"};
  if (outcome->met == 0) {
    return Error{Code::busy,
                 "no other host could be reached; `ssblog connect ADDRESS --save` says where they are"};
  }
  if (!outcome->whole)
    return Error{Code::busy, "not everything came that other hosts claim to hold; try again later"};
  say(fmt::format("everything is exchanged with {} host{}", outcome->met, outcome->met == 1 ? "" : "s"));
  return 0;
}

/// True when nothing has to be waited for any more.
bool is_done(Store& store, const SyncTask& task, bool round_over) {
  if (task.wanted.empty()) return round_over;
  auto first = lacking(store, task.wanted);
  return first && !*first;
}

/// Nothing: the daemon has ended meanwhile, or does not hear yet.
Result<std::optional<int>> by_daemon(Store& store, const SyncTask& task) {
  std::array<std::uint8_t, 8> random;
  random_bytes(random);
  const std::string token = to_hex(random);
  std::optional<Rounds::Outcome> outcome;
  auto tell_at = std::chrono::steady_clock::now();
  while (!is_done(store, task, outcome.has_value()) && !task.late()) {
    if (std::chrono::steady_clock::now() >= tell_at) {
      if (!tell_daemon(task.settings.home, "sync " + token)) return std::optional<int>();
      // A round that is over did not bring what is waited for; another may.
      tell_at += task.wanted.empty() ? 24h : tell_again_pause;
    }
    std::this_thread::sleep_for(look_pause);
    auto state = read_daemon_state(task.settings.home);
    if (!state) return state.error();
    if (!*state) return std::optional<int>();
    for (const RoundState& round : (*state)->rounds) {
      if (round.token == token) outcome = {static_cast<std::size_t>(round.met), round.whole};
    }
  }
  auto judged = judge(store, task, outcome);
  return judged ? Result<std::optional<int>>(*judged) : judged.error();
}

Result<int> by_ourselves(Store& store, const SyncTask& task, DaemonLock) {
  auto options = node_options(task.settings);
  if (!options) return options.error();
  // A round that goes well has nothing to say; what hinders it, and only that, is told.
  options->log = [](LogLevel level, const std::string& text) {
    if (level <= LogLevel::warning) say(text);
  };
  auto keys = load_keys(task.settings.home);
  if (!keys) return keys.error();
  auto loop = Loop::make();
  if (!loop) return loop.error();
  const NetworkSelf self{*task.settings.network_key, std::move(*keys)};
  const bool in_lan = options->lan.has_value();
  if (in_lan) {
    auto any = SocketAddress::from("0.0.0.0", 0);
    if (!any) return any.error();
    options->listen.push_back(*any);
  }
  Node node(*loop, self, std::move(*options));
  if (auto started = node.start(); !started) return started.error();
  ::signal(SIGPIPE, SIG_IGN);

  const auto heard_by = std::chrono::steady_clock::now() + (in_lan ? lan_patience : 0s);
  std::optional<Rounds::Outcome> outcome;
  const auto begin = [&] { node.sync([&](const Rounds::Outcome& how) { outcome = how; }); };
  begin();
  bool stopping = false;
  const auto stop = [&] {
    if (!std::exchange(stopping, true)) node.stop([&] { loop->stop(); });
  };
  const Signal terminated(*loop, SIGTERM, stop);
  const Signal interrupted(*loop, SIGINT, stop);
  std::optional<Timer> look;
  look.emplace(*loop, [&] {
    if (stopping) return;
    // Hosts of the LAN dial us when they have heard us.
    if (outcome && outcome->met == 0 && std::chrono::steady_clock::now() < heard_by) {
      outcome.reset();
      begin();
    }
    if (is_done(store, task, outcome.has_value()) || task.late()) return stop();
    if (outcome && !task.wanted.empty()) {
      outcome.reset();
      begin();
    }
    look->start(look_pause);
  });
  look->start(look_pause);
  loop->run();
  look.reset();
  return judge(store, task, outcome);
}

}  // namespace

Result<int> run_sync(const Words& words) {
  Options options(
      "sync",
      "Replicates one round with whoever can be reached: asks the daemon to, or does it itself where "
      "none runs. Exits with 75 when nobody could be reached, or not all came in time.",
      "  ssblog sync\n"
      "  ssblog sync --wait nas@1234 --timeout 5m");
  std::optional<std::string> path, timeout;
  Words waits;
  options.values("--wait ID@SEQ", waits, "End as soon as this message is here");
  options.value("--timeout TIME", timeout, "How long at most (30s)");
  options.value("--path DIR", path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();

  auto time = timeout ? parse_duration("--timeout", *timeout, 1s)
                      : Result<std::chrono::milliseconds>(default_timeout);
  if (!time) return time.error();
  auto settings = load_settings(path);
  if (!settings) return settings.error();
  if (auto store = open_own_store(settings->home); !store) return store.error();
  auto store = open_to_read(settings->home);
  if (!store) return store.error();
  SyncTask task{std::move(*settings), {}, std::chrono::steady_clock::now() + *time};
  for (const std::string& word : waits) {
    auto wanted = parse_wanted(*store, word);
    if (!wanted) return wanted.error();
    task.wanted.push_back(*wanted);
  }
  // A daemon may come and go; so may another sync, which has a daemon's place for as long.
  while (!task.late()) {
    if (DaemonLock::holder(task.settings.home)) {
      auto done = by_daemon(*store, task);
      if (!done) return done.error();
      if (*done) return **done;
    } else if (auto lock = DaemonLock::take(task.settings.home)) {
      return by_ourselves(*store, task, std::move(*lock));
    } else if (lock.error().code != Code::busy) {
      return lock.error();
    }
    std::this_thread::sleep_for(look_pause);
  }
  return Error{Code::busy, "the daemon that runs here does not hear; look into its log"};
}

}  // namespace ssblog
