// SPDX-License-Identifier: MIT
#include "intake/redact_scan.h"

#include "feed/mask.h"
#include "intake/key_lines.h"

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

constexpr std::size_t step = Redactor::longest_secret / 2;

/// A secret that is longer than the longest ends here.
bool ends_secret(char c) { return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '`'; }

}  // namespace

RedactScan::RedactScan(const SecretRules& rules, std::span<char> bytes, std::size_t most, Behind behind,
                       RedactState& state, const Redactor::Note& note)
    : rules_(rules),
      bytes_(bytes.data(), bytes.size()),
      out_(bytes),
      most_(std::min(most, bytes.size())),
      lenient_(behind == Behind::later),
      state_(state),
      note_(note),
      look_(rules, bytes_, state.before, behind),
      user_(rules, bytes_, state.before) {}

std::size_t RedactScan::run() {
  while (at_ < most_ && go_on()) {
  }
  if (at_ > 0) state_.before = bytes_[at_ - 1];
  if (state_.block == RedactState::Block::none) state_.column = state_.short_lines = 0;
  return at_;
}

bool RedactScan::go_on() {
  if (state_.in_secret) return go_on_in_secret();
  if (state_.block != RedactState::Block::none && before(at_) == '\n') {
    const std::size_t from = at_;
    const auto block = state_.block;
    const bool done = key_line_at();
    if (!done || at_ > from || state_.block == block) return done;
    // The line is none of a key.
  }
  return rules_.patterns.empty() ? plain() : by_line();
}

bool RedactScan::go_on_in_secret() {
  std::size_t end = at_;
  while (end < most_ && !ends_secret(bytes_[end])) ++end;
  std::fill(out_.begin() + static_cast<std::ptrdiff_t>(at_), out_.begin() + static_cast<std::ptrdiff_t>(end),
            '*');
  state_.in_secret = end == most_;
  at_ = masked_ = end;
  return true;
}

bool RedactScan::take(const FoundSecret& secret) {
  if (secret.end > most_) return false;
  if (in_stretch_) taken_.emplace_back(secret, bytes_.substr(secret.begin, secret.end - secret.begin));
  write_mask(out_.subspan(secret.begin, secret.end - secret.begin), secret.name);
  if (note_ && !in_stretch_) note_(secret.name, secret.begin, secret.end - secret.begin);
  state_.in_secret = secret.goes_on || (lenient_ && secret.end == bytes_.size());
  at_ = masked_ = secret.end;
  last_ = secret;
  return true;
}

bool RedactScan::plain() {
  // The lines of a key are looked at one by one.
  std::size_t end = bytes_.size();
  if (state_.block != RedactState::Block::none) end = std::min(bytes_.find('\n', at_), bytes_.size() - 1) + 1;
  std::size_t from = at_;
  while (true) {
    const std::size_t search_end = std::min(end, most_ + SecretAnchors::longest);
    from = look_.next_anchor(from, search_end);
    if (from >= std::min(search_end, most_)) break;
    const FoundSecret secret = look_.secret_at(from);
    if (secret.begins_key) return take_key_begin(secret, from);
    if (secret.undecided || (secret.found() && secret.end > most_)) {
      at_ = from;
      return false;
    }
    if (secret.found()) return take(secret);
    ++from;
  }
  const std::size_t done = std::min({end, most_, look_.unfinished_anchor(at_)});
  if (done <= at_) return false;
  at_ = done;
  return at_ == end || at_ == most_;
}

bool RedactScan::take_key_begin(const FoundSecret& secret, std::size_t from) {
  const std::size_t end = secret.found() ? secret.end : from + pem_begin.size();
  if (end > most_) {
    at_ = from;
    return false;
  }
  if (secret.found())
    take(secret);
  else
    at_ = end;
  state_.block = RedactState::Block::begun;
  state_.short_lines = 0;
  state_.column = 0;
  return true;
}

bool RedactScan::by_line() {
  const SecretLook::Reach to = look_.reach(at_, false);
  if (!to.known) return false;
  // Of a stretch of a long line the second half is looked at again, with what is behind it.
  const std::size_t begin_end = to.cut_short ? at_ + step : to.end;
  const std::size_t begin = at_, masked = masked_;
  const FoundSecret last = last_;
  const RedactState state = state_;
  taken_.clear();
  in_stretch_ = true;
  const bool done = mask_stretch(to, begin_end);
  in_stretch_ = false;
  if (done) {
    if (note_) {
      for (const auto& [secret, text] : taken_) note_(secret.name, secret.begin, secret.end - secret.begin);
    }
    return true;
  }
  for (const auto& [secret, text] : taken_)
    std::copy(text.begin(), text.end(), out_.begin() + static_cast<std::ptrdiff_t>(secret.begin));
  at_ = begin;
  masked_ = masked;
  last_ = last;
  state_ = state;
  return false;
}

bool RedactScan::mask_stretch(const SecretLook::Reach& to, std::size_t begin_end) {
  user_.start(at_, to);
  while (at_ < begin_end) {
    const FoundSecret secret = first_in_stretch(to, begin_end);
    if (secret.undecided) return false;
    if (secret.begins_key) return take_key_begin(secret, secret.from);
    if (!secret.found()) break;
    if (!take(secret)) return false;
    if (state_.in_secret) return true;
  }
  const std::size_t next = to.cut_short ? std::max(at_, begin_end) : std::min(to.end + 1, bytes_.size());
  if (next > most_) return false;
  at_ = next;
  return true;
}

FoundSecret RedactScan::first_in_stretch(const SecretLook::Reach& to, std::size_t begin_end) {
  FoundSecret first = user_.first(at_, !taken_.empty());
  if (first.found() && first.from >= begin_end) first = {};
  // No anchor behind a match of a pattern is of interest.
  const std::size_t end = first.found() ? std::min(to.end, first.from + SecretAnchors::longest) : to.end;
  for (std::size_t from = at_; (from = look_.next_anchor(from, end)) < std::min(end, begin_end); ++from) {
    if (first.found() && first.from < from) break;
    const FoundSecret secret = look_.secret_at(from);
    if (secret.found() || secret.undecided || secret.begins_key) return secret;
  }
  return first;
}

bool RedactScan::key_line_at() {
  const SecretLook::Reach to = look_.reach(at_, false);
  if (!to.known) return false;
  const std::string_view text = bytes_.substr(at_, to.end - at_);
  const std::size_t behind = std::min(to.cut_short ? to.end : to.end + 1, bytes_.size());
  if (is_key_end(text)) {
    state_.block = RedactState::Block::none;
    return true;
  }
  const KeyLine line = read_key_line(text);
  const bool is_long = line.word >= key_line || (lenient_ && to.end == bytes_.size() && line.word > 0);
  const bool is_short = state_.block == RedactState::Block::body && line.word > 0 &&
                        state_.short_lines < most_short_lines && line.column == state_.column;
  const bool is_blank = line.is_empty() || (line.blank_end && !is_long && !is_short);
  if (!is_long && !is_short && !is_blank && !line.is_header) {
    state_.block = RedactState::Block::none;
    return true;
  }
  if (behind > most_) return false;
  if (is_long || is_short) {
    in_key_line_ = lenient_ && at_ == 0 && to.end == bytes_.size();
    const std::size_t end = at_ + line.end();
    if (!take({.from = at_,
               .begin = end - line.word,
               .end = end,
               .name = pem_name,
               .goes_on = to.cut_short && end == to.end}))
      return false;
    state_.block = RedactState::Block::body;
    state_.short_lines = static_cast<std::uint8_t>(is_long ? 0 : state_.short_lines + 1);
    state_.column = static_cast<std::uint16_t>(line.column);
  }
  at_ = behind;
  return true;
}

}  // namespace ssblog
