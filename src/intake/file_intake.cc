// SPDX-License-Identifier: MIT
#include "intake/file_intake.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto burst = 50ms;                // what comes within it is one round
constexpr auto trouble_pause = 5s;          // before the store is asked again
constexpr std::size_t most_changes = 4096;  // beyond, everything is looked at

}  // namespace

FileIntake::FileIntake(Loop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      soon_(loop, [this] { run(); }),
      scan_(loop,
            [this] {
              look_ = true;
              run();
            }),
      restat_(loop, [this] { restat(); }) {}

void FileIntake::stop(std::function<void()> stopped) {
  stopping_ = true;
  watches_.clear();
  soon_.stop();
  scan_.stop();
  restat_.stop();
  if (!busy_) return stopped();
  stopped_ = std::move(stopped);
}

void FileIntake::changed(const std::string& folder, std::string_view name) {
  if (look_) return;
  if (changes_.size() >= most_changes) {
    changes_.clear();
    look_ = true;
  } else {
    changes_.insert({folder, std::string(name)});
  }
  if (!busy_ && !soon_.running()) soon_.start(burst);
}

void FileIntake::run() {
  if (busy_ || stopping_) return;
  busy_ = true;
  soon_.stop();
  std::vector<FileChange> changes;
  for (const auto& [folder, name] : changes_) changes.push_back({folder, name});
  changes_.clear();
  ticket_ = run_on_worker(
      loop_,
      [collector = std::make_shared<std::unique_ptr<Collector>>(std::move(collector_)), options = options_,
       look = std::exchange(look_, false),
       changes = std::move(changes)] { return work(std::move(*collector), options, look, changes); },
      [this](Answer answer) { ended(std::move(answer)); });
}

FileIntake::Answer FileIntake::work(std::unique_ptr<Collector> collector, const Options& options, bool look,
                                    const std::vector<FileChange>& changes) {
  if (!collector) {
    auto opened = Collector::open(options.home, options.hmac, options.collector);
    if (!opened) return {nullptr, opened.error()};
    collector = std::make_unique<Collector>(std::move(*opened));
  }
  CollectorReport report = look ? collector->look() : collector->round(changes);
  return {std::move(collector), std::move(report)};
}

void FileIntake::ended(Answer answer) {
  busy_ = false;
  collector_ = std::move(answer.collector);
  if (stopping_) {
    collector_.reset();
    return stopped_();
  }
  if (!answer.report) {
    tell_trouble(answer.report.error());
    look_ = true;
    soon_.start(trouble_pause);
    return;
  }
  trouble_.clear();
  const CollectorReport& report = *answer.report;
  for (const CollectorTalk& talk : report.talk) options_.log(talk);
  if (report.published) options_.published();
  if (report.folders) watch(*report.folders);
  if (!scan_.running()) scan_.start(options_.scan_interval);
  look_ = look_ || report.look_soon;
  if (report.more) return run();
  if (!changes_.empty() || look_) {
    soon_.start(burst);
  } else if (report.next) {
    soon_.start(std::max<std::chrono::milliseconds>(*report.next, burst));
  }
}

/// Watches these folders and no others.
void FileIntake::watch(const std::vector<std::string>& folders) {
  const std::set<std::string> wanted(folders.begin(), folders.end());
  std::erase_if(watches_, [&](const auto& watch) { return !wanted.contains(watch.first); });
  std::erase_if(blind_, [&](const std::string& folder) { return !wanted.contains(folder); });
  for (const std::string& folder : wanted) {
    if (watches_.contains(folder)) continue;
    auto started =
        FolderWatch::start(loop_, folder, [this, folder](std::string_view name) { changed(folder, name); });
    if (started) {
      watches_.emplace(folder, std::move(*started));
      blind_.erase(folder);
      // What happened between the look and the watch was told to nobody.
      changes_.insert({folder, ""});
    } else if (blind_.insert(folder).second) {
      options_.log({true, fmt::format("{}: it is looked at every {} ms instead", started.error().text,
                                      options_.restat_interval.count())});
    }
  }
  if (!blind_.empty() && !restat_.running()) restat_.start(options_.restat_interval);
}

/// One folder a tick, in turn.
void FileIntake::restat() {
  if (blind_.empty()) return;
  auto at = blind_.upper_bound(next_blind_);
  if (at == blind_.end()) at = blind_.begin();
  next_blind_ = *at;
  changed(next_blind_, "");
  restat_.start(options_.restat_interval);
}

/// Once, until it changes.
void FileIntake::tell_trouble(const Error& error) {
  if (error.text == trouble_) return;
  trouble_ = error.text;
  options_.log({true, fmt::format("no file is read: {}", trouble_)});
}

}  // namespace ssblog
