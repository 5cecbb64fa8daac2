// SPDX-License-Identifier: MIT
// intake/secret_readers.h - secrets that stand in many lines, read by hand.
//
// Used by secret_presets.cc and secret_look.cc. What a pattern of RE2 could say as well, at a tenth of its time. Each reads
// from the front of a text that has no newline. Pure, any thread.
#pragma once

#include <optional>
#include <string_view>

namespace ssblog {

/// `password = "x"`, `"password": "x"`, `Pwd=x;`. Views of the text.
struct Assignment {
  std::string_view key;
  std::string_view key_end;  ///< the quote behind the key, and its bracket
  std::string_view sign;     ///< `=`, `:`, `:=` or `=>`
  std::string_view value;    ///< never empty; without its quotes
  bool plain = false;        ///< it has none
};

/// A quoted value goes to its quote, or to the end of the text. A plain one goes to a blank, a quote, `&`, `;`, `,` or `\`;
/// of a password, whose text is anybody's, to such an `&`, `;` or `,` only that is followed by the next pair, or by nothing.
std::optional<Assignment> read_assignment(std::string_view text);

/// The password of `://NAME:PASSWORD@`; empty: none.
std::string_view read_url_password(std::string_view text);

/// `AKIA` and 16 letters; empty: none.
std::string_view read_aws_key_id(std::string_view text);

/// The password of `curl ... -u NAME:PASSWORD`; empty: none.
std::string_view read_curl_user(std::string_view text);

}  // namespace ssblog
