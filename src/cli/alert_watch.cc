// SPDX-License-Identifier: MIT
#include "cli/alert_watch.h"

#include "assemble/alert_text.h"
#include "store/publish.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto change_pause = 500ms;  // much comes at once
constexpr int most_share = 20;        // of the time one part is for looks
constexpr auto longest_pause = 30s;   // who is connected, and who is not, shows in no store
constexpr Millis tell_back = Millis{24} * 3'600'000;

}  // namespace

AlertWatch::AlertWatch(Loop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      later_(loop, [this] { look(); }),
      soon_(loop, [this] { look(); }),
      pause_(change_pause) {
  telling_->watch = this;
}

void AlertWatch::start() {
  since_ = options_.clock();
  auto ear = open_to_read(options_.home);
  if (ear) ear_.emplace(std::move(*ear));
  // Where it cannot be watched, time alone wakes us.
  auto changes = FileWatch::start(loop_, options_.home.store_path() + "-wal", [this] { changed(); });
  if (changes) changes_.emplace(std::move(*changes));
  later_.start(std::chrono::milliseconds(options_.spread));
}

void AlertWatch::stop(std::function<void()> done) {
  stopped_ = true;
  telling_->stopped = true;
  changes_.reset();
  later_.stop();
  soon_.stop();
  if (!telling_->under_way) return done();
  telling_->ended = std::move(done);
}

void AlertWatch::soon() {
  if (begun_ && !stopped_ && !soon_.running()) soon_.start(pause_);
}

/// To open a store may change the times or the owner of its files, as each of our looks does: nobody committed anything then.
bool AlertWatch::has_news() {
  const auto version = ear_ ? ear_->data_version() : Result<std::int64_t>(-1);
  if (!version || *version < 0) return true;
  return std::exchange(heard_, *version) != *version;
}

void AlertWatch::changed() {
  if (begun_ && !stopped_ && !soon_.running() && has_news()) soon();
}

std::chrono::milliseconds AlertWatch::pause_after(std::chrono::milliseconds look) {
  return std::clamp<std::chrono::milliseconds>(most_share * look, change_pause, longest_pause);
}

void AlertWatch::look() {
  if (stopped_) return;
  if (looking_) {
    again_ = true;
    return;
  }
  begun_ = looking_ = true;
  again_ = false;
  later_.stop();
  Watcher watcher;
  watcher.own = options_.own;
  watcher.since = since_;
  watcher.connected = options_.connected();
  watcher.patience = options_.patience;
  look_ticket_ = run_on_worker(
      loop_,
      [options = options_, watcher = std::move(watcher), turns = std::move(turns_),
       now = options_.clock()]() mutable { return work(options, watcher, std::move(turns), now); },
      [this](Round round) { looked(std::move(round)); });
  turns_ = {};
}

AlertWatch::Round AlertWatch::work(const Options& options, const Watcher& watcher, AlertTurns turns,
                                   Millis now) {
  Round round;
  const auto look = [&]() -> Result<void> {
    auto store = open_own_store(options.home);
    if (!store) return store.error();
    auto report = look_over(*store, watcher, now);
    if (!report) return report.error();
    round.wake = report->wake;
    round.doubtful = std::move(report->doubtful);
    auto trusted = AlertBook(*store, options.own).trusted();
    if (!trusted) return trusted.error();
    std::vector<FeedId> watchers;
    for (const FeedRow& row : *trusted) watchers.push_back(row.id);
    const auto due = turns.take(report->missing, options.own, watchers, options.spread, now);
    if (const auto next = turns.next(); next && (!round.wake || *next < *round.wake)) round.wake = next;
    return due.empty() ? Result<void>() : publish(options, *store, due, round);
  };
  const auto begun = std::chrono::steady_clock::now();
  if (auto looked = look(); !looked) round.trouble = looked.error();
  round.took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  round.turns = std::move(turns);
  return round;
}

/// Each alert in a transaction of its own, which sees whether somebody else's came meanwhile. While publishing is held none
/// is made: others see the same, and an alert that is signed days later would be no help.
Result<void> AlertWatch::publish(const Options& options, Store& store, const std::vector<AlertRecord>& alerts,
                                 Round& round) {
  auto keys = load_keys(options.home);
  if (!keys) return keys.error();
  auto guard = guard_of(store, options.home, keys->id());
  if (!guard) return guard.error();
  Publisher publisher(store, *keys, options.hmac ? &*options.hmac : nullptr, std::move(*guard));
  for (const AlertRecord& alert : alerts) {
    const std::string content = alert_content(alert);
    const AlertId id = id_of(alert);
    bool is_known = false;
    const auto look_again = [&](Batch& batch) -> Result<void> {
      auto known = AlertBook(batch.store(), keys->id()).knows(id);
      if (!known) return known.error();
      is_known = *known;
      return is_known ? Result<void>(Error{Code::failed, "this alert is there already"}) : Result<void>();
    };
    const Millis now = options.clock();
    auto published = publisher.publish_with(std::span(&content, 1), look_again, now);
    if (is_known) continue;
    if (!published && published.error().code == Code::busy) return {};  // held; later
    if (!published) return published.error();
    auto shown = shown_alert(store, {id, alert, keys->id(), now, false});
    if (shown) round.made.push_back(alert_line(*shown));
  }
  return {};
}

void AlertWatch::looked(Round round) {
  looking_ = false;
  turns_ = std::move(round.turns);
  pause_ = pause_after(round.took);
  doubtful_ = std::move(round.doubtful);
  for (const std::string& line : round.made) options_.log(false, "alert: " + line);
  if (!round.made.empty()) options_.published();
  const std::string trouble = round.trouble ? round.trouble->text : "";
  if (trouble != told_trouble_ && !trouble.empty())
    options_.log(true, fmt::format("the jobs cannot be watched: {}", trouble));
  told_trouble_ = trouble;
  if (stopped_) return;
  tell();
  if (again_ || !round.made.empty()) return soon();
  const Millis now = options_.clock();
  const auto wait =
      round.wake ? std::chrono::milliseconds(std::max<Millis>(*round.wake - now, 10)) : longest_pause;
  later_.start(std::min<std::chrono::milliseconds>(wait, longest_pause));
}

void AlertWatch::tell() {
  if (telling_->under_way || !options_.tell.any()) return;
  auto ways = options_.tell;
  ways.stopped = [telling = telling_] { return telling->stopped.load(); };
  auto begun = loop_.run_apart(
      [telling = telling_, home = options_.home, own = options_.own, since = options_.clock() - tell_back,
       doubtful = doubtful_, ways = std::move(ways)] {
        telling->troubles.clear();
        auto store = open_own_store(home);
        auto done = store ? tell_alerts(*store, own, ways, since, doubtful,
                                        [&](const std::string& text) { telling->troubles.push_back(text); })
                          : Result<void>(store.error());
        if (!done) telling->troubles.push_back(done.error().text);
      },
      [telling = telling_] { told(*telling); });
  telling_->under_way = bool(begun);
  if (!begun) options_.log(true, fmt::format("telling of an alert: {}", begun.error().text));
}

void AlertWatch::told(Telling& telling) {
  telling.under_way = false;
  if (telling.watch != nullptr) {
    for (const std::string& text : telling.troubles)
      telling.watch->options_.log(true, fmt::format("telling of an alert: {}", text));
  }
  if (telling.ended) std::exchange(telling.ended, nullptr)();
}

}  // namespace ssblog
