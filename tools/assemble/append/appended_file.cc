// SPDX-License-Identifier: MIT
#include "assemble/append/appended_file.h"

#include "assemble/split/folders.h"

#include <fmt/format.h>
#include <unistd.h>

namespace ssblog {
namespace {

constexpr LinePosition beyond{max_time + 1, {}, 0, 0};

}  // namespace

Result<void> AppendedFile::open(const FeedTips& tips) {
  if (terms_.rotation.style == RotateStyle::s6) {
    if (auto made = make_folder(path_); !made) return made;
  }
  auto writer = make_writer(terms_.format, [this](std::string_view text) { return append(text); });
  if (!writer) return writer.error();
  writer_ = std::move(*writer);
  auto state = load_state(live_);
  // What another program put aside would be renamed, and be gone in the end.
  const std::string aside = first_put_aside(path_);
  if (!state && terms_.rotation.style == RotateStyle::numbered && ::access(aside.c_str(), F_OK) == 0) {
    return Error{
        Code::cannot_create,
        fmt::format("{} is there, and ssblog did not write it; move it away, or choose another name", aside)};
  }
  auto output = open_output(live_);
  if (!output) return output.error();
  const bool ours = state && state->store == terms_.store && state->selection == terms_.wanted;
  if (!ours && output->length > 0) {
    if (terms_.rotation.style != RotateStyle::s6) {
      return Error{
          Code::cannot_create,
          fmt::format("{} is there, and ssblog did not write it so; move it away, or choose another name",
                      live_)};
    }
    // Another program's `current`, of which nobody knows whether it is whole.
    if (auto moved = put_aside(path_, terms_.rotation, terms_.now, Whole::no); !moved) return moved;
    output = open_output(live_);
    if (!output) return output.error();
  }
  if (ours) {
    state_ = std::move(*state);
    auto tail = output->length < state_.end.offset ? Result<std::string>("")
                                                   : tail_hash(output->file, live_, state_.end.offset);
    if (!tail) return tail.error();
    if (*tail != state_.tail) {
      state_.end.offset = output->length;  // another file took the place of ours: go on at its end
    } else if (output->length > state_.end.offset) {
      // Written by a run that did not end.
      if (auto cut = cut_file(output->file, live_, state_.end.offset); !cut) return cut;
    }
  } else {
    state_ = MergedState{};
    state_.store = terms_.store;
    state_.selection = terms_.wanted;
  }
  if (terms_.rotation.style == RotateStyle::s6) {
    if (auto marked = mark_whole(live_, Whole::no); !marked) return marked;  // from here on
  }
  length_ = state_.end.offset;
  if (length_ == 0) state_.begun = terms_.now;
  from_ = ours && state_.feeds == tips ? state_.end.next : LinePosition{};
  state_.feeds = tips;
  auto tail = tail_hash(output->file, live_, length_);
  if (!tail) return tail.error();
  state_.tail = *tail;
  state_.end.next = from_;
  return save_state(live_, state_);
}

Result<void> AppendedFile::append(std::string_view text) {
  auto output = open_output(live_);
  if (!output) return output.error();
  length_ = output->length;  // another one moved or cut it meanwhile: no hole
  if (auto written = write_at(output->file, live_, as_bytes(text), static_cast<off_t>(length_)); !written)
    return written;
  length_ += text.size();
  return {};
}

bool AppendedFile::is_due() const {
  const std::uint64_t length = length_ + writer_->waiting();
  const Rotation& rotation = terms_.rotation;
  if (rotation.style == RotateStyle::none || length == 0) return false;
  return (rotation.size > 0 && length >= rotation.size) ||
         (rotation.daily && state_.begun < terms_.day_begin);
}

Result<void> AppendedFile::write(Sweep& sweep, const SweptLine& line) {
  if (line.position < from_) return {};
  if (is_due()) {
    if (auto rotated = rotate(line.position); !rotated) return rotated;
  }
  return writer_->write(sweep, line);
}

/// Makes the bytes durable, and then the state: of the pass, the lines before `next` are there.
Result<void> AppendedFile::settle(const LinePosition& next) {
  if (auto flushed = writer_->flush(); !flushed) return flushed;
  auto output = open_output(live_);
  if (!output) return output.error();
  if (auto settled = settle_file(output->file, live_); !settled) return settled.error();
  auto tail = tail_hash(output->file, live_, length_);
  if (!tail) return tail.error();
  state_.end = {length_, next};
  state_.tail = *tail;
  return save_state(live_, state_);
}

Result<void> AppendedFile::rotate(const LinePosition& next) {
  if (auto settled = settle(next); !settled) return settled;
  if (auto moved = put_aside(path_, terms_.rotation, terms_.now); !moved) return moved;
  // Killed here, the next run finds an empty file with another end than the state says, and goes on in it.
  length_ = 0;
  state_.begun = terms_.now;
  return settle(next);
}

Result<void> AppendedFile::finish() {
  if (auto settled = settle(beyond); !settled) return settled;
  return terms_.rotation.style == RotateStyle::s6 ? mark_whole(live_, Whole::yes) : Result<void>();
}

}  // namespace ssblog
