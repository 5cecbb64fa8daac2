// SPDX-License-Identifier: MIT
#include "assemble/merged_file.h"

#include "assemble/merged_output.h"
#include "assemble/merged_state.h"
#include "assemble/news.h"
#include "assemble/sweep.h"
#include "store/files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ssblog {
namespace {

constexpr std::uint64_t checkpoint_every = 1024 * 1024;       // bytes
constexpr std::uint64_t save_every = 256 * checkpoint_every;  // so that a kill costs little of a long run

enum class Stage { under_way, done };

class MergedFile {
 public:
  MergedFile(Store& store, std::string path, const MergeOptions& options)
      : store_(store), path_(std::move(path)), options_(options) {}

  Result<Merged> update() {
    if (auto opened = open(); !opened) return opened.error();
    auto snapshot = ReadTransaction::begin(store_.database());
    if (!snapshot) return snapshot.error();
    auto feeds = store_.feeds();
    if (!feeds) return feeds.error();
    feeds_ = std::move(*feeds);
    if (auto known = settle_state(); !known) return known.error();
    auto from = options_.append_only ? Result<LinePosition>(LinePosition{}) : where_to_begin();
    if (!from) return from.error();
    if (auto cut = cut_to(*from); !cut) return cut.error();
    if (auto written = write_from(*from); !written) return written.error();
    return merged_;
  }

 private:
  Result<void> open() {
    auto output = open_output(path_);
    if (!output) return output.error();
    file_ = std::move(output->file);
    length_ = output->length;
    found_stamp_ = output->stamp;
    return {};
  }

  /// All that the bytes of the file depend on, beside the messages.
  std::string what_is_wanted() const {
    std::string wanted = to_text(options_.selection);
    // The plain text form goes without saying: a file that an earlier version wrote is written on.
    if (const std::string format = to_text(options_.format); !format.empty()) wanted += " " + format;
    if (options_.append_only) wanted += " append-only";
    return wanted;
  }

  /// The state to go on from, or a new one and the reason why.
  Result<void> settle_state() {
    auto id = store_.id();
    if (!id) return id.error();
    const std::string store = to_hex(*id);
    const std::string selection = what_is_wanted();
    auto state = load_state(path_);
    if (!state && length_ > 0 && !options_.rebuild && ::access(state_path(path_).c_str(), F_OK) != 0) {
      return Error{Code::cannot_create,
                   fmt::format("{} is there, and ssblog did not write it; move it away, or overwrite it with "
                               "--rebuild",
                               path_)};
    }
    auto reason =
        options_.rebuild ? Result<std::string>("--rebuild was given") : why_rebuild(state, store, selection);
    if (!reason) return reason.error();
    if (reason->empty()) {
      state_ = std::move(*state);
      return rotated_ ? adopt() : Result<void>();
    }
    if (options_.append_only && length_ > 0 && !options_.rebuild) {
      return Error{Code::cannot_create,
                   fmt::format("{} cannot be gone on with ({}), and --append-only never changes what is "
                               "written; move it away, or make it anew with --rebuild",
                               path_, *reason)};
    }
    if (length_ > 0) merged_.rebuilt_because = *reason;
    state_ = MergedState{};
    state_.store = store;
    state_.selection = selection;
    auto tail = tail_hash(0);
    if (!tail) return tail.error();
    state_.tail = *tail;
    // Before the file is cut, as ever.
    if (auto saved = save_state(path_, state_); !saved) return saved;
    return truncate(0);
  }

  /// What stands in the file that took the place of ours stays; before we write, the state is of this file.
  Result<void> adopt() {
    auto tail = tail_hash(length_);
    if (!tail) return tail.error();
    state_.end.offset = length_;
    state_.tail = *tail;
    return save_state(path_, state_);
  }

  Result<std::string> why_rebuild(const std::optional<MergedState>& state, std::string_view store,
                                  std::string_view selection) {
    if (!state) return std::string("nothing is known of it");
    if (state->store != store) return std::string("it was made from another store");
    if (state->selection != selection) return std::string("it was made with other options");
    auto missing = feed_not_held(store_, feeds_, state->feeds);
    if (!missing) return missing.error();
    if (*missing)
      return fmt::format("messages of feed {} that it shows are not held any more", short_id(**missing));
    auto tail = length_ < state->end.offset ? Result<std::string>("") : tail_hash(state->end.offset);
    if (!tail) return tail.error();
    if (*tail != state->tail && options_.append_only) {
      rotated_ = true;  // another file took the place of ours: go on at its end
      return std::string();
    }
    if (length_ < state->end.offset) return std::string("it is shorter than ssblog left it");
    // A file with more behind, and a state without stamp, are of a run that was killed: their end must do.
    const bool touched = !options_.append_only && length_ == state->end.offset && !state->stamp.empty() &&
                         state->stamp != found_stamp_;
    if (*tail != state->tail || touched) return std::string("it is not as ssblog left it");
    // What stands behind was written by a run that did not end.
    if (length_ > state->end.offset) {
      if (auto cut = truncate(state->end.offset); !cut) return cut.error();
    }
    return std::string();
  }

  /// The first line that is not in the file, or should stand before one that is.
  Result<LinePosition> where_to_begin() {
    auto news = news_behind(store_, feeds_, state_.feeds, options_.selection, state_.end.next);
    if (!news) return news.error();
    has_news_ = news->any;
    return news->from;
  }

  /// Cuts the file back if lines have to go before its end. `from` becomes where to write on.
  Result<void> cut_to(LinePosition& from) {
    if (options_.append_only) return {};
    if (from >= state_.end.next && !(is_batched(options_.format) && has_news_)) {
      from = state_.end.next;
      return {};
    }
    from = std::min(from, state_.end.next);
    const bool is_late = from < state_.end.next;
    const Checkpoint cut = state_.cut_before(from);
    from = cut.next;
    if (cut.offset == state_.end.offset) return {};
    merged_.cut_back = is_late;
    state_.end = cut;
    state_.stamp.clear();
    auto tail = tail_hash(cut.offset);
    if (!tail) return tail.error();
    state_.tail = *tail;
    if (auto saved = save_state(path_, state_); !saved) return saved;
    return truncate(cut.offset);
  }

  Result<void> write_from(const LinePosition& from) {
    const std::uint64_t begin = state_.end.offset;
    if (::lseek(file_.get(), static_cast<off_t>(begin), SEEK_SET) < 0)
      return file_error("write", path_, errno);
    std::map<FeedId, Seq> shown;
    if (options_.append_only) {
      for (const auto& [id, tip] : state_.feeds) shown[id] = tip.sequence;
    }
    const auto known = std::exchange(state_.feeds, tips_of(feeds_));
    auto made =
        make_writer(options_.format, [this](std::string_view text) { return write_all(file_, path_, text); });
    if (!made) return made.error();
    LineWriter& writer = **made;
    auto sweep = Sweep::begin(store_, options_.selection, from, shown);
    if (!sweep) return sweep.error();
    std::uint64_t checkpoint_due =
        state_.checkpoints.empty() ? 0 : state_.checkpoints.back().offset + checkpoint_every;
    std::uint64_t save_due = begin + save_every;
    SweptLine line;
    LinePosition end = state_.end.next;
    Checkpoint batch = state_.end;  // where the last batch begins
    for (;;) {
      auto more = sweep->next(line);
      if (!more) return more.error();
      if (!*more) break;
      const std::uint64_t at = begin + writer.written();
      if (writer.between_batches()) batch = {at, line.position};
      if (!options_.append_only && at >= checkpoint_due && writer.between_batches()) {
        state_.add_checkpoint({at, line.position});
        checkpoint_due = at + checkpoint_every;
        if (at >= save_due) {
          if (auto saved = settle(writer, at, line.position, Stage::under_way); !saved) return saved;
          save_due = at + save_every;
        }
      }
      if (auto written = writer.write(*sweep, line); !written) return written;
      end = std::max(end, just_behind(line.position));
      ++merged_.lines;
    }
    if (merged_.lines == 0 && known == state_.feeds) {  // nothing is new
      merged_.bytes = begin;
      return {};
    }
    if (is_batched(options_.format) && !options_.append_only) {
      // A batch that is not full is written anew when there is more.
      if (!writer.between_batches()) {
        state_.add_checkpoint(batch);
      } else {
        state_.add_checkpoint({begin + writer.written(), end});
      }
    }
    if (auto flushed = writer.flush(); !flushed) return flushed;
    merged_.bytes = begin + writer.written();
    return settle(writer, merged_.bytes, end, Stage::done);
  }

  /// Makes the bytes durable, and then the state that tells of them.
  Result<void> settle(LineWriter& writer, std::uint64_t offset, const LinePosition& next, Stage stage) {
    if (auto flushed = writer.flush(); !flushed) return flushed;
    auto stamp = settle_file(file_, path_);
    if (!stamp) return stamp.error();
    auto tail = tail_hash(offset);
    if (!tail) return tail.error();
    state_.end = {offset, next};
    state_.tail = *tail;
    state_.stamp = stage == Stage::done ? *stamp : "";
    return save_state(path_, state_);
  }

  Result<void> truncate(std::uint64_t length) {
    if (auto cut = cut_file(file_, path_, length); !cut) return cut;
    length_ = length;
    return {};
  }

  Result<std::string> tail_hash(std::uint64_t end) const { return ssblog::tail_hash(file_, path_, end); }

  Store& store_;
  std::string path_;
  const MergeOptions& options_;
  File file_;
  std::uint64_t length_ = 0;
  std::string found_stamp_;
  bool rotated_ = false;
  bool has_news_ = false;
  std::vector<FeedRow> feeds_;
  MergedState state_;
  Merged merged_;
};

}  // namespace

Result<Merged> update_merged_file(Store& store, const std::string& path, const MergeOptions& options) {
  return MergedFile(store, path, options).update();
}

}  // namespace ssblog
