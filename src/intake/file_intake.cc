// SPDX-License-Identifier: MIT
#include "intake/file_intake.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto burst = 50ms;                  // what comes within it is one round
constexpr auto trouble_pause = 5s;            // before the store is asked again
constexpr std::size_t most_changes = 4096;    // beyond, everything is looked at
constexpr std::size_t most_rechecked = 2000;  // files of a turn
constexpr auto patrol_pause = 500ms;
constexpr auto longest_call = 5s;       // of a file system that is there; a disk may have to start up
constexpr auto longest_last_call = 1s;  // ... when the program is to end
constexpr auto mounts_pause = 10s;
constexpr std::size_t most_stuck = 16;  // workers; beyond, who is away is waited for

}  // namespace

FileIntake::FileIntake(Loop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      soon_(loop, [this] { run(); }),
      later_(loop, [this] { run(); }),
      scan_(loop,
            [this] {
              look_ = true;
              run();
            }),
      restat_(loop, [this] { restat(); }),
      patrol_(loop, [this] { patrol(); }),
      mounts_(loop, [this] { look_at_mounts(); }) {
  for (const Source& source : options_.collector.sources) {
    // What is wrong with one the collector says.
    if (auto rules = SourceRules::create(source, options_.collector.host))
      rules_.push_back(std::move(*rules));
  }
  auto ear = FolderEar::make(
      loop, [this](const std::string& folder, std::string_view name) { changed(folder, name); });
  if (ear) {
    ear_ = std::move(*ear);
  } else {
    options_.log(
        {true, fmt::format("{}; files are looked at every {} ms, and folders every {} s instead",
                           ear.error().text, options_.restat_interval.count(), options_.scan_interval / 1s)});
    told_blind_ = true;
  }
}

FileIntake::~FileIntake() { *here_ = false; }

void FileIntake::stop(std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  ear_.reset();
  soon_.stop();
  later_.stop();
  scan_.stop();
  restat_.stop();
  mounts_.stop();
  if (!busy_) end();
}

/// Files are closed by a worker: that is a call to their file system.
void FileIntake::end() {
  if (!collector_) return stopped_();
  Task task;
  task.end = true;
  begin(std::move(task));
}

void FileIntake::changed(const std::string& folder, std::string_view name) {
  if (look_) return;
  if (folder.empty() || changes_.size() >= most_changes) {
    changes_.clear();
    look_ = true;
  } else {
    changes_.insert({folder, std::string(name)});
  }
  if (!busy_ && !soon_.running()) soon_.start(burst);
}

void FileIntake::run() {
  if (busy_ || stopping_) return;
  Task task;
  for (const auto& [folder, name] : changes_) task.changes.push_back({folder, name});
  changes_.clear();
  task.look = std::exchange(look_, false);
  task.recheck = std::exchange(recheck_, false);
  if (task.recheck) {
    task.blind = blind_;
    task.blind.insert(silent_.begin(), silent_.end());
  }
  task.folders = std::exchange(to_watch_, {});
  task.resting = resting();
  begin(std::move(task));
}

void FileIntake::begin(Task task) {
  soon_.stop();
  later_.stop();
  if (!whereabouts_) whereabouts_ = std::make_shared<Whereabouts>();
  Options options = options_;
  options.collector.whereabouts = whereabouts_;
  struct Job {
    std::unique_ptr<Collector> collector;
    Options options;
    Task task;
    std::shared_ptr<const File> ear;
    std::optional<Answer> answer;
  };
  auto job = std::make_shared<Job>(Job{std::move(collector_), std::move(options), std::move(task),
                                       ear_ ? ear_->descriptor() : nullptr, std::nullopt});
  auto begun = loop_.run_apart(
      [job] { job->answer = work(std::move(job->collector), job->options, job->task, job->ear); },
      [this, here = here_, job, number = ++job_] {
        if (*here) ended(number, std::move(*job->answer));
      });
  if (!begun) {
    collector_ = std::move(job->collector);
    tell_trouble(begun.error());
    if (stopping_) return stopped_();
    look_ = true;
    to_watch_ = std::move(job->task.folders);
    soon_.start(trouble_pause);
    return;
  }
  busy_ = true;
  call_ = 0;
  patrol_.start(patrol_pause);
}

FileIntake::Answer FileIntake::work(std::unique_ptr<Collector> collector, const Options& options,
                                    const Task& task, const std::shared_ptr<const File>& ear) {
  if (task.end) {
    collector.reset();
    return {nullptr, CollectorReport(), {}, false};
  }
  Whereabouts& whereabouts = *options.collector.whereabouts;
  if (!collector) {
    auto opened = Collector::open(options.home, options.hmac, options.collector);
    if (!opened) return {nullptr, opened.error(), {}, false};
    collector = std::make_unique<Collector>(std::move(*opened));
  }
  collector->rest(task.resting);
  auto watched = ear ? watch_folders(ear->get(), task.folders, whereabouts) : std::vector<WatchedFolder>();
  CollectorReport report = task.look      ? collector->look()
                           : task.recheck ? collector->recheck(task.blind, most_rechecked, task.changes)
                                          : collector->round(task.changes);
  // The files that it has open are closed here: nobody else may wait for that.
  if (whereabouts.given_up()) collector.reset();
  return {std::move(collector), std::move(report), std::move(watched), task.look};
}

void FileIntake::ended(std::uint64_t job, Answer answer) {
  if (!busy_ || job != job_) {
    --stuck_;
    return answers(job);
  }
  busy_ = false;
  patrol_.stop();
  collector_ = std::move(answer.collector);
  if (!collector_) whereabouts_.reset();
  if (stopping_) return end();
  watched(answer.watched);
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
  if (report.folders) wanted_ = {report.folders->begin(), report.folders->end()};
  // Also one that was not there, or could not be watched a while ago.
  if (answer.looked) watch();
  if (!scan_.running()) scan_.start(options_.scan_interval);
  look_ = look_ || report.look_soon;
  if (report.more || !to_watch_.empty()) return run();
  if (!changes_.empty() || look_ || recheck_) {
    soon_.start(burst);
  } else if (report.next) {
    later_.start(std::max<std::chrono::milliseconds>(*report.next, burst));
  }
}

/// Watches the folders that are wanted and no others.
void FileIntake::watch() {
  if (ear_) ear_->keep(wanted_);
  std::erase_if(blind_, [this](const std::string& folder) { return !wanted_.contains(folder); });
  if (!ear_) blind_ = wanted_;
  to_watch_.clear();
  silent_.clear();
  const auto mounts = read_mounts();
  for (const std::string& folder : wanted_) {
    if (ear_ && !ear_->hears(folder)) to_watch_.push_back(folder);
    const Mount* mount = mounts ? mount_of(*mounts, folder) : nullptr;
    if (mount != nullptr && mount->is_remote()) silent_.insert(folder);
  }
  if (!(blind_.empty() && silent_.empty()) && !restat_.running()) restat_.start(options_.restat_interval);
}

/// A worker tried to watch these.
void FileIntake::watched(const std::vector<WatchedFolder>& folders) {
  std::size_t refused = 0;
  const Error* why = nullptr;
  for (const WatchedFolder& watched : folders) {
    if (!wanted_.contains(watched.folder)) continue;
    if (watched.number) {
      ear_->add(watched.folder, *watched.number);
      blind_.erase(watched.folder);
      // What happened between the look and the watch was told to nobody.
      changes_.insert({watched.folder, ""});
    } else if (blind_.insert(watched.folder).second && ++refused == 1) {
      why = &watched.number.error();
    }
  }
  if (refused > 0 && !std::exchange(told_blind_, true)) {
    options_.log({true, fmt::format("{}: of {} folders the files are looked at every {} ms, and new ones are "
                                    "found every {} s",
                                    why->text, refused, options_.restat_interval.count(),
                                    options_.scan_interval / 1s)});
  }
  if (blind_.empty()) told_blind_ = ear_ == nullptr;
  if (!blind_.empty() && !restat_.running()) restat_.start(options_.restat_interval);
}

void FileIntake::restat() {
  if (blind_.empty() && silent_.empty()) return;
  recheck_ = true;
  if (!busy_ && !soon_.running()) soon_.start(burst);
  restat_.start(options_.restat_interval);
}

void FileIntake::patrol() {
  const std::uint64_t call = whereabouts_->call();
  const auto longest = stopping_ ? longest_last_call : longest_call;
  if (call == 0 || call != call_) {
    call_ = call;
    call_since_ = loop_.now();
  } else if (loop_.now() - call_since_ >= longest && whereabouts_->give_up(call)) {
    return give_up();
  }
  patrol_.start(patrol_pause);
}

/// The worker is left where it is; its collector goes with it.
void FileIntake::give_up() {
  busy_ = false;
  ++stuck_;
  const std::string path = whereabouts_->path();
  whereabouts_.reset();
  if (stopping_) return stopped_();
  auto mounts = read_mounts();
  const Mount* mount = mounts ? mount_of(*mounts, path) : nullptr;
  Silence silence{path, mount != nullptr ? mount->line : "", sources_at(path, mount)};
  options_.log({true, fmt::format("source {}: {} has not answered for {} s; it is left alone until it does",
                                  fmt::join(silence.sources, ", "), path, longest_call / 1s)});
  silences_.emplace(job_, std::move(silence));
  if (!mounts_.running()) mounts_.start(mounts_pause);
  look_ = true;
  soon_.start(burst);
}

/// The names of the sources that would ask there again.
std::vector<std::string> FileIntake::sources_at(const std::string& path, const Mount* mount) const {
  const auto those = [this](auto&& is_there) {
    std::vector<std::string> names;
    const auto at_rest = resting();
    for (const auto& rules : rules_) {
      if (!at_rest.contains(rules->source().name) && is_there(*rules)) names.push_back(rules->source().name);
    }
    return names;
  };
  const auto reaches = [](const SourceRules& rules, const std::string& place) {
    return rules.matches(place) || rules.may_match_below(place);
  };
  auto names = those([&](const SourceRules& rules) {
    return reaches(rules, path) || (mount != nullptr && mount->is_remote() && reaches(rules, mount->point));
  });
  // What a rotation made lies beside the paths of a source.
  if (names.empty()) names = those([&](const SourceRules& rules) { return reaches(rules, folder_of(path)); });
  if (names.empty()) names = those([](const SourceRules&) { return true; });
  return names;
}

std::set<std::string> FileIntake::resting() const {
  std::set<std::string> names;
  for (const auto& [job, silence] : silences_) names.insert(silence.sources.begin(), silence.sources.end());
  return names;
}

/// The sources that rest for a job's sake are read again.
void FileIntake::answers(std::uint64_t job) {
  const auto at = silences_.find(job);
  if (at == silences_.end() || stopping_) return;
  options_.log({false, fmt::format("source {}: {} answers again", fmt::join(at->second.sources, ", "),
                                   at->second.path)});
  silences_.erase(at);
  look_ = true;
  if (!busy_) soon_.start(burst);
}

/// A file system that was mounted anew answers, though calls to the old one never come back.
void FileIntake::look_at_mounts() {
  if (silences_.empty()) return;
  mounts_.start(mounts_pause);
  auto mounts = stuck_ < most_stuck ? read_mounts() : Result<std::vector<Mount>>(Error());
  if (!mounts) return;
  std::vector<std::uint64_t> again;
  for (const auto& [job, silence] : silences_) {
    const Mount* mount = mount_of(*mounts, silence.path);
    if ((mount != nullptr ? mount->line : "") != silence.mount) again.push_back(job);
  }
  for (const std::uint64_t job : again) answers(job);
}

/// Once, until it changes.
void FileIntake::tell_trouble(const Error& error) {
  if (error.text == trouble_) return;
  trouble_ = error.text;
  options_.log({true, fmt::format("no file is read: {}", trouble_)});
}

}  // namespace ssblog
