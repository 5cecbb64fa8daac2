// SPDX-License-Identifier: MIT
// intake/secret_rules.h - the patterns of all presets and of a user, compiled.
//
// Used by Redactor, SecretLook and RedactScan. A preset is compiled when its anchor is first seen, once for all: most
// lines have none, and most programs see few of them. A user's pattern is compiled at once, as it may be wrong. Any thread.
#pragma once

#include "feed/result.h"
#include "intake/secret_presets.h"

#include <re2/re2.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// A preset's pattern, compiled when it is first asked for.
class PresetPattern {
 public:
  void set(std::string_view pattern) { text_ = pattern; }
  bool exists() const { return !text_.empty(); }
  const RE2& compiled() const;

 private:
  std::string_view text_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<RE2> made_;
};

/// What all redactors share.
struct KnownSecrets {
  struct Rule {
    const SecretPreset* preset = nullptr;
    PresetPattern pattern, unfinished;  ///< the second may be missing
  };
  KnownSecrets();
  static const KnownSecrets& all();

  std::vector<Rule> rules;  ///< in the order of `secret_presets()`
  PresetPattern key;        ///< the header of one in PEM; group 1: its lines, where they stand in this one
};

/// One of a user's own.
struct UserPattern {
  std::unique_ptr<RE2> compiled;
  bool looks_behind = false;  ///< it asks what the byte in front of a match is: `\b`, `\B`
};

struct SecretRules {
  const KnownSecrets& known = KnownSecrets::all();
  std::vector<UserPattern> patterns;
};

/// Code::config for a pattern that is none.
Result<std::unique_ptr<SecretRules>> make_secret_rules(const std::vector<std::string>& patterns);

}  // namespace ssblog
