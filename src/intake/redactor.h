// SPDX-License-Identifier: MIT
// intake/redactor.h - finds secrets in lines, and masks them in place.
//
// Used by everything of intake that takes text, before it is packed and signed: nothing in a feed can be unsaid. Made
// once for a source. What it must remember between two calls is a RedactState, small enough to be kept beside a
// position; the bytes that come out are the same however they are dealt out to the calls. Masks: feed/mask.h. Pure; one
// Redactor may be used by any thread, one RedactState by one.
//
// How it looks: from left to right, once, at a stretch that reaches from where a secret may begin to the end of the line,
// but over `longest_secret` bytes at most. A secret that fills the stretch is masked on until a blank, a quote or the end
// of the line. A private key in PEM is the one secret of many lines: it ends with its END line, or with a line that
// cannot be of a key.
#pragma once

#include "feed/result.h"
#include "intake/redact_state.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct SecretRules;

/// What stands behind the bytes that are to be masked.
enum class Behind {
  more,  ///< it will be given: what may be a secret's beginning waits for it
  later,  ///< it may come, but nothing waits: what may be a secret's first half is masked, and the rest of it, too
  none,  ///< nothing
  cut,   ///< it is lost: what may be a secret's first half is masked
};

class Redactor {
 public:
  static constexpr std::size_t longest_secret = 8 * 1024;  ///< bytes, from where its pattern begins
  static constexpr std::size_t most_held = longest_secret + longest_secret / 2;
  static constexpr std::size_t most_patterns = 64;

  /// The presets, and a user's own patterns (RE2): group 1 of a match is masked, or all of it. Code::config for one that
  /// is none.
  static Result<Redactor> create(const std::vector<std::string>& patterns = {});
  Redactor(Redactor&&) noexcept;
  Redactor& operator=(Redactor&&) noexcept;
  ~Redactor();

  /// Hears of each secret that was masked, by the name of its preset; of one of a user's patterns it is `pattern`.
  using Note = std::function<void(std::string_view name, std::size_t begin, std::size_t length)>;

  /// Masks what is secret among the first `most` bytes; those behind are only looked at.
  /// @return how many bytes are done: `state` is the one behind them, the others are to be given again with more. All of
  ///         `most` are, but with Behind::more for what may be a secret's beginning: `most_held` bytes at most.
  std::size_t mask(std::span<char> bytes, std::size_t most, Behind behind, RedactState& state,
                   const Note& note = {}) const;
  /// A whole record, whose lines stand for themselves.
  void mask(std::string& record, const Note& note = {}) const;

  /// So many bytes before a place tell all of the state there, but for a key that has more.
  static constexpr std::size_t looked_back = 64 * 1024;
  /// The state behind `before`, bytes that nobody has looked at.
  RedactState catch_up(std::string_view before) const;

 private:
  explicit Redactor(std::unique_ptr<const SecretRules> rules);
  std::size_t mask_behind_open(std::span<char> bytes, std::size_t most, Behind behind, RedactState& state,
                               const Note& note) const;
  std::unique_ptr<const SecretRules> rules_;
};

}  // namespace ssblog
