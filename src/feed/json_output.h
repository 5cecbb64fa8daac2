// SPDX-License-Identifier: MIT
// feed/json_output.h - what is read and what is written while JSON is made canonical.
//
// Used inside feed/ by json_canonical, json_copy and json_order. Pure, any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace ssblog {

/// The text that is still to be read.
struct Input {
  const char* at;
  const char* end;
  const char* why = nullptr;  ///< what is wrong at `at`, when there is more to say than "unexpected"

  /// The next byte; 0, which fits nowhere, at the end.
  char peek() const { return at == end ? '\0' : *at; }
  std::string_view rest() const { return {at, static_cast<std::size_t>(end - at)}; }
  bool fail(const char* reason) {
    why = reason;
    return false;
  }
};

/// A string as a plain buffer, so that most writes need no look at its size. `finish` sets its length.
class Output {
 public:
  Output(std::string& text, std::size_t guess) : text_(text) {
    if (text_.size() < guess) text_.resize(guess);
    at_ = text_.data();
  }

  std::size_t size() const { return static_cast<std::size_t>(at_ - text_.data()); }
  std::string_view from(std::size_t begin) const { return {text_.data() + begin, size() - begin}; }
  void cut(std::size_t new_size) { at_ = text_.data() + new_size; }
  void finish() { text_.resize(size()); }

  /// Makes room for `more` bytes; returns where they go. `wrote` says how far they went.
  char* room(std::size_t more) {
    const std::size_t used = size();
    if (text_.size() - used < more) {
      text_.resize(std::max(used + more, text_.size() * 2));
      at_ = text_.data() + used;
    }
    return at_;
  }
  void wrote(char* end) { at_ = end; }

  void put(char c) { *room(1) = c, ++at_; }
  void put(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    at_ += text.size();
  }

 private:
  std::string& text_;
  char* at_;
};

}  // namespace ssblog
