// SPDX-License-Identifier: MIT
// intake/secret_presets.h - what secrets look like that the redactor knows of by itself.
//
// Used by redactor.cc. A preset is looked at only where one of its anchors stands, so an anchor must be rare in lines
// without secrets. Whoever adds a preset adds examples to tests/data/redact. Pure, any thread.
#pragma once

#include "intake/secret_readers.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace ssblog {

/// What a pattern alone cannot say of a secret.
enum class SecretCheck {
  none,
  random,         ///< it looks drawn, not written: prose has words of the same letters
  user_password,  ///< base64 of NAME:PASSWORD
  url,            ///< no port, and no path
  assigned,       ///< an Assignment: read_assignment has found it
};

struct SecretPreset {
  std::string_view name;                      ///< as the mask says it: lower-case letters, digits and `-`
  std::span<const std::string_view> anchors;  ///< one of them begins a match
  bool any_case = false;                      ///< of the anchors
  bool alone = false;                         ///< no letter, digit or `_` stands before
  char needs = '\0';                          ///< stands in each match; 0: none does
  bool one_word = false;                      ///< a match has no blank: one ends the search
  std::string_view pattern = {};              ///< RE2, from the anchor on; group 1 is the secret
  std::string_view (*read)(std::string_view) = nullptr;  ///< in place of a pattern; empty: no match
  SecretCheck check = SecretCheck::none;
  std::string_view unfinished =
      {};                          ///< RE2: the beginning of a secret, where the bytes end; group 1 as above
  std::size_t longest = 8 * 1024;  ///< bytes of a match that are looked at
  bool runs_on = false;            ///< the secret is all that its letters are followed by, however many
  /// A cheap look at the first bytes of all that is there, from the anchor on; false: no match begins here, whatever
  /// follows them. It saves the pattern the most of the places where its anchor stands. May be missing.
  bool (*may_begin)(std::string_view rest) = nullptr;
};

std::span<const SecretPreset> secret_presets();

/// In front of a private key in PEM. What follows is no pattern, but lines.
inline constexpr std::string_view pem_begin = "-----BEGIN";
inline constexpr std::string_view pem_name = "private-key";

/// It has digits among letters, signs, or capitals where a word has none.
bool looks_random(std::string_view text);
/// Not `80/a`, what stands before an `@` behind a host and its port.
bool is_url_password(std::string_view text);
bool is_user_password(std::string_view base64);
/// The value is a secret, as far as its key and itself tell.
bool is_assigned(const Assignment& assignment);

}  // namespace ssblog
