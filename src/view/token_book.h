// SPDX-License-Identifier: MIT
// view/token_book.h - the tokens by which programs and browsers may read: named, each of its own, revocable.
//
// Used by the server of the view, and by `ssblog view token`. They stand in HOME/view/tokens, 0600: a line each, `NAME
// TOKEN`, and behind it what it is good for, where that is not all (view_right.h). That folder is all of the home, beside the
// store, that the server may read. One thread an object; several processes may have the file.
#pragma once

#include "feed/result.h"
#include "store/files.h"
#include "view/view_right.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct ViewToken {
  std::string name;
  std::string token;  ///< 43 characters of base64url: 32 random bytes
  std::string only;   ///< the word for its right, as the file has it; empty: it is good for all
  ViewRight right() const { return right_of_word(only); }
};

class TokenBook {
 public:
  static constexpr std::size_t most_tokens = 1000;
  static constexpr std::size_t longest_name = 64;  // of [A-Za-z0-9._-]

  /// Where the file stands, and what else is the view's own.
  static std::string folder_of(const std::string& directory);

  /// Of a home's directory. Code::permission when others could read the file.
  static Result<TokenBook> open(const std::string& directory);

  const std::vector<ViewToken>& tokens() const { return tokens_; }
  const ViewToken* find(std::string_view name) const;
  /// The first that is good for all; null: there is none.
  const ViewToken* first_for_all() const;

  /// Makes a token and writes the file, as it is now: others may change it meanwhile. `only`: the word for its right, or
  /// nothing for all. Code::usage for a name that is none, or is there, and for a right that there is not; Code::busy when
  /// somebody else is at it for half a minute.
  Result<ViewToken> add(const std::string& name, const std::string& only = {});
  /// The same where there is no token at all. False: there is one.
  Result<bool> add_if_none(const std::string& name);
  /// False: there is none of that name.
  Result<bool> revoke(std::string_view name);

  /// Reads the file again if it is not as it was.
  Result<void> refresh();

  /// The token that these bytes are; null: none. Takes as long for each that is none, whatever they have in common. It lives
  /// until the book changes.
  const ViewToken* match(std::string_view token) const;

 private:
  explicit TokenBook(std::string path) : path_(std::move(path)) {}
  Result<void> parse(std::string_view text);
  Result<ViewToken> add_locked(const File& folder, const std::string& name, const std::string& only);
  Result<File> open_folder() const;
  Result<File> lock_for_change();
  Result<void> write(const File& folder, const std::vector<ViewToken>& tokens);

  std::string path_;
  std::string text_;  ///< of the file, when it was read last
  std::vector<ViewToken> tokens_;
  std::vector<std::array<std::uint8_t, 32>> digests_;
};

}  // namespace ssblog
