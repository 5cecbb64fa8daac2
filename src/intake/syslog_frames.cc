// SPDX-License-Identifier: MIT
#include "intake/syslog_frames.h"

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void SyslogFrames::feed(ByteView bytes) {
  bytes_.erase(0, at_);
  at_ = 0;
  bytes_.append(as_text(bytes));
}

/// Decides how the message at the front ends. False: more bytes are needed for that.
bool SyslogFrames::begin() {
  const std::string_view rest = std::string_view(bytes_).substr(at_);
  if (rest.empty()) return false;
  // A count has no leading zero, and a message that begins with a number is a rare one.
  std::size_t digits = 0;
  if (rest[0] != '0') {
    while (digits < rest.size() && digits < most_digits && is_digit(rest[digits])) ++digits;
  }
  if (digits > 0 && digits == rest.size()) return false;
  if (digits > 0 && digits < rest.size() && rest[digits] == ' ') {
    left_ = 0;
    for (std::size_t i = 0; i < digits; ++i) left_ = left_ * 10 + static_cast<std::size_t>(rest[i] - '0');
    at_ += digits + 1;
    state_ = State::counted;
  } else {
    state_ = State::line;
  }
  return true;
}

void SyslogFrames::keep(std::string_view part) {
  const std::size_t room = longest_ - held_.size();
  held_.append(part.substr(0, room));
  if (part.size() > room) cut_ += part.size() - room;
}

std::optional<SyslogFrame> SyslogFrames::whole() {
  state_ = State::start;
  given_ = std::exchange(held_, {});
  return SyslogFrame{given_, std::exchange(cut_, 0)};
}

std::optional<SyslogFrame> SyslogFrames::next() {
  for (;;) {
    if (state_ == State::start && !begin()) return std::nullopt;
    const std::string_view rest = std::string_view(bytes_).substr(at_);
    if (state_ == State::counted) {
      const std::size_t size = std::min(left_, rest.size());
      keep(rest.substr(0, size));
      at_ += size;
      left_ -= size;
      if (left_ > 0) return std::nullopt;
    } else {
      const auto end = rest.find_first_of(std::string_view("\n\0", 2));
      const bool ended = end != std::string_view::npos;
      keep(rest.substr(0, end));
      at_ += ended ? end + 1 : rest.size();
      if (!ended) return std::nullopt;
    }
    auto frame = whole();
    if (!frame->message.empty() && frame->message != "\r") return frame;
  }
}

std::optional<SyslogFrame> SyslogFrames::rest() {
  if (state_ == State::start) {
    if (at_ == bytes_.size()) return std::nullopt;
    keep(std::string_view(bytes_).substr(at_));  // digits that might have been a count
    at_ = bytes_.size();
  }
  if (state_ == State::counted) cut_ += left_;
  left_ = 0;
  auto frame = whole();
  if (frame->message.empty() && frame->cut == 0) return std::nullopt;
  return frame;
}

}  // namespace ssblog
