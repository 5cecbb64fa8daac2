// SPDX-License-Identifier: MIT
#include "assemble/split/split_file.h"

#include "assemble/merged_output.h"
#include "assemble/split/folders.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::uint64_t checkpoint_every = 1024 * 1024;  // bytes

}  // namespace

Result<void> SplitFile::open(const FormatOptions& format, const LinePosition& changed) {
  if (auto made = make_folders_of(directory_, name_); !made) return made;
  batched_ = is_batched(format);
  auto writer = make_writer(format, [this](std::string_view text) { return append(text); });
  if (!writer) return writer.error();
  writer_ = std::move(*writer);
  auto output = open_output(path_);
  if (!output) return output.error();
  auto state = load_state(path_);
  if (!state && output->length > 0 && ::access(state_path(path_).c_str(), F_OK) != 0) {
    return Error{
        Code::cannot_create,
        fmt::format("{} is there, and ssblog did not write it; move it away, or choose other names", path_)};
  }
  bool is_right =
      state && state->store == store_ && state->selection == wanted_ && output->length >= state->end.offset;
  if (is_right) {
    auto tail = tail_hash(output->file, path_, state->end.offset);
    if (!tail) return tail.error();
    const bool touched =
        output->length == state->end.offset && !state->stamp.empty() && state->stamp != output->stamp;
    is_right = *tail == state->tail && !touched;
  }
  bool is_cut = !is_right;
  if (is_right) {
    state_ = std::move(*state);
    const std::uint64_t before = state_.end.offset;
    // A batch that was not full is written anew.
    if (changed < state_.end.next || batched_)
      state_.end = state_.cut_before(std::min(changed, state_.end.next));
    is_cut = state_.end.offset != before;
  } else {
    anew_ = output->length > 0 || state.has_value();
    state_ = MergedState{};
    state_.store = store_;
    state_.selection = wanted_;
  }
  from_ = state_.end.next;
  begin_ = length_ = state_.end.offset;
  checkpoint_due_ = state_.checkpoints.empty() ? 0 : state_.checkpoints.back().offset + checkpoint_every;
  batch_ = state_.end;
  if (is_cut) {
    // Before the file is cut, as ever.
    state_.stamp.clear();
    auto tail = tail_hash(output->file, path_, length_);
    if (!tail) return tail.error();
    state_.tail = *tail;
    if (auto saved = save_state(path_, state_); !saved) return saved;
  }
  return output->length > length_ ? cut_file(output->file, path_, length_) : Result<void>();
}

Result<void> SplitFile::append(std::string_view text) {
  auto output = open_output(path_);
  if (!output) return output.error();
  if (auto written = write_at(output->file, path_, as_bytes(text), static_cast<off_t>(length_)); !written)
    return written;
  length_ += text.size();
  return {};
}

Result<void> SplitFile::write(Sweep& sweep, const SweptLine& line) {
  const std::uint64_t at = begin_ + writer_->written();
  if (writer_->between_batches()) {
    batch_ = {at, line.position};
    if (at >= checkpoint_due_) {
      state_.add_checkpoint(batch_);
      checkpoint_due_ = at + checkpoint_every;
    }
  }
  if (auto written = writer_->write(sweep, line); !written) return written;
  state_.end.next = std::max(state_.end.next, just_behind(line.position));
  return {};
}

Result<void> SplitFile::finish() {
  if (batched_) {
    if (!writer_->between_batches()) {
      state_.add_checkpoint(batch_);
    } else {
      state_.add_checkpoint({begin_ + writer_->written(), state_.end.next});
    }
  }
  if (auto flushed = writer_->flush(); !flushed) return flushed;
  auto output = open_output(path_);
  if (!output) return output.error();
  auto stamp = settle_file(output->file, path_);
  if (!stamp) return stamp.error();
  auto tail = tail_hash(output->file, path_, length_);
  if (!tail) return tail.error();
  state_.end.offset = length_;
  state_.tail = *tail;
  state_.stamp = *stamp;
  if (auto saved = save_state(path_, state_); !saved) return saved;
  return sync_directory(directory_of(path_));
}

}  // namespace ssblog
