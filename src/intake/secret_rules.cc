// SPDX-License-Identifier: MIT
#include "intake/secret_rules.h"

#include "intake/redactor.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {
namespace {

constexpr std::int64_t preset_memory = 8 << 20;   // of RE2, for all anchors together
constexpr std::int64_t pattern_memory = 1 << 20;  // ... for one pattern
constexpr std::size_t longest_pattern = 4096;     // bytes

RE2::Options options() {
  RE2::Options made;
  made.set_log_errors(false);
  made.set_max_mem(pattern_memory);
  made.set_encoding(RE2::Options::EncodingLatin1);  // a line may be any bytes
  return made;
}

std::unique_ptr<RE2> compile(std::string_view pattern) {
  return std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options());
}

constexpr std::string_view key_header = R"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)"
                                        R"((?:(?:\\[rn]|[ \t])*([A-Za-z0-9+/=][A-Za-z0-9+/=\\ ]{15,}))?)";

}  // namespace

const RE2& PresetPattern::compiled() const {
  std::call_once(once_, [this] { made_ = compile(text_); });
  return *made_;
}

KnownSecrets::KnownSecrets() : rules(secret_presets().size()) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const SecretPreset& preset = secret_presets()[i];
    rules[i].preset = &preset;
    rules[i].pattern.set(preset.pattern);
    rules[i].unfinished.set(preset.unfinished);
  }
  key.set(key_header);
}

const KnownSecrets& KnownSecrets::all() {
  static const KnownSecrets made;
  return made;
}

Result<std::unique_ptr<SecretRules>> make_secret_rules(const std::vector<std::string>& patterns) {
  auto rules = std::make_unique<SecretRules>();
  if (patterns.size() > Redactor::most_patterns)
    return Error{Code::config, fmt::format("there are {} redact-patterns: {} are taken; join some with `|`",
                                           patterns.size(), Redactor::most_patterns)};
  for (const std::string& pattern : patterns) {
    if (pattern.size() > longest_pattern)
      return Error{Code::config, fmt::format("a redact-pattern has {} bytes: at most {} are taken",
                                             pattern.size(), longest_pattern)};
    auto made = compile(pattern);
    if (!made->ok())
      return Error{Code::config, fmt::format("\"{}\" is no pattern of RE2: {}", pattern, made->error())};
    if (made->Match("", 0, 0, RE2::UNANCHORED, nullptr, 0) && made->NumberOfCapturingGroups() == 0)
      return Error{Code::config,
                   fmt::format("\"{}\" matches where nothing stands; say what it is to mask", pattern)};
    const bool looks_behind =
        pattern.find("\\b") != std::string::npos || pattern.find("\\B") != std::string::npos;
    rules->patterns.push_back({std::move(made), looks_behind});
  }
  return rules;
}

}  // namespace ssblog
