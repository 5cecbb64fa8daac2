// SPDX-License-Identifier: MIT
// intake/secret_look.h - which secret of a preset begins at a place of a text.
//
// Used by RedactScan, one for each of its calls. It changes no byte. Pure, one thread.
#pragma once

#include "intake/redactor.h"
#include "intake/secret_anchors.h"
#include "intake/secret_rules.h"

#include <optional>
#include <string_view>
#include <vector>

namespace ssblog {

/// A secret in a text, or why there is none. Places are bytes of the text.
struct FoundSecret {
  std::size_t from = 0;            ///< where its match begins
  std::size_t begin = 0, end = 0;  ///< begin == end: none
  std::string_view name = {};
  bool goes_on = false;     ///< beyond what was looked at
  bool undecided = false;   ///< too little is there to say
  bool quoted = false;      ///< a quote ends it, a blank does not
  bool begins_key = false;  ///< lines of a key follow, whether or not some of it stands here

  bool found() const { return end > begin; }
};

class SecretLook {
 public:
  /// Where a look ends, and whether it is known that it does.
  struct Reach {
    std::size_t end = 0;
    bool known = false;
    bool cut_short = false;  ///< what is looked for may go on behind it
  };

  /// Borrows `rules` and `bytes`. `before`: the byte in front of them.
  SecretLook(const SecretRules& rules, std::string_view bytes, char before, Behind behind);

  /// From `from` to the end of the line, or the next blank, but not over `longest`.
  Reach reach(std::size_t from, bool one_word, std::size_t longest = Redactor::longest_secret);

  /// The next anchor from `from` on, before `end`; `end`: there is none.
  std::size_t next_anchor(std::size_t from, std::size_t end) const {
    return anchors_.next(bytes_, from, end);
  }

  /// Where the last bytes, from `from` on, may be the beginning of an anchor; the size: nowhere.
  std::size_t unfinished_anchor(std::size_t from) const {
    return ends_ ? bytes_.size() : anchors_.unfinished(bytes_, from);
  }

  /// The secret whose anchor stands at `from`.
  FoundSecret secret_at(std::size_t from);

 private:
  /// The first newline or blank of a stretch, or its end.
  struct Ending {
    std::size_t searched_from = 1, at = 0;
    bool found = false;
  };
  /// A value that was matched, and is no secret.
  struct Refused {
    std::size_t end = 0;
    bool open = false;  ///< it goes on behind the reach
  };
  /// What is known of a preset from the places before.
  struct Memory {
    Refused refused;                          ///< the last one
    std::size_t needed_from = 1, needed = 0;  ///< the first `SecretPreset::needs` from there on
  };

  char before(std::size_t at) const { return at > 0 ? bytes_[at - 1] : before_; }
  /// Whether all that each match of the preset has is there, by a cheap look.
  bool may_match(const SecretPreset& preset, Memory& memory, std::size_t from, const Reach& to) const;
  /// Whether what matches at `from` lies in a value that does not look drawn: a part of it does not, either. So a line
  /// full of anchors is not matched again from each of them.
  bool is_refused(Refused& refused, std::size_t from, const Reach& to) const;
  FoundSecret match(const KnownSecrets::Rule& rule, std::size_t from, const Reach& to,
                    Refused& refused) const;
  FoundSecret assigned_at(const SecretPreset& preset, std::size_t from, Reach to, Refused& refused);
  void refuse(Refused& refused, std::string_view value, const Reach& to) const;
  /// The beginning of a secret, where the bytes end.
  FoundSecret unfinished(const KnownSecrets::Rule& rule, std::size_t from, const Reach& to) const;
  FoundSecret secret_of(std::size_t from, std::string_view value, std::string_view name,
                        const Reach& to) const;
  /// The header of a private key. Its lines follow, or all of it stands in this one.
  FoundSecret key_at(std::size_t from);

  const SecretRules& rules_;
  const SecretAnchors& anchors_ = SecretAnchors::all();
  const std::string_view bytes_;
  const char before_;
  const bool ends_;     ///< nothing more is to be waited for
  const bool lenient_;  ///< ... but may come
  const bool cut_;      ///< ... since it is lost
  Ending newline_, blank_;
  std::vector<Memory> memories_;  ///< one for each preset
};

}  // namespace ssblog
