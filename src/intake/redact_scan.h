// SPDX-License-Identifier: MIT
// intake/redact_scan.h - one pass over bytes, from left to right, that masks what is secret in them.
//
// Used by Redactor, one for each call of `mask`. One thread.
#pragma once

#include "intake/redactor.h"
#include "intake/secret_look.h"
#include "intake/user_patterns.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ssblog {

class RedactScan {
 public:
  /// Borrows all of them.
  RedactScan(const SecretRules& rules, std::span<char> bytes, std::size_t most, Behind behind,
             RedactState& state, const Redactor::Note& note);

  /// @return how many bytes are done, as Redactor::mask says.
  std::size_t run();

  /// The end of the last secret.
  std::size_t masked() const { return masked_; }
  /// Where the last secret's match begins, if it is one in quotes and may go on behind the bytes.
  std::optional<std::size_t> open_quote() const {
    return state_.in_secret && last_.quoted ? std::optional(last_.from) : std::nullopt;
  }
  /// The last secret is of the unfinished line of a key that the bytes begin with.
  bool is_in_key_line() const { return in_key_line_; }
  std::size_t secret_begin() const { return last_.begin; }

 private:
  char before(std::size_t at) const { return at > 0 ? bytes_[at - 1] : state_.before; }

  /// False: the rest has to wait for more bytes.
  bool go_on();
  bool go_on_in_secret();
  /// One line behind the BEGIN of a key. It stays where it is when the line is none of the key; `state_.block` says so.
  bool key_line_at();
  /// Presets alone: most lines are passed over by one search for all anchors.
  bool plain();
  /// A user's patterns see a line at a time, or a stretch of a long one. All of it is done, or nothing: where a stretch
  /// begins is not to depend on how many bytes are there.
  bool by_line();
  /// Masks in the stretch that reaches to `to` what begins before `begin_end`.
  bool mask_stretch(const SecretLook::Reach& to, std::size_t begin_end);
  /// The leftmost secret of a preset or a pattern from here on.
  FoundSecret first_in_stretch(const SecretLook::Reach& to, std::size_t begin_end);
  /// False: it goes over what may be taken now.
  bool take(const FoundSecret& secret);
  bool take_key_begin(const FoundSecret& secret, std::size_t from);

  const SecretRules& rules_;
  const std::string_view bytes_;
  const std::span<char> out_;
  const std::size_t most_;
  const bool lenient_;  ///< nothing more is to be waited for, but it may come
  RedactState& state_;
  const Redactor::Note& note_;
  SecretLook look_;
  std::size_t at_ = 0;      ///< all before is done
  std::size_t masked_ = 0;  ///< the end of the last secret
  FoundSecret last_;
  UserPatterns user_;
  bool in_stretch_ = false;
  std::vector<std::pair<FoundSecret, std::string>> taken_;  ///< in the stretch, and what stood there
  bool in_key_line_ = false;
};

}  // namespace ssblog
