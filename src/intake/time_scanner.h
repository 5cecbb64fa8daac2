// SPDX-License-Identifier: MIT
// intake/time_scanner.h - takes a line apart from its front, sign by sign and number by number.
//
// Used by time_forms.cc and line_time.cc; of a few instructions each, since they are asked of every line. A copy is a place to
// come back to. Borrows the text. Pure, any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace ssblog {

/// Each `take` leaves things as they are when it says no; letters and digits are those of ASCII.
class TimeScanner {
 public:
  explicit TimeScanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  char front() const { return at_ == end_ ? '\0' : *at_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  std::string_view rest() const { return {at_, left()}; }
  void skip(std::size_t n) { at_ += n; }
  bool take(char c) {
    if (front() != c || at_ == end_) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!rest().starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  bool take_any(std::string_view signs) {
    return at_ != end_ && signs.find(*at_) != signs.npos && take(*at_);
  }
  /// Exactly `count` digits; more of them may follow.
  bool number(int count, int& value) {
    if (left() < static_cast<std::size_t>(count)) return false;
    int sum = 0;
    for (int i = 0; i < count; ++i) {
      if (!is_digit(at_[i])) return false;
      sum = sum * 10 + (at_[i] - '0');
    }
    at_ += count;
    value = sum;
    return true;
  }
  /// The digits that stand here.
  std::string_view digits() {
    const char* begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }
  bool at_digit() const { return is_digit(front()); }
  bool at_letter() const { return is_letter(front()); }
  /// What stands here is not part of the word or number before.
  bool at_boundary() const { return !at_digit() && !at_letter() && front() != '_'; }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

 private:
  const char* at_;
  const char* end_;
};

}  // namespace ssblog
