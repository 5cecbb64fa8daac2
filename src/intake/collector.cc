// SPDX-License-Identifier: MIT
#include "intake/collector_state.h"
#include "intake/watched_files.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::size_t most_open = 1000;
constexpr std::size_t most_troubles = 10'000;  // that are remembered as told

Millis system_clock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}
std::chrono::milliseconds steady_clock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

std::size_t open_files_allowed() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return most_open;
  return std::clamp<std::size_t>(limit.rlim_cur / 2, 8, most_open);
}

/// Our own stdout and stderr, if they are files: whatever is told would come back.
std::vector<FileId> own_outputs() {
  std::vector<FileId> ids;
  const auto files = real_file_system("");
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    auto file = files->open(fmt::format("/proc/self/fd/{}", descriptor), true);
    if (!file) continue;
    auto facts = (*file)->facts();
    if (facts && facts->kind == FileKind::regular) ids.push_back(facts->id);
  }
  return ids;
}

std::string_view name_of(Stage stage) {
  switch (stage) {
    case Stage::live:
      return "live";
    case Stage::rotated:
      return "rotated";
    case Stage::finished:
      return "finished";
  }
  return "";
}

}  // namespace

Collector::State::State(Parts given, CollectorOptions chosen)
    : parts(std::move(given)), options(std::move(chosen)) {
  if (!options.clock) options.clock = system_clock;
  if (!options.steady) options.steady = steady_clock;
  if (options.open_files == 0) options.open_files = open_files_allowed();
}

void Collector::State::tell(std::string text, bool is_trouble) {
  report.talk.push_back({is_trouble, std::move(text)});
}

void Collector::State::trouble(const std::string& what, const std::string& text) {
  const auto at = troubles.find(what);
  if (at != troubles.end() && at->second == text) return;
  if (troubles.size() >= most_troubles) troubles.clear();
  troubles[what] = text;
  tell(text);
}

void Collector::State::no_trouble(const std::string& what) { troubles.erase(what); }

void Collector::State::unread(const std::string& what, const std::string& path, const SourceRules& rules,
                              const Error& why) {
  trouble(what, fmt::format("source {}: {}", rules.source().name, why.text));
  if (why.code != Code::no_input) left_out.insert(path);
}

CollectorReport Collector::State::end_report() {
  report.held = held;
  // What only waits for another file is no work.
  const bool work =
      std::any_of(queue.begin(), queue.end(), [this](const Tail* tail) { return !waits_for_older(*tail); });
  report.more = report.more || (work && !held && !store_retry);
  report.next = next_wake();
  if (folders != told_folders) {
    told_folders = folders;
    report.folders = std::vector<std::string>(folders.begin(), folders.end());
  }
  for (const auto& tail : known.all()) {
    const std::uint64_t read = tail->kept.next_byte();
    if (tail->rules == nullptr || tail->is_over()) continue;
    if (tail->now.packed) {
      report.behind += tail->was_at_end ? 0 : 1;
    } else if (tail->seen.size > read) {
      report.behind += tail->seen.size - read;
    }
  }
  return std::move(report);
}

Collector::Collector(std::unique_ptr<State> state) : state_(std::move(state)) {}
Collector::Collector(Collector&&) noexcept = default;
Collector& Collector::operator=(Collector&&) noexcept = default;
Collector::~Collector() = default;

Result<Collector> Collector::open(Parts parts, CollectorOptions options) {
  auto state = std::make_unique<State>(std::move(parts), std::move(options));
  for (const Source& source : state->options.sources) {
    auto rules = SourceRules::create(source, state->options.host);
    if (!rules)
      return Error{rules.error().code, fmt::format("source {}: {}", source.name, rules.error().text)};
    state->sources.push_back(std::move(*rules));
  }
  return Collector(std::move(state));
}

Result<Collector> Collector::open(const Home& home, const std::optional<SigningKey>& hmac,
                                  CollectorOptions options) {
  auto keys = load_keys(home);
  if (!keys) return keys.error();
  auto store = open_own_store(home);
  if (!store) return store.error();
  if (auto set = store->wait_at_most(options.patience); !set) return set.error();
  auto guard = guard_of(*store, home, keys->id());
  if (!guard) return guard.error();
  auto files = real_file_system(options.root);
  if (options.whereabouts) files = watched_files(std::move(files), options.whereabouts);
  auto own = std::make_unique<State::Own>(
      State::Own{std::move(files), std::move(*keys), hmac, std::move(*store), nullptr});
  own->publisher = std::make_unique<Publisher>(own->store, own->keys, own->hmac ? &*own->hmac : nullptr,
                                               std::move(*guard));
  // The home is where it is, whatever root the sources have.
  Parts parts{*own->files,    own->store,    *own->publisher,
              own->keys.id(), own_outputs(), real_file_system("")->canonical(home.directory)};
  auto collector = open(std::move(parts), std::move(options));
  if (collector) collector->state_->own = std::move(own);
  return collector;
}

CollectorReport Collector::look() {
  state_->begin_report();
  state_->look();
  return state_->end_report();
}

void Collector::rest(std::set<std::string> sources) {
  if (state_->resting == sources) return;
  state_->resting = std::move(sources);
  if (state_->loaded) state_->reload();
}

CollectorReport Collector::round(std::span<const FileChange> changes) {
  state_->begin_report();
  if (!state_->loaded) {
    state_->report.look_soon = true;
    return state_->end_report();
  }
  for (const FileChange& change : changes) state_->notice(change);
  state_->round();
  return state_->end_report();
}

CollectorReport Collector::recheck(const std::set<std::string>& folders, std::size_t most,
                                   std::span<const FileChange> changes) {
  state_->begin_report();
  if (!state_->loaded) {
    state_->report.look_soon = true;
    return state_->end_report();
  }
  for (const FileChange& change : changes) state_->notice(change);
  state_->recheck(folders, most);
  state_->round();
  return state_->end_report();
}

std::vector<std::string> Collector::left_out() const {
  return {state_->left_out.begin(), state_->left_out.end()};
}

std::vector<FileStatus> Collector::files() const {
  std::vector<FileStatus> files;
  for (const auto& tail : state_->known.all()) {
    const Position& position = tail->now;
    files.push_back({position.source, position.stream, position.run, position.path, position.where(),
                     position.packed ? 0 : std::max(tail->seen.size, position.next_byte()),
                     tail->kept.next_byte(), name_of(position.stage), tail->trouble});
  }
  std::sort(files.begin(), files.end(), [](const FileStatus& a, const FileStatus& b) {
    return std::tie(a.path, a.place, a.run) < std::tie(b.path, b.place, b.run);
  });
  return files;
}

}  // namespace ssblog
