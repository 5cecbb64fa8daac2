// SPDX-License-Identifier: MIT
#include "assemble/split/split_files.h"

#include "assemble/news.h"
#include "assemble/split/file_names.h"
#include "assemble/split/folders.h"
#include "assemble/split/line_names.h"
#include "assemble/split/spill.h"
#include "assemble/split/split_file.h"
#include "assemble/split/split_state.h"
#include "assemble/sweep.h"
#include "feed/json.h"
#include "store/files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

namespace ssblog {
namespace {

constexpr LinePosition beyond{max_time + 1, {}, 0, 0};

class SplitFiles {
 public:
  SplitFiles(Store& store, std::string directory, const SplitOptions& options)
      : store_(store), directory_(std::move(directory)), place_(directory_ + "/.ssblog"), options_(options) {}

  Result<Split> update() {
    auto clock = ClockText::make({options_.zone, ""});
    if (!clock) return clock.error();
    clock_ = std::move(*clock);
    auto lock = lock_output_directory(directory_);
    if (!lock) return lock.error();
    auto snapshot = ReadTransaction::begin(store_.database());
    if (!snapshot) return snapshot.error();
    auto feeds = store_.feeds();
    if (!feeds) return feeds.error();
    if (auto settled = settle_state(*feeds); !settled) return settled.error();
    auto news = news_behind(store_, *feeds, state_.feeds, options_.selection, beyond);
    if (!news) return news.error();
    if (auto found = find_changed(*news); !found) return found.error();
    if (news->any || !changed_.empty()) {
      if (auto written = write_files(); !written) return written.error();
      state_.feeds = tips_of(*feeds);
      if (auto saved = save_split_state(place_, state_); !saved) return saved.error();
    }
    return split_;
  }

 private:
  /// The state to go on from, or a new one in a directory without files of ours.
  Result<void> settle_state(const std::vector<FeedRow>& feeds) {
    auto id = store_.id();
    if (!id) return id.error();
    auto names = FileNames::load(place_);
    if (!names) return names.error();
    names_.emplace(std::move(*names));
    const std::string store = to_hex(*id), wanted = what_is_wanted();
    const auto state = load_split_state(place_);
    auto reason = options_.rebuild ? Result<std::string>("--rebuild was given")
                                   : why_not_gone_on(store_, feeds, state, store, wanted);
    if (!reason) return reason.error();
    if (reason->empty()) {
      state_ = *state;
      return {};
    }
    if (!names_->empty()) {
      split_.rebuilt_because = *reason;
      if (auto removed = remove_files(); !removed) return removed;
    }
    state_.store = store;
    state_.wanted = wanted;
    return {};
  }

  std::string what_is_wanted() const {
    return fmt::format("{} {} name {} days {}", to_text(options_.selection), to_text(options_.format),
                       json_string(options_.name.text()), json_string(options_.zone));
  }

  /// Those that we made, and no other: the state goes last, so that what is left after a kill is still known as ours.
  Result<void> remove_files() {
    for (const auto& [name, feed] : names_->all()) {
      if (auto removed = remove_file(name); !removed) return removed;
    }
    return names_->clear();
  }

  Result<void> remove_file(const std::string& name) {
    const std::string path = directory_ + "/" + name;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
    if (::access(state_path(path).c_str(), F_OK) != 0) return {};
    if (::unlink(path.c_str()) != 0) return file_error("remove", path, errno);
    ::unlink(state_path(path).c_str());
    remove_empty_folders_of(directory_, name);
    return {};
  }

  /// The files with new or longer lines, and those that are not there any more, with the first such line of each.
  Result<void> find_changed(const News& news) {
    for (const auto& [name, feed] : names_->all()) {
      const std::string path = directory_ + "/" + name;
      if (::access(path.c_str(), F_OK) != 0) changed_[name] = LinePosition{};
    }
    // A directory without state: all is new, and found on the way.
    all_is_new_ = state_.feeds.empty();
    if (all_is_new_ || !news.any) return {};
    auto sweep = Sweep::begin(store_, options_.selection, news.from);
    if (!sweep) return sweep.error();
    SweptLine line;
    for (;;) {
      auto more = sweep->next(line);
      if (!more) return more.error();
      if (!*more) break;
      const SweptMessage& message = *line.message;
      const auto known = state_.feeds.find(message.feed);
      const bool is_new = known == state_.feeds.end() || message.row.sequence() > known->second.sequence;
      if (!is_new && !news.grown.contains(message.row)) continue;
      const std::string& name = line_names_.of(line);
      if (names_->admit(name, message.feed, options_.limits)) {
        changed_.try_emplace(name, line.position);
      } else {
        ++split_.left_out;
      }
    }
    return find_no_longer_wanted(news);
  }

  /// A line that grew may have got a word that makes it unwanted: no sweep over wanted lines tells whose file it is in.
  Result<void> find_no_longer_wanted(const News& news) {
    if (news.grown.empty() || !options_.selection.looks_at_lines()) return {};
    Selection whatever_it_says = options_.selection;
    whatever_it_says.levels.reset();
    whatever_it_says.texts.clear();
    auto grown = std::make_shared<PickedRows>();
    grown->all_times = true;
    Timeline timeline(store_);
    for (const RowId row : news.grown) {
      auto time = timeline.time_of(row);
      if (!time) return time.error();
      grown->rows.push_back({*time, row});
      grown->by_row.push_back(row);
    }
    std::sort(grown->rows.begin(), grown->rows.end(), [](const TimedRow& a, const TimedRow& b) {
      return std::tie(a.first, a.row.value) < std::tie(b.first, b.row.value);
    });
    auto sweep = Sweep::begin(store_, std::move(whatever_it_says), news.from, {}, std::move(grown));
    if (!sweep) return sweep.error();
    SweptLine line;
    for (;;) {
      auto more = sweep->next(line);
      if (!more) return more.error();
      if (!*more) return {};
      const std::string& name = line_names_.of(line);
      if (!names_->contains(name)) continue;
      LinePosition& from = changed_.try_emplace(name, line.position).first->second;
      from = std::min(from, line.position);
    }
  }

  Result<void> write_files() {
    LinePosition from = all_is_new_ ? LinePosition{} : beyond;
    if (auto saved = names_->save_new(); !saved) return saved;
    for (const auto& [name, position] : changed_) {
      auto file = open_file(name, position);
      if (!file) return file.error();
      from = std::min(from, (*file)->from());
    }
    auto sweep = Sweep::begin(store_, options_.selection, from);
    if (!sweep) return sweep.error();
    SweptLine line;
    for (SpillWatch watch;;) {
      auto more = sweep->next(line);
      if (!more) return more.error();
      if (!*more) break;
      auto file = file_of(line);
      if (!file) return file.error();
      if (*file == nullptr || line.position < (*file)->from()) continue;
      if (auto written = (*file)->write(*sweep, line); !written) return written;
      ++split_.lines;
      if (auto kept_small = watch.written(line.bytes.size(), files_); !kept_small) return kept_small;
    }
    if (auto spilled = spill_all(files_); !spilled) return spilled;
    for (auto& [name, file] : files_) {
      if (auto finished = file->finish(); !finished) return finished;
    }
    split_.files = files_.size();
    return remove_empty_files();
  }

  /// Those that have lost their last line: in a directory that is made anew they would not be.
  Result<void> remove_empty_files() {
    std::set<std::string> empty;
    for (const auto& [name, file] : files_) {
      if (!file->is_empty()) continue;
      if (auto removed = remove_file(name); !removed) return removed;
      empty.insert(name);
    }
    return empty.empty() ? Result<void>() : names_->remove(empty);
  }

  /// The file that is being written, if this line's file is.
  Result<SplitFile*> file_of(const SweptLine& line) {
    const std::string& name = line_names_.of(line);
    if (name == last_name_ && last_file_ != nullptr) return last_file_;
    auto found = files_.find(name);
    if (found == files_.end()) {
      if (!all_is_new_) return static_cast<SplitFile*>(nullptr);
      if (!names_->admit(name, line.message->feed, options_.limits)) {
        ++split_.left_out;
        return static_cast<SplitFile*>(nullptr);
      }
      if (auto saved = names_->save_new(); !saved) return saved.error();
      auto file = open_file(name, {});
      if (!file) return file.error();
      found = files_.find(name);
    }
    last_name_ = name;
    last_file_ = found->second.get();
    return last_file_;
  }

  Result<SplitFile*> open_file(const std::string& name, const LinePosition& changed) {
    auto file = std::make_unique<SplitFile>(directory_, name, state_.store, state_.wanted);
    if (auto opened = file->open(options_.format, changed); !opened) return opened.error();
    return files_.emplace(name, std::move(file)).first->second.get();
  }

  Store& store_;
  std::string directory_, place_;
  const SplitOptions& options_;
  ClockText clock_;
  SplitState state_;
  std::optional<FileNames> names_;               ///< of the files that we made
  std::map<std::string, LinePosition> changed_;  ///< and from where on
  bool all_is_new_ = false;
  std::unordered_map<std::string, std::unique_ptr<SplitFile>> files_;  ///< under way
  LineNames line_names_{options_.name, clock_};
  std::string last_name_;
  SplitFile* last_file_ = nullptr;
  Split split_;
};

}  // namespace

Result<Split> update_split_files(Store& store, const std::string& directory, const SplitOptions& options) {
  return SplitFiles(store, directory, options).update();
}

}  // namespace ssblog
