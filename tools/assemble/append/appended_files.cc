// SPDX-License-Identifier: MIT
#include "assemble/append/appended_files.h"

#include "assemble/append/appended_file.h"
#include "assemble/split/file_names.h"
#include "assemble/split/folders.h"
#include "assemble/split/line_names.h"
#include "assemble/split/spill.h"
#include "assemble/split/split_state.h"
#include "feed/json.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <unordered_map>

namespace ssblog {
namespace {

std::map<FeedId, Seq> sequences_of(const FeedTips& tips) {
  std::map<FeedId, Seq> sequences;
  for (const auto& [id, tip] : tips) sequences[id] = tip.sequence;
  return sequences;
}

class AppendedFiles {
 public:
  AppendedFiles(Store& store, std::string directory, const AppendOptions& options)
      : store_(store),
        directory_(std::move(directory)),
        place_(directory_ + (options.file.empty() ? "/.ssblog" : "/." + options.file + ".ssblog")),
        options_(options) {}

  Result<Appended> update() {
    // A feed chooses its jobs: `{job}` of "a.1" would be the first file that is put aside of "a".
    if (options_.file.empty() && options_.rotation.style == RotateStyle::numbered &&
        !options_.name.has_suffix()) {
      return Error{
          Code::usage,
          fmt::format("--name \"{}\" must end in text that is no digit, such as .log: files that are "
                      "rotated get a number behind it",
                      options_.name.text())};
    }
    auto clock = ClockText::make({options_.zone, ""});
    if (!clock) return clock.error();
    clock_ = std::move(*clock);
    terms_.format = options_.format;
    terms_.rotation = options_.rotation;
    terms_.now = options_.now;
    terms_.day_begin = clock_.day_of(options_.now).begin;
    auto lock = options_.file.empty() ? lock_output_directory(directory_) : lock_output_by(place_ + "-lock");
    if (!lock) return lock.error();
    auto snapshot = ReadTransaction::begin(store_.database());
    if (!snapshot) return snapshot.error();
    auto feeds = store_.feeds();
    if (!feeds) return feeds.error();
    if (auto settled = settle_state(*feeds); !settled) return settled.error();
    // A pass that did not end comes first.
    if (state_.pass) {
      if (auto passed = pass(); !passed) return passed.error();
    }
    if (auto tips = tips_of(*feeds); tips != state_.feeds) {
      state_.pass = std::move(tips);
      if (auto saved = save_split_state(place_, state_); !saved) return saved.error();
      if (auto passed = pass(); !passed) return passed.error();
    }
    return appended_;
  }

 private:
  Result<void> settle_state(const std::vector<FeedRow>& feeds) {
    auto id = store_.id();
    if (!id) return id.error();
    auto names = FileNames::load(place_);
    if (!names) return names.error();
    names_.emplace(std::move(*names));
    terms_.store = to_hex(*id);
    terms_.wanted = fmt::format("{} {} name {} days {} {}", to_text(options_.selection),
                                to_text(options_.format), json_string(options_.name.text()),
                                json_string(options_.zone), to_text(options_.rotation));
    auto state = load_split_state(place_);
    // A directory without files of ours is begun, whatever is known of it.
    auto reason = state || !names_->empty()
                      ? why_not_gone_on(store_, feeds, state, terms_.store, terms_.wanted)
                      : Result<std::string>(std::string());
    if (!reason) return reason.error();
    const bool is_of_other_options = state && state->store == terms_.store && state->wanted != terms_.wanted;
    if (is_of_other_options && (options_.selection.since || options_.selection.until))
      *reason += "; a relative time, as since:-1h or -S -1h, is another one each time";
    if (!reason->empty()) {
      return Error{
          Code::cannot_create,
          fmt::format("the files in {} cannot be gone on with ({}), and what is written never changes; move "
                      "them away, or choose another directory",
                      directory_, *reason)};
    }
    if (state) state_ = std::move(*state);
    state_.store = terms_.store;
    state_.wanted = terms_.wanted;
    return {};
  }

  /// Adds the lines of the messages behind `feeds`, up to `pass`.
  Result<void> pass() {
    files_.clear();
    last_file_ = nullptr;
    auto sweep = Sweep::begin(store_, options_.selection, LinePosition{}, sequences_of(state_.feeds), nullptr,
                              sequences_of(*state_.pass));
    if (!sweep) return sweep.error();
    SweptLine line;
    for (SpillWatch watch;;) {
      auto more = sweep->next(line);
      if (!more) return more.error();
      if (!*more) break;
      auto file = file_of(line);
      if (!file) return file.error();
      if (*file == nullptr) {
        ++appended_.left_out;
        continue;
      }
      if (auto written = (*file)->write(*sweep, line); !written) return written;
      ++appended_.lines;
      if (auto kept_small = watch.written(line.bytes.size(), files_); !kept_small) return kept_small;
    }
    if (auto spilled = spill_all(files_); !spilled) return spilled;
    for (auto& [name, file] : files_) {
      if (auto finished = file->finish(); !finished) return finished;
    }
    state_.feeds = std::move(*state_.pass);
    state_.pass.reset();
    return save_split_state(place_, state_);
  }

  Result<AppendedFile*> file_of(const SweptLine& line) {
    const std::string& name = options_.file.empty() ? line_names_.of(line) : options_.file;
    if (name == last_name_ && last_file_ != nullptr) return last_file_;
    auto found = files_.find(name);
    if (found == files_.end()) {
      if (!names_->admit(name, line.message->feed, options_.limits))
        return static_cast<AppendedFile*>(nullptr);
      if (auto saved = names_->save_new(); !saved) return saved.error();
      if (auto made = make_folders_of(directory_, name); !made) return made.error();
      auto file = std::make_unique<AppendedFile>(directory_ + "/" + name, terms_);
      if (auto opened = file->open(*state_.pass); !opened) return opened.error();
      found = files_.emplace(name, std::move(file)).first;
    }
    last_name_ = name;
    return last_file_ = found->second.get();
  }

  Store& store_;
  std::string directory_, place_;
  const AppendOptions& options_;
  AppendTerms terms_;
  ClockText clock_;
  SplitState state_;
  std::optional<FileNames> names_;
  std::unordered_map<std::string, std::unique_ptr<AppendedFile>> files_;  ///< of the pass
  LineNames line_names_{options_.name, clock_};
  std::string last_name_;
  AppendedFile* last_file_ = nullptr;
  Appended appended_;
};

}  // namespace

Result<Appended> append_to_files(Store& store, const std::string& directory, const AppendOptions& options) {
  return AppendedFiles(store, directory, options).update();
}

}  // namespace ssblog
