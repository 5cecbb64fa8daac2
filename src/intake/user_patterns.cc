// SPDX-License-Identifier: MIT
#include "intake/user_patterns.h"

#include <array>

namespace ssblog {
namespace {

constexpr std::string_view user_name = "pattern";  // in the mask of what a user's pattern found

}  // namespace

void UserPatterns::start(std::size_t begin, const SecretLook::Reach& to) {
  to_ = to;
  begin_ = begin;
  matches_.assign(patterns_.size(), {});
  // One byte before, so that `^` and `\b` mean what they mean in the whole line.
  const char before = begin > 0 ? bytes_[begin - 1] : before_;
  front_ = before == '\n' ? 0 : 1;
  if (front_ > begin) {
    copy_.assign(1, before_).append(bytes_.substr(0, to.end));
    text_ = copy_;
  } else {
    text_ = bytes_.substr(begin - front_, to.end - begin + front_);
  }
}

FoundSecret UserPatterns::first(std::size_t from, bool behind_mask) {
  const std::size_t start = from - begin_ + front_;
  if (text_.data() == copy_.data() && from > 0) {
    copy_[start - 1] = bytes_[from - 1];
    text_ = copy_;
  }
  const Match* first = nullptr;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    Match& match = matches_[i];
    const bool here_changed = behind_mask && patterns_[i].looks_behind;
    if (!match.searched || (match.found && match.from < start) || (here_changed && match.from == start))
      search(patterns_[i], match, start, false);
    else if (here_changed)
      search(patterns_[i], match, start, true);
    if (match.work > most_work * text_.size())
      return {.from = from, .begin = from, .end = to_.end, .name = user_name, .goes_on = to_.cut_short};
    if (match.found && (first == nullptr || match.from < first->from)) first = &match;
  }
  if (first == nullptr) return {};
  const auto place = [this](std::size_t at) { return at - front_ + begin_; };
  const std::size_t end = place(first->end);
  return {.from = place(first->from),
          .begin = place(first->begin),
          .end = end,
          .name = user_name,
          .goes_on = to_.cut_short && end == to_.end};
}

void UserPatterns::search(const UserPattern& pattern, Match& match, std::size_t from, bool only_here) const {
  const int count = pattern.compiled->NumberOfCapturingGroups() > 0 ? 2 : 1;
  const re2::StringPiece all(text_.data(), text_.size());
  std::array<re2::StringPiece, 2> groups;
  const auto how = only_here ? RE2::ANCHOR_START : RE2::UNANCHORED;
  if (!only_here) match.searched = true;
  if (!only_here) match.found = false;
  while (from <= text_.size()) {
    if (!pattern.compiled->Match(all, from, text_.size(), how, groups.data(), count)) {
      // Where a search that fails at one place looked is not said; it is seldom far.
      match.work += only_here ? 1 : text_.size() - from + 1;
      return;
    }
    const re2::StringPiece found = groups[0];
    re2::StringPiece value = groups.at(static_cast<std::size_t>(count) - 1);
    if (value.data() == nullptr) value = found;  // the group took no part
    const auto at = static_cast<std::size_t>(found.data() - text_.data());
    match.work += at + found.size() - from + 1;
    if (value.empty()) {
      if (only_here) return;
      from = at + 1;
      continue;
    }
    const auto begin = static_cast<std::size_t>(value.data() - text_.data());
    match.found = true;
    match.from = at;
    match.begin = begin;
    match.end = begin + value.size();
    return;
  }
}

}  // namespace ssblog
