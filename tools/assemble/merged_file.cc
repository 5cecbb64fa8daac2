// SPDX-License-Identifier: MIT
#include "assemble/merged_file.h"

#include "assemble/merged_state.h"
#include "assemble/sweep.h"
#include "feed/crypto.h"
#include "feed/json.h"
#include "store/files.h"
#include "store/output_place.h"
#include "store/timeline.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ssblog {
namespace {

constexpr std::uint64_t checkpoint_every = 1024 * 1024;       // bytes
constexpr std::uint64_t save_every = 256 * checkpoint_every;  // so that a kill costs little of a long run
constexpr std::uint64_t tail_size = 4096;

/// Just behind a position: no line lies between.
LinePosition behind(LinePosition position) {
  ++position.line;
  return position;
}

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
    const auto place = output_place(path_);
    if (!place) return place.error();
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | output_flags(*place);
    file_ = File(::open(place->c_str(), flags, 0666));  // as the umask says
    if (!file_) return output_error(path_, errno);
    const int locked = ::flock(file_.get(), LOCK_EX | LOCK_NB);
    const int lock_error = errno;
    // After the lock: the one who had it may have written.
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) return file_error("look at", path_, errno);
    if (!S_ISREG(status.st_mode)) {
      return Error{Code::cannot_create,
                   fmt::format("{} is no regular file; for a pipe, leave out -o and use `|` or `>`", path_)};
    }
    if (locked != 0 && lock_error != EWOULDBLOCK) return file_error("lock", path_, lock_error);
    if (locked != 0) {
      return Error{Code::busy, fmt::format("another ssblog assemble is writing {}", path_)};
    }
    length_ = static_cast<std::uint64_t>(status.st_size);
    found_stamp_ = stamp_of(status);
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
    for (const auto& [id, tip] : state->feeds) {
      const auto feed =
          std::find_if(feeds_.begin(), feeds_.end(), [&id = id](const FeedRow& row) { return row.id == id; });
      auto key = feed == feeds_.end() ? Result<std::optional<MessageKey>>(std::nullopt)
                                      : store_.key_of(*feed, tip.sequence);
      if (!key) return key.error();
      if (*key != tip.key)
        return fmt::format("messages of feed {} that it shows are not held any more", short_id(id));
    }
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
    LinePosition from = state_.end.next;
    Timeline timeline(store_);
    for (const FeedRow& feed : feeds_) {
      if (!feed.tip || !options_.selection.wants_feed(feed.id)) continue;
      const auto known = state_.feeds.find(feed.id);
      const Seq held = known == state_.feeds.end() ? 0 : known->second.sequence;
      if (feed.tip->sequence <= held) continue;
      has_news_ = true;
      const RowId first = RowId::of(feed.number, held + 1);
      const RowId last = RowId::of(feed.number, feed.tip->sequence);
      auto order = timeline.earliest(first, last);
      if (!order) return order.error();
      if (*order) from = std::min(from, LinePosition{**order, {}, 0, 0});
      auto grown = first_grown_line(timeline, feed, first, last);
      if (!grown) return grown.error();
      if (*grown) from = std::min(from, **grown);
    }
    return from;
  }

  /// The first line in the file that new messages go on with.
  static Result<std::optional<LinePosition>> first_grown_line(Timeline& timeline, const FeedRow& feed,
                                                              RowId first, RowId last) {
    std::optional<LinePosition> found;
    auto beginnings = timeline.grown_before(first, last);
    if (!beginnings) return beginnings.error();
    for (const RowId beginning : *beginnings) {
      auto order = timeline.time_of(beginning);
      if (!order) return order.error();
      // No later than its message's first line: a little more is written again than needed.
      const LinePosition position{*order, feed.id, 0, 0};
      if (!found || position < *found) found = position;
    }
    return found;
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
    const auto known = std::exchange(state_.feeds, {});
    for (const FeedRow& feed : feeds_) {
      if (feed.tip) state_.feeds[feed.id] = *feed.tip;
    }
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
      end = std::max(end, behind(line.position));
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
    if (::fdatasync(file_.get()) != 0) return file_error("write", path_, errno);
    auto tail = tail_hash(offset);
    if (!tail) return tail.error();
    state_.end = {offset, next};
    state_.tail = *tail;
    state_.stamp.clear();
    if (stage == Stage::done) {
      struct stat status {};
      if (::fstat(file_.get(), &status) != 0) return file_error("look at", path_, errno);
      state_.stamp = stamp_of(status);
    }
    return save_state(path_, state_);
  }

  Result<void> truncate(std::uint64_t length) {
    if (::ftruncate(file_.get(), static_cast<off_t>(length)) != 0) return file_error("cut", path_, errno);
    length_ = length;
    return {};
  }

  /// The hash of the last bytes before `end`, by which a changed file is noticed.
  Result<std::string> tail_hash(std::uint64_t end) const {
    const std::uint64_t begin = end > tail_size ? end - tail_size : 0;
    ByteBuf bytes(end - begin);
    auto got = read_at(file_, path_, bytes, static_cast<off_t>(begin));
    if (!got) return got.error();
    bytes.resize(*got);
    return to_hex(sha256(bytes));
  }

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
