// SPDX-License-Identifier: MIT
#include "intake/secret_look.h"

#include "intake/key_lines.h"

#include <algorithm>
#include <array>
#include <bit>

namespace ssblog {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
std::size_t first_blank(std::string_view text) {
  const auto at =
      std::find_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
  return static_cast<std::size_t>(at - text.begin());
}

/// What the pattern of a preset says is the secret; empty: no match.
std::string_view value_of(const KnownSecrets::Rule& rule, std::string_view text) {
  if (rule.preset->read != nullptr) return rule.preset->read(text);
  const re2::StringPiece all(text.data(), text.size());
  std::array<re2::StringPiece, 2> groups;
  if (!rule.pattern.compiled().Match(all, 0, all.size(), RE2::ANCHOR_START, groups.data(), groups.size()))
    return {};
  return {groups[1].data(), groups[1].size()};
}

}  // namespace

SecretLook::SecretLook(const SecretRules& rules, std::string_view bytes, char before, Behind behind)
    : rules_(rules),
      bytes_(bytes),
      before_(before),
      ends_(behind != Behind::more),
      lenient_(behind == Behind::later),
      cut_(behind == Behind::cut),
      memories_(rules.known.rules.size()) {}

SecretLook::Reach SecretLook::reach(std::size_t from, bool one_word, std::size_t longest) {
  const std::size_t most = std::min(from + longest, bytes_.size());
  // Many anchors in one line are not to have it searched each time.
  Ending& ending = one_word ? blank_ : newline_;
  if (from < ending.searched_from || from > ending.at || (!ending.found && most > ending.at)) {
    const std::size_t far = std::min(from + 2 * Redactor::longest_secret, bytes_.size());
    const auto look = bytes_.substr(from, far - from);
    const std::size_t first = one_word ? first_blank(look) : std::min(look.find('\n'), look.size());
    ending = {from, from + first, first < look.size()};
  }
  if (ending.found && ending.at < most) return {ending.at, true, false};
  if (most - from == longest) return {most, true, true};
  return {most, ends_, false};
}

FoundSecret SecretLook::secret_at(std::size_t from) {
  const std::string_view rest = bytes_.substr(from);
  SecretAnchors::Presets presets = anchors_.at_begin(rest);
  if ((presets & SecretAnchors::key_in_pem) != 0) return key_at(from);
  for (; presets != 0; presets &= presets - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(presets));
    const KnownSecrets::Rule& rule = rules_.known.rules[i];
    const SecretPreset& preset = *rule.preset;
    if (preset.alone && is_word(before(from))) continue;
    // Of an unfinished secret less is there than of a whole one.
    const bool whole = !lenient_ && !cut_;
    if (whole && preset.may_begin != nullptr && !preset.may_begin(rest)) continue;
    const Reach to = reach(from, preset.one_word, preset.longest);
    if (!to.known) return {.from = from, .undecided = true};
    if (whole && !may_match(preset, memories_[i], from, to)) continue;
    if (is_refused(memories_[i].refused, from, to)) continue;
    const FoundSecret secret = preset.check == SecretCheck::assigned
                                   ? assigned_at(preset, from, to, memories_[i].refused)
                                   : match(rule, from, to, memories_[i].refused);
    if (secret.found() || secret.undecided) return secret;
  }
  return {.from = from};
}

bool SecretLook::may_match(const SecretPreset& preset, Memory& memory, std::size_t from,
                           const Reach& to) const {
  if (preset.needs == '\0') return true;
  if (from < memory.needed_from || from > memory.needed || memory.needed < memory.needed_from) {
    memory.needed_from = from;
    memory.needed = std::min(bytes_.find(preset.needs, from), bytes_.size());
  }
  return memory.needed < to.end;
}

bool SecretLook::is_refused(Refused& refused, std::size_t from, const Reach& to) const {
  constexpr std::size_t longest_key = 16;  // with its sign
  if (lenient_ || cut_ || from + longest_key >= refused.end) return false;
  if (!refused.open) return true;
  for (; refused.end < to.end; ++refused.end) {
    const char c = bytes_[refused.end];
    if (!(c >= 'a' && c <= 'z') && std::string_view("-._:/").find(c) == std::string_view::npos) return false;
  }
  refused.open = to.cut_short;
  return true;
}

FoundSecret SecretLook::match(const KnownSecrets::Rule& rule, std::size_t from, const Reach& to,
                              Refused& refused) const {
  const SecretPreset& preset = *rule.preset;
  // What may go on is not yet what it seems.
  if (lenient_) {
    if (const FoundSecret begun = unfinished(rule, from, to); begun.found()) return begun;
  }
  const std::string_view value = value_of(rule, bytes_.substr(from, to.end - from));
  if (!value.empty()) {
    const bool is_it = preset.check == SecretCheck::none ||
                       (preset.check == SecretCheck::random && looks_random(value)) ||
                       (preset.check == SecretCheck::url && is_url_password(value)) ||
                       (preset.check == SecretCheck::user_password && is_user_password(value));
    if (is_it) return secret_of(from, value, preset.name, to);
    if (preset.runs_on && !looks_random(value)) refuse(refused, value, to);
  }
  // Where the bytes end, nothing more tells whether it is one.
  return cut_ ? unfinished(rule, from, to) : FoundSecret{.from = from};
}

FoundSecret SecretLook::assigned_at(const SecretPreset& preset, std::size_t from, Reach to,
                                    Refused& refused) {
  const auto ends_at_reach = [&](const Assignment& read) {
    return read.value.data() + read.value.size() == bytes_.data() + to.end;
  };
  auto read = read_assignment(bytes_.substr(from, to.end - from));
  if (read && !read->plain && to.cut_short && ends_at_reach(*read)) {
    // Nothing but its quote ends it.
    to = reach(from, preset.one_word);
    if (!to.known) return {.from = from, .undecided = true};
    read = read_assignment(bytes_.substr(from, to.end - from));
  }
  if (!read) return {.from = from};
  const bool may_go_on = lenient_ && to.end == bytes_.size() && ends_at_reach(*read);
  if (may_go_on || is_assigned(*read)) {
    FoundSecret secret = secret_of(from, read->value, preset.name, to);
    secret.quoted = !read->plain;
    return secret;
  }
  const bool unsaid = read->plain && read->sign == ":" && read->key_end.empty();
  if (unsaid && !looks_random(read->value)) refuse(refused, read->value, to);
  return {.from = from};
}

void SecretLook::refuse(Refused& refused, std::string_view value, const Reach& to) const {
  const auto end = static_cast<std::size_t>(value.data() - bytes_.data()) + value.size();
  refused = {end, to.cut_short && end == to.end};
}

FoundSecret SecretLook::unfinished(const KnownSecrets::Rule& rule, std::size_t from, const Reach& to) const {
  const FoundSecret none{.from = from};
  if (to.end < bytes_.size() || to.cut_short || !rule.unfinished.exists()) return none;
  const re2::StringPiece text(bytes_.data() + from, to.end - from);
  std::array<re2::StringPiece, 2> groups;
  if (!rule.unfinished.compiled().Match(text, 0, text.size(), RE2::ANCHOR_BOTH, groups.data(), 2))
    return none;
  const std::string_view value(groups[1].data(), groups[1].size());
  if (lenient_ && rule.preset->check == SecretCheck::random && !looks_random(value)) return none;
  return secret_of(from, value, rule.preset->name, to);
}

FoundSecret SecretLook::secret_of(std::size_t from, std::string_view value, std::string_view name,
                                  const Reach& to) const {
  const auto begin = static_cast<std::size_t>(value.data() - bytes_.data());
  const std::size_t end = begin + value.size();
  return {.from = from, .begin = begin, .end = end, .name = name, .goes_on = to.cut_short && end == to.end};
}

FoundSecret SecretLook::key_at(std::size_t from) {
  const Reach to = reach(from, false);
  if (!to.known) return {.from = from, .undecided = true};
  std::array<re2::StringPiece, 2> groups;
  const re2::StringPiece text(bytes_.data() + from, to.end - from);
  if (!rules_.known.key.compiled().Match(text, 0, text.size(), RE2::ANCHOR_START, groups.data(),
                                         groups.size()))
    return {.from = from};
  // Behind the header, to the next one: other signs may stand for the ends of its lines, or headers of its own.
  const std::size_t lines = bytes_.find("-----", from + pem_begin.size()) + 5;
  const std::string_view rest = bytes_.substr(lines, to.end - std::min(lines, to.end));
  const auto* const known_end =
      groups[1].data() == nullptr ? rest.data() : groups[1].data() + groups[1].size();
  const std::string_view inside = before_next_header(rest);
  FoundSecret secret{.from = from};
  if (known_end < inside.data() + inside.size() &&
      has_key_line(inside.substr(static_cast<std::size_t>(known_end - inside.data()))))
    secret = secret_of(from, inside, pem_name, to);
  else if (groups[1].data() != nullptr)
    secret = secret_of(from, {groups[1].data(), groups[1].size()}, pem_name, to);
  secret.begins_key = true;
  return secret;
}

}  // namespace ssblog
