// SPDX-License-Identifier: MIT
#include "intake/secret_presets.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace ssblog {
namespace {

using Anchor = std::string_view;

constexpr Anchor aws_id[] = {"AKIA", "ASIA", "ABIA", "ACCA"};
constexpr Anchor aws_secret[] = {"secret_access_key", "secretaccesskey"};
constexpr Anchor authorization[] = {"authorization"};
constexpr Anchor bearer[] = {"bearer"};
constexpr Anchor basic[] = {"basic"};
constexpr Anchor url[] = {"://"};
constexpr Anchor jwt[] = {"eyJ"};
constexpr Anchor github[] = {"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"};
constexpr Anchor gitlab[] = {"glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-", "glagent-", "gloas-"};
constexpr Anchor slack[] = {"xoxa-", "xoxb-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"};
constexpr Anchor slack_hook[] = {"hooks.slack.com/services/"};
constexpr Anchor service_keys[] = {"AIza", "sk_live_", "rk_live_", "npm_", "SG.", "dop_v1_", "shpat_"};
constexpr Anchor service_runs[] = {"sk-ant-", "sk-proj-", "pypi-"};
constexpr Anchor assigned[] = {"password",  "passwd",  "passphrase", "passwort",    "pwd",
                               "secret",    "api_key", "api-key",    "apikey",      "access_key",
                               "accesskey", "token",   "_pass",      "account_key", "accountkey"};
constexpr Anchor option[] = {"--password", "--passwd", "--passphrase", "--pwd",
                             "--pass",     "--token",  "--secret",     "--api-key"};
constexpr Anchor element[] = {"<pass", "<pwd", "<secret"};
constexpr Anchor curl[] = {"curl "};

constexpr std::string_view authorization_pattern =
    R"((?i)authorization["'\\\]]{0,3}[ \t]{0,8}(?:=>|[:=])[ \t]{0,8}["'\\\[]{0,4})"
    R"((?:(?:bearer|basic|token|apikey|bot|negotiate|ntlm)[ \t]{1,8})([^\s"'\\,;]{6,}))";

constexpr std::string_view bare_authorization_pattern =
    R"((?i)authorization["'\\\]]{0,3}[ \t]{0,8}(?:=>|[:=])[ \t]{0,8}["'\\\[]{0,4}([A-Za-z0-9._~+/=-]{20,}))";
constexpr std::string_view bare_authorization_begun =
    R"((?i)authorization["'\\\]]{0,3}[ \t]{0,8}(?:=>|[:=])[ \t]{0,8}["'\\\[]{0,4}([A-Za-z0-9._~+/=-]{6,}))";

// Its words stand in many lines: a line full of them is not to cost more than its bytes are worth.
constexpr std::size_t longest_assignment = 512;

constexpr std::size_t longest_run = 8 * 1024;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Where `text` has other signs than letters, `-` and `_`. No key of a pattern is longer than `longest_key`.
std::size_t word_end(std::string_view text) {
  constexpr std::size_t longest_key = 32;
  std::size_t at = 0;
  while (at < text.size() && at < longest_key && (is_letter(text[at]) || text[at] == '_' || text[at] == '-'))
    ++at;
  return at;
}

bool may_be_before_blank(std::string_view rest) {
  const std::size_t at = word_end(rest);
  return at == rest.size() || is_blank(rest[at]);
}

bool may_be_before_sign(std::string_view rest) {
  constexpr std::size_t most_quotes = 4, most_blanks = 8;
  std::size_t at = word_end(rest);
  for (std::size_t i = 0; i < most_quotes && at < rest.size(); ++i) {
    if (std::string_view("\"'\\]").find(rest[at]) != std::string_view::npos) ++at;
  }
  for (std::size_t i = 0; i < most_blanks && at < rest.size() && is_blank(rest[at]); ++i) ++at;
  return at == rest.size() || rest[at] == '=' || rest[at] == ':';
}

/// A name, or none, and a colon stand behind `://`.
bool may_have_password(std::string_view rest) {
  const std::size_t at = rest.find_first_of("/?#@:\"'<>[ \t\r\n\f", url[0].size());
  return at == std::string_view::npos || rest[at] == ':';
}

constexpr SecretPreset presets[] = {
    {.name = "authorization",
     .anchors = authorization,
     .any_case = true,
     .pattern = authorization_pattern,
     .may_begin = may_be_before_sign},
    {.name = "authorization",
     .anchors = authorization,
     .any_case = true,
     .pattern = bare_authorization_pattern,
     .check = SecretCheck::random,
     .unfinished = bare_authorization_begun,
     .may_begin = may_be_before_sign},
    {.name = "bearer",
     .anchors = bearer,
     .any_case = true,
     .alone = true,
     .pattern = R"((?i)bearer[ \t]{1,8}["']?([A-Za-z0-9._~+/-]{12,}=*))",
     .check = SecretCheck::random,
     .may_begin = may_be_before_blank},
    {.name = "basic",
     .anchors = basic,
     .any_case = true,
     .alone = true,
     .pattern = R"((?i)basic[ \t]{1,8}["']?([A-Za-z0-9+/]{4,}={0,2}))",
     .check = SecretCheck::user_password,
     .may_begin = may_be_before_blank},
    {.name = "url-password",
     .anchors = url,
     .needs = '@',
     .one_word = true,
     .read = read_url_password,
     .check = SecretCheck::url,
     .unfinished = R"(://[^\s/?#@:"'<>[]*:([^\s/?#"'<>]*[^\s/?#"'<>0-9][^\s/?#"'<>]*))",
     .may_begin = may_have_password},
    {.name = "jwt",
     .anchors = jwt,
     .alone = true,
     .needs = '.',
     .one_word = true,
     .pattern = R"((eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_.-]*))",
     .unfinished = R"((eyJ[A-Za-z0-9_.-]+))"},
    {.name = "aws-key-id",
     .anchors = aws_id,
     .alone = true,
     .one_word = true,
     .read = read_aws_key_id,
     .unfinished = R"(([A-Z]{4}[A-Z2-7]+))"},
    {.name = "aws-secret",
     .anchors = aws_secret,
     .any_case = true,
     .pattern =
         R"((?i)secret_?access_?key["'\\]{0,2}[ \t]{0,8}[:=]>?[ \t]{0,8}["'\\]{0,2}([A-Za-z0-9+/]{40}))",
     .may_begin = may_be_before_sign},
    {.name = "github",
     .anchors = github,
     .alone = true,
     .one_word = true,
     .pattern = R"(((?:gh[pousr]|github_pat)_[A-Za-z0-9_]{30,}))",
     .unfinished = R"(((?:gh[pousr]|github_pat)_[A-Za-z0-9_]+))"},
    {.name = "gitlab",
     .anchors = gitlab,
     .alone = true,
     .one_word = true,
     .pattern = R"((gl[a-z]{2,6}-[A-Za-z0-9_.-]{20,}))",
     .check = SecretCheck::random,
     .unfinished = R"((gl[a-z]{2,6}-[A-Za-z0-9_.-]+))",
     .longest = longest_run,
     .runs_on = true},
    {.name = "slack",
     .anchors = slack,
     .alone = true,
     .one_word = true,
     .pattern = R"((x(?:ox[a-z]|app)[-.][A-Za-z0-9.-]{10,}))",
     .check = SecretCheck::random,
     .unfinished = R"((x(?:ox[a-z]|app)[-.][A-Za-z0-9.-]+))",
     .longest = longest_run,
     .runs_on = true},
    {.name = "slack",
     .anchors = slack_hook,
     .one_word = true,
     .pattern = R"(hooks\.slack\.com/services/(T[A-Za-z0-9_]{6,}/B[A-Za-z0-9_]{6,}/[A-Za-z0-9_]{16,}))",
     .unfinished = R"(hooks\.slack\.com/services/(T[A-Za-z0-9_/]+))"},
    {.name = "api-key",
     .anchors = service_keys,
     .alone = true,
     .one_word = true,
     .pattern = R"((AIza[A-Za-z0-9_-]{35}|[sr]k_live_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{36}|)"
                R"(SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,200}|)"
                R"(dop_v1_[a-f0-9]{64}|shpat_[a-fA-F0-9]{32}))",
     .check = SecretCheck::random,
     .unfinished = R"(((?:AIza|[sr]k_live_|npm_|SG\.|dop_v1_|shpat_)[A-Za-z0-9_.-]+))"},
    {.name = "api-key",
     .anchors = service_runs,
     .alone = true,
     .one_word = true,
     .pattern = R"((sk-(?:ant|proj)-[A-Za-z0-9_-]{20,}|pypi-[A-Za-z0-9_-]{50,}))",
     .check = SecretCheck::random,
     .unfinished = R"(((?:sk-ant-|sk-proj-|pypi-)[A-Za-z0-9_-]+))",
     .longest = longest_run,
     .runs_on = true},
    {.name = "password",
     .anchors = option,
     .any_case = true,
     .pattern =
         R"((?i)--(?:password|passwd|passphrase|pwd|pass|token|secret|api-key)[ \t]{1,4}["']?([^\s"'<>\[{$-][^\s"']*))",
     .check = SecretCheck::random,
     .longest = longest_assignment,
     .may_begin = may_be_before_blank},
    {.name = "password",
     .anchors = element,
     .any_case = true,
     .pattern = R"((?i)<(?:password|passwd|passphrase|pwd|secret)>([^\s<][^<]*)</)",
     .longest = longest_assignment},
    {.name = "password",
     .anchors = curl,
     .alone = true,
     .read = read_curl_user,
     .longest = longest_assignment},
    {.name = "password",
     .anchors = assigned,
     .any_case = true,
     .check = SecretCheck::assigned,
     .longest = longest_assignment,
     .may_begin = may_be_before_sign},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string all(text);
  for (char& c : all) c = lower(c);
  return all;
}

/// What stands where a program left the secret out itself, or never had one.
bool is_placeholder(std::string_view value, bool plain) {
  constexpr std::string_view words[] = {"null",   "nil",     "none",  "true",  "false",    "undefined",
                                        "yes",    "no",      "empty", "unset", "required", "optional",
                                        "string", "unknown", "0",     "1"};
  const std::string text = lower(value);
  if (std::find(std::begin(words), std::end(words), text) != std::end(words)) return true;
  if (text.find_first_not_of('*') == std::string::npos || text.find_first_not_of('x') == std::string::npos ||
      text.find_first_not_of('.') == std::string::npos || text.find_first_not_of('-') == std::string::npos ||
      text.find_first_not_of("?)") == std::string::npos)
    return true;
  // A statement's parameter, a call.
  if (text.size() > 1 && text[0] == '$' && text.find_first_not_of("0123456789", 1) == std::string::npos)
    return true;
  if (text[0] == '@' && !looks_random(value.substr(1))) return true;
  if (plain && text.ends_with("()")) return true;
  constexpr std::string_view begins[] = {"[redacted", "[filtered", "[hidden", "[masked", "[secret", "<",
                                         "${",        "$(",        "{{",      "(null",   "%s",      "%("};
  return std::any_of(std::begin(begins), std::end(begins),
                     [&text](std::string_view begin) { return text.starts_with(begin); });
}

/// `default/name`, as Kubernetes names a secret.
bool is_object_name(std::string_view value) {
  const std::size_t slash = value.find('/');
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return slash != std::string_view::npos && slash > 0 && slash + 1 < value.size() &&
         value.substr(0, slash).find_first_not_of(letters) == std::string_view::npos &&
         value.substr(slash + 1).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") ==
             std::string_view::npos;
}

}  // namespace

std::span<const SecretPreset> secret_presets() { return presets; }

bool looks_random(std::string_view text) {
  constexpr std::size_t long_word = 16;
  bool digit = false, letter = false, sign = false, low = false, capital_inside = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    digit = digit || is_digit(c);
    letter = letter || is_upper(c) || is_lower(c);
    low = low || is_lower(c);
    capital_inside = capital_inside || (at > 0 && is_upper(c));
    sign = sign || std::string_view("!#$%&*+=?^|~").find(c) != std::string_view::npos;
  }
  return (letter && (digit || sign)) || (low && capital_inside && text.size() >= long_word);
}

bool is_url_password(std::string_view text) {
  constexpr std::size_t longest_port = 5;
  const std::size_t port = text.find_first_not_of("0123456789");
  if (port > longest_port) return true;  // or it is digits alone: npos
  return std::string_view("/?#,;)&|").find(text[port]) == std::string_view::npos;
}

bool is_user_password(std::string_view base64) {
  const auto value_of = [](char c) {
    if (is_upper(c)) return c - 'A';
    if (is_lower(c)) return c - 'a' + 26;
    if (is_digit(c)) return c - '0' + 52;
    return c == '+' ? 62 : 63;
  };
  std::uint32_t bits = 0;
  unsigned count = 0;
  bool colon = false;
  for (const char c : base64.substr(0, base64.find('='))) {
    bits = bits << 6 | static_cast<std::uint32_t>(value_of(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    const auto byte = static_cast<unsigned char>(bits >> count);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !colon)) return false;
    colon = colon || byte == ':';
  }
  return colon;
}

bool is_assigned(const Assignment& assignment) {
  const auto& [key, key_end, sign, value, plain] = assignment;
  constexpr std::size_t short_password = 6, short_token = 16, shortest_drawn = 8;
  if (is_placeholder(value, plain)) return false;
  const std::string name = lower(key);
  const bool is_password = name.starts_with("pass");
  // `PWD=/home/x` is a folder, in every line of sudo.
  if (name == "pwd" && (value.find_first_of("/~.\\") == 0 || value.substr(1).starts_with(":"))) return false;
  if (name == "secret" && is_object_name(value)) return false;
  const bool told = sign != ":" || !key_end.empty() || !plain;
  if (is_password) return told || (value.size() >= short_password && looks_random(value));
  if (name == "pwd") return told;
  if (name == "_pass") return told && value.find_first_not_of("0123456789") != std::string_view::npos;
  return value.size() >= (told ? shortest_drawn : short_token) && looks_random(value);
}

}  // namespace ssblog
