// SPDX-License-Identifier: MIT
#include "feed/json.h"
#include "feed/json_copy.h"
#include "feed/json_order.h"
#include "feed/json_output.h"

#include <array>
#include <span>
#include <vector>

namespace ssblog {
namespace {

/// A comma, a line end and the blanks of the deepest level.
constexpr auto comma_and_line = [] {
  std::array<char, 2 + 2 * json_max_depth> text{};
  text.fill(' ');
  text[0] = ',';
  text[1] = '\n';
  return text;
}();

/// One pass over a text. What is read is written at once; a stack of open containers takes the place of
/// recursion. An object keeps where its members stand in the output, for the case that it must be
/// put in order at its end.
class Canonical {
 public:
  Canonical(std::string_view text, Layout layout, std::string& out)
      : begin_(text.data()),
        in_{begin_, begin_ + text.size()},
        indented_(layout == Layout::indented),
        out_(out, text.size() + text.size() / 4 + 64) {
    open_.reserve(16);
    members_.reserve(32);
  }

  Result<void> run() {
    if (read()) {
      out_.finish();
      return {};
    }
    out_.cut(0);
    out_.finish();
    const char* const what = in_.why             ? in_.why
                             : in_.at == in_.end ? "the text ends too early"
                                                 : "unexpected character";
    return Error{Code::data,
                 std::string("not JSON: ") + what + " at byte " + std::to_string(in_.at - begin_)};
  }

 private:
  static_assert(json_max_depth == 200);  // as the error text says

  struct Open {
    std::size_t first_member;  // in members_
    bool object;
    bool has_index = false;  // a key is an array index
  };

  char skip_space() {
    while (in_.peek() == ' ' || in_.peek() == '\n' || in_.peek() == '\r' || in_.peek() == '\t') ++in_.at;
    return in_.peek();
  }

  /// What stands between two members or items of the innermost container.
  std::string_view separator() const { return {comma_and_line.data(), indented_ ? 2 + 2 * open_.size() : 1}; }
  std::string_view line_break() const { return separator().substr(1); }

  bool read() {
    for (;;) {
      const char c = skip_space();
      if (c == '{' || c == '[') {
        if (open_.size() == json_max_depth) return in_.fail("deeper than 200 levels");
        ++in_.at;
        out_.put(c);
        open_.push_back({members_.size(), c == '{'});
        if (skip_space() != close_of_innermost()) {
          out_.put(line_break());
          if (open_.back().object && !name()) return false;
          continue;
        }
        out_.put(*in_.at++);
        open_.pop_back();
      } else if (!scalar(c)) {
        return false;
      }
      // A value is whole: either one more follows it, or it closes what it stands in.
      for (;;) {
        const char next = skip_space();
        if (open_.empty()) return in_.at == in_.end;
        if (next == ',') {
          ++in_.at;
          out_.put(separator());
          if (open_.back().object && !name()) return false;
          break;
        }
        if (next != close_of_innermost()) return false;
        ++in_.at;
        close(next);
      }
    }
  }

  char close_of_innermost() const { return open_.back().object ? '}' : ']'; }

  void close(char c) {
    if (open_.back().object) {
      const auto members = std::span<const JsonMember>(members_).subspan(open_.back().first_member);
      if (open_.back().has_index || has_duplicates(out_, members)) put_in_order(out_, members, separator());
      members_.resize(open_.back().first_member);
    }
    open_.pop_back();
    out_.put(line_break());
    out_.put(c);
  }

  bool name() {
    if (skip_space() != '"') return false;
    const std::size_t begin = out_.size();
    if (!copy_string(in_, out_)) return false;
    const std::string_view spelled = out_.from(begin);
    members_.push_back({begin, spelled.size()});
    if (spelled[1] <= '9' && array_index(spelled)) open_.back().has_index = true;
    if (skip_space() != ':') return false;
    ++in_.at;
    out_.put(':');
    if (indented_) out_.put(' ');
    return true;
  }

  bool scalar(char c) {
    switch (c) {
      case '"':
        return copy_string(in_, out_);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool word(std::string_view expected) {
    for (const char c : expected) {
      if (in_.peek() != c) return false;
      ++in_.at;
    }
    out_.put(expected);
    return true;
  }

  bool digits() {
    const char* const from = in_.at;
    while (in_.peek() >= '0' && in_.peek() <= '9') ++in_.at;
    return in_.at != from;
  }

  bool number() {
    constexpr std::ptrdiff_t exact_digits = 15;  // so many are never rounded
    const char* const from = in_.at;
    if (in_.peek() == '-') ++in_.at;
    const char* const integer = in_.at;
    if (in_.peek() == '0') {
      ++in_.at;
    } else if (!digits()) {
      return false;
    }
    bool plain = in_.at - integer <= exact_digits && (*integer != '0' || integer == from);
    if (in_.peek() == '.') {
      ++in_.at;
      if (!digits()) return false;
      plain = false;
    }
    if (in_.peek() == 'e' || in_.peek() == 'E') {
      ++in_.at;
      if (in_.peek() == '+' || in_.peek() == '-') ++in_.at;
      if (!digits()) return false;
      plain = false;
    }
    const std::string_view spelled(from, static_cast<std::size_t>(in_.at - from));
    if (plain) {
      out_.put(spelled);
    } else {
      scratch_.clear();
      append_number(scratch_, number_of(spelled).value_or(0));
      out_.put(scratch_);
    }
    return true;
  }

  const char* const begin_;
  Input in_;
  const bool indented_;
  Output out_;
  std::vector<Open> open_;
  std::vector<JsonMember> members_;  // of all open objects, outermost first
  std::string scratch_;
};

}  // namespace

Result<void> canonical(std::string_view text, Layout layout, std::string& out) {
  return Canonical(text, layout, out).run();
}

Result<std::string> canonical(std::string_view text, Layout layout) {
  std::string out;
  if (auto done = canonical(text, layout, out); !done) return done.error();
  return out;
}

}  // namespace ssblog
