// SPDX-License-Identifier: MIT
#include "intake/redactor.h"

#include "feed/bytes.h"
#include "feed/mask.h"
#include "intake/secret_presets.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace ssblog {
namespace {

constexpr std::int64_t preset_memory = 8 << 20;    // of RE2, for all anchors together
constexpr std::int64_t pattern_memory = 1 << 20;   // ... for one pattern
constexpr std::size_t longest_pattern = 4096;      // bytes
constexpr std::string_view user_name = "pattern";  // in the mask of what a user's pattern found
constexpr std::size_t longest_anchor = 32;
constexpr std::size_t step = Redactor::longest_secret / 2;
constexpr std::size_t key_line = 40;  // base64 letters that a line of a key has, but for its last ones
constexpr std::uint8_t most_short_lines = 2;  // the last line of a key, and a checksum

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_base64(char c) { return (is_word(c) && c != '_') || c == '+' || c == '/' || c == '='; }
/// A secret that is longer than the longest ends here.
bool ends_secret(char c) { return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '`'; }
std::size_t first_blank(std::string_view text) {
  const auto at =
      std::find_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
  return static_cast<std::size_t>(at - text.begin());
}
bool same_letter(char a, char b, bool any_case) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return a == b || (any_case && low(a) == low(b));
}
bool begins_with(std::string_view text, std::string_view begin, bool any_case) {
  return text.size() >= begin.size() &&
         std::equal(begin.begin(), begin.end(), text.begin(),
                    [any_case](char a, char b) { return same_letter(a, b, any_case); });
}

RE2::Options options_of(std::int64_t memory) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory);
  options.set_encoding(RE2::Options::EncodingLatin1);  // a line may be any bytes
  return options;
}

std::unique_ptr<RE2> compiled(std::string_view pattern) {
  return std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options_of(pattern_memory));
}

std::string any_anchor() {
  std::string pattern(pem_begin);
  for (const SecretPreset& preset : secret_presets()) {
    for (const std::string_view anchor : preset.anchors)
      fmt::format_to(std::back_inserter(pattern), "|{}{})", preset.any_case ? "(?i:" : "(?:",
                     RE2::QuoteMeta(re2::StringPiece(anchor.data(), anchor.size())));
  }
  return pattern;
}

/// So many base64 letters in a row stand in it as in a line of a key.
bool has_key_line(std::string_view text) {
  for (std::size_t from = 0; from + key_line <= text.size();) {
    std::size_t last = from + key_line;
    while (last > from && is_base64(text[last - 1])) --last;
    if (last == from) return true;
    from = last;
  }
  return false;
}

/// The length of a terminal's color code that ends the line.
std::size_t color_at_end(std::string_view line) {
  const std::size_t escape = line.rfind('\x1b');
  if (escape == std::string_view::npos) return 0;
  const std::string_view code = line.substr(escape + 1);
  const bool is_color = code.size() >= 2 && code.front() == '[' &&
                        (code.back() == 'm' || code.back() == 'K') &&
                        code.find_first_not_of("0123456789;", 1) == code.size() - 1;
  return is_color ? code.size() + 1 : 0;
}

bool is_key_header(std::string_view line) {
  constexpr std::string_view headers[] = {
      "Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Hash:", "Charset:"};
  return std::any_of(std::begin(headers), std::end(headers),
                     [line](std::string_view header) { return line.find(header) != std::string_view::npos; });
}

}  // namespace

std::string format_redact_state(const RedactState& state) {
  if (state.unknown) return "?";
  if (state.is_clear()) return "";
  return fmt::format("{} {} {} {} {} {}", static_cast<int>(state.block), state.short_lines, state.column,
                     state.in_secret ? 1 : 0, static_cast<unsigned>(static_cast<unsigned char>(state.before)),
                     to_hex(as_bytes(state.open)));
}

std::optional<RedactState> parse_redact_state(std::string_view text) {
  RedactState state;
  if (text.empty()) return state;
  state.unknown = text == "?";
  if (state.unknown) return state;
  constexpr unsigned most[] = {2, most_short_lines, Redactor::longest_secret, 1, 255};
  constexpr std::size_t count = std::size(most);
  unsigned fields[count] = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto [behind, error] = std::from_chars(at, end, fields[i]);
    if (error != std::errc() || fields[i] > most[i] || behind == end || *behind != ' ') return std::nullopt;
    at = behind + 1;
  }
  const std::string_view open(at, static_cast<std::size_t>(end - at));
  if (open.size() > 2 * Redactor::most_held) return std::nullopt;
  auto bytes = from_hex(open);
  if (!bytes) return std::nullopt;
  state.open = as_text(*bytes);
  state.block = static_cast<RedactState::Block>(fields[0]);
  state.short_lines = static_cast<std::uint8_t>(fields[1]);
  state.column = static_cast<std::uint16_t>(fields[2]);
  state.in_secret = fields[3] != 0;
  state.before = static_cast<char>(fields[4]);
  return state;
}

/// What all redactors share.
struct Redactor::Presets {
  struct Preset {
    const SecretPreset* preset;
    std::unique_ptr<RE2> pattern, unfinished;  ///< the second may be missing
  };
  std::unique_ptr<RE2> anchor;  ///< any of all presets
  std::vector<Preset> presets;
  RE2 key{// group 1: its lines, where they stand in this one
          R"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)"
          R"((?:(?:\\[rn]|[ \t])*([A-Za-z0-9+/=][A-Za-z0-9+/=\\ ]{15,}))?)",
          options_of(pattern_memory)};
};

struct Redactor::Rules {
  std::shared_ptr<const Presets> known;
  std::vector<std::unique_ptr<RE2>> patterns;  ///< a user's own
};

/// One call of `mask`.
class Redactor::Scan {
 public:
  Scan(const Rules& rules, std::span<char> bytes, std::size_t most, Behind behind, RedactState& state,
       const Note& note)
      : rules_(rules),
        bytes_(bytes.data(), bytes.size()),
        out_(bytes),
        most_(std::min(most, bytes.size())),
        ends_(behind != Behind::more),
        lenient_(behind == Behind::later),
        cut_(behind == Behind::cut),
        state_(state),
        note_(note),
        refused_(rules.known->presets.size()) {}

  std::size_t run() {
    while (at_ < most_ && go_on()) {
    }
    if (at_ > 0) state_.before = bytes_[at_ - 1];
    if (state_.block == RedactState::Block::none) state_.column = state_.short_lines = 0;
    return at_;
  }

  std::size_t masked() const { return masked_; }
  /// Where the last secret's match begins, if it is one in quotes and may go on behind the bytes.
  std::optional<std::size_t> open_quote() const {
    return state_.in_secret && last_.quoted ? std::optional(last_.from) : std::nullopt;
  }
  /// The last secret is of the unfinished line of a key that the bytes begin with.
  bool is_in_key_line() const { return in_key_line_; }
  std::size_t secret_begin() const { return last_.begin; }

 private:
  /// The first newline or blank of a stretch, or its end.
  struct Ending {
    std::size_t searched_from = 1, at = 0;
    bool found = false;
  };
  /// Where a look ends, and whether it is known that it does.
  struct Reach {
    std::size_t end = 0;
    bool known = false;
    bool cut_short = false;  ///< what is looked for may go on behind it
  };
  /// A value that was matched, and is no secret.
  struct Refused {
    std::size_t end = 0;
    bool open = false;  ///< it goes on behind the reach
  };
  struct Secret {
    std::size_t from = 0;            ///< where its match begins
    std::size_t begin = 0, end = 0;  ///< begin == end: none
    std::string_view name;
    bool goes_on = false;    ///< beyond the reach
    bool undecided = false;  ///< too little is there to say
    bool quoted = false;     ///< a quote ends it, a blank does not
    bool found() const { return end > begin; }
  };

  char before(std::size_t at) const { return at > 0 ? bytes_[at - 1] : state_.before; }

  /// False: the rest has to wait for more bytes.
  bool go_on() {
    if (state_.in_secret) return go_on_in_secret();
    if (state_.block != RedactState::Block::none && before(at_) == '\n') {
      const std::size_t from = at_;
      const auto block = state_.block;
      const bool done = key_line_at();
      if (!done || at_ > from || state_.block == block) return done;
      // The line is none of a key.
    }
    return rules_.patterns.empty() ? plain() : by_line();
  }

  bool go_on_in_secret() {
    std::size_t end = at_;
    while (end < most_ && !ends_secret(bytes_[end])) ++end;
    std::fill(out_.begin() + static_cast<std::ptrdiff_t>(at_),
              out_.begin() + static_cast<std::ptrdiff_t>(end), '*');
    state_.in_secret = end == most_;
    at_ = masked_ = end;
    return true;
  }

  /// From `from` to the end of the line, or the next blank, but not over `longest`.
  Reach reach(std::size_t from, bool one_word, std::size_t longest = longest_secret) {
    const std::size_t most = std::min(from + longest, bytes_.size());
    // Many anchors in one line are not to have it searched each time.
    Ending& ending = one_word ? blank_ : newline_;
    if (from < ending.searched_from || from > ending.at || (!ending.found && most > ending.at)) {
      const std::size_t far = std::min(from + 2 * longest_secret, bytes_.size());
      const auto look = bytes_.substr(from, far - from);
      const std::size_t first = one_word ? first_blank(look) : std::min(look.find('\n'), look.size());
      ending = {from, from + first, first < look.size()};
    }
    if (ending.found && ending.at < most) return {ending.at, true, false};
    if (most - from == longest) return {most, true, true};
    return {most, ends_, false};
  }

  /// The next anchor from `from` on, before `end`; `end`: there is none.
  std::size_t next_anchor(std::size_t from, std::size_t end) const {
    re2::StringPiece match;
    const re2::StringPiece text(bytes_.data(), end);
    if (!rules_.known->anchor->Match(text, from, end, RE2::UNANCHORED, &match, 1)) return end;
    return static_cast<std::size_t>(match.data() - bytes_.data());
  }

  /// Where the last bytes may be the beginning of an anchor; the size: nowhere.
  std::size_t unfinished_anchor() const {
    std::size_t first = bytes_.size();
    const auto look = [&](std::string_view anchor, bool any_case) {
      const std::size_t longest = std::min(anchor.size() - 1, bytes_.size() - at_);
      for (std::size_t length = longest; length > 0; --length) {
        const std::size_t from = bytes_.size() - length;
        if (from >= first) return;
        if (begins_with(bytes_.substr(from), anchor.substr(0, length), any_case)) first = from;
      }
    };
    if (ends_) return first;
    look(pem_begin, false);
    for (const auto& rule : rules_.known->presets) {
      for (const std::string_view anchor : rule.preset->anchors) look(anchor, rule.preset->any_case);
    }
    return first;
  }

  /// The secret whose anchor stands at `from`.
  Secret secret_at(std::size_t from) {
    const std::string_view rest = bytes_.substr(from);
    if (rest.starts_with(pem_begin)) return key_at(from);
    for (std::size_t i = 0; i < rules_.known->presets.size(); ++i) {
      const auto& rule = rules_.known->presets[i];
      const SecretPreset& preset = *rule.preset;
      if (preset.alone && is_word(before(from))) continue;
      if (std::none_of(preset.anchors.begin(), preset.anchors.end(),
                       [&](std::string_view anchor) { return begins_with(rest, anchor, preset.any_case); }))
        continue;
      const Reach to = reach(from, preset.one_word, preset.longest);
      if (!to.known) return undecided(from);
      // Most URLs have no password.
      const bool has_all = preset.needs == '\0' || lenient_ || ends_ ||
                           bytes_.substr(from, to.end - from).find(preset.needs) != std::string_view::npos;
      if (!has_all || is_refused(refused_[i], from, to)) continue;
      Secret secret = match(rule, from, to, refused_[i]);
      if (secret.found()) return secret;
    }
    return {from, 0, 0, {}, false, false, false};
  }

  static Secret undecided(std::size_t from) { return {from, 0, 0, {}, false, true, false}; }

  /// Whether what matches at `from` lies in a value that does not look drawn: a part of it does not, either. So a line
  /// full of anchors is not matched again from each of them.
  bool is_refused(Refused& refused, std::size_t from, const Reach& to) const {
    constexpr std::size_t longest_key = 16;  // with its sign
    if (lenient_ || cut_ || from + longest_key >= refused.end) return false;
    if (!refused.open) return true;
    for (; refused.end < to.end; ++refused.end) {
      const char c = bytes_[refused.end];
      if (!(c >= 'a' && c <= 'z') && std::string_view("-._:/").find(c) == std::string_view::npos)
        return false;
    }
    refused.open = to.cut_short;
    return true;
  }

  Secret match(const Presets::Preset& rule, std::size_t from, const Reach& to, Refused& refused) const {
    const re2::StringPiece text(bytes_.data() + from, to.end - from);
    std::array<re2::StringPiece, assigned_groups> groups;
    const SecretPreset& preset = *rule.preset;
    // What may go on is not yet what it seems.
    if (lenient_) {
      if (const Secret begun = unfinished(rule, from, to); begun.found()) return begun;
    }
    const bool by_groups = preset.check == SecretCheck::assigned;
    if (rule.pattern->Match(text, 0, text.size(), RE2::ANCHOR_START, groups.data(),
                            by_groups ? static_cast<int>(groups.size()) : 2)) {
      const auto view = [&groups](std::size_t i) {
        return groups.at(i).data() == nullptr ? std::string_view()
                                              : std::string_view(groups.at(i).data(), groups.at(i).size());
      };
      std::string_view value = view(1);
      bool plain = false;
      if (by_groups) {
        std::size_t group = assigned_values;
        while (view(group).empty()) ++group;
        plain = group + 1 == assigned_groups;
        value = view(group);
      }
      const bool touches =
          lenient_ && to.end == bytes_.size() && value.data() + value.size() == text.data() + text.size();
      const bool is_it = (touches && by_groups) || preset.check == SecretCheck::none ||
                         (preset.check == SecretCheck::random && looks_random(value)) ||
                         (preset.check == SecretCheck::url && is_url_password(value)) ||
                         (preset.check == SecretCheck::user_password && is_user_password(value)) ||
                         (by_groups && is_assigned(view(assigned_key), view(assigned_key_end),
                                                   view(assigned_sign), value, plain));
      if (is_it) {
        Secret secret = secret_of(from, value, preset.name, to);
        secret.quoted = by_groups && !plain;
        return secret;
      }
      const bool in_run = preset.check == SecretCheck::random && preset.runs_on;
      const bool unsaid = by_groups && plain && view(assigned_sign) == ":" && view(assigned_key_end).empty();
      if ((in_run || unsaid) && !looks_random(value)) {
        const auto end = static_cast<std::size_t>(value.data() - bytes_.data()) + value.size();
        refused = {end, to.cut_short && end == to.end};
      }
    }
    // Where the bytes end, nothing more tells whether it is one.
    return cut_ ? unfinished(rule, from, to) : Secret{from, 0, 0, {}, false, false, false};
  }

  /// The beginning of a secret, where the bytes end.
  Secret unfinished(const Presets::Preset& rule, std::size_t from, const Reach& to) const {
    const Secret none{from, 0, 0, {}, false, false, false};
    if (to.end < bytes_.size() || to.cut_short || !rule.unfinished) return none;
    const re2::StringPiece text(bytes_.data() + from, to.end - from);
    std::array<re2::StringPiece, 2> groups;
    if (!rule.unfinished->Match(text, 0, text.size(), RE2::ANCHOR_BOTH, groups.data(), 2)) return none;
    const std::string_view value(groups[1].data(), groups[1].size());
    if (lenient_ && rule.preset->check == SecretCheck::random && !looks_random(value)) return none;
    return secret_of(from, value, rule.preset->name, to);
  }

  Secret secret_of(std::size_t from, std::string_view value, std::string_view name, const Reach& to) const {
    const auto begin = static_cast<std::size_t>(value.data() - bytes_.data());
    const std::size_t end = begin + value.size();
    return {from, begin, end, name, to.cut_short && end == to.end, false, false};
  }

  /// The header of a private key. Its lines follow, or all of it stands in this one.
  Secret key_at(std::size_t from) {
    const Reach to = reach(from, false);
    if (!to.known) return undecided(from);
    std::array<re2::StringPiece, 2> groups;
    const re2::StringPiece text(bytes_.data() + from, to.end - from);
    if (!rules_.known->key.Match(text, 0, text.size(), RE2::ANCHOR_START, groups.data(), groups.size())) {
      return {from, 0, 0, {}, false, false, false};
    }
    begins_key_ = true;
    // Behind the header, to the next one: other signs may stand for the ends of its lines, or headers of its own.
    const std::size_t lines = bytes_.find("-----", from + pem_begin.size()) + 5;
    const std::string_view rest = bytes_.substr(lines, to.end - std::min(lines, to.end));
    const auto* const known_end =
        groups[1].data() == nullptr ? rest.data() : groups[1].data() + groups[1].size();
    std::size_t end = 0;
    while ((end = rest.find("-----", end)) != std::string_view::npos) {
      const std::string_view next = rest.substr(end + 5);
      if (next.starts_with("END") || next.starts_with("BEGIN")) break;
      ++end;
    }
    const std::string_view inside = rest.substr(0, end);
    if (known_end < inside.data() + inside.size() &&
        has_key_line(inside.substr(static_cast<std::size_t>(known_end - inside.data()))))
      return secret_of(from, inside, pem_name, to);
    if (groups[1].data() == nullptr) return {from, 0, 0, {}, false, false, false};
    return secret_of(from, {groups[1].data(), groups[1].size()}, pem_name, to);
  }

  /// False: it goes over what may be taken now.
  bool take(const Secret& secret) {
    if (secret.end > most_) return false;
    write_mask(out_.subspan(secret.begin, secret.end - secret.begin), secret.name);
    if (note_) note_(secret.name, secret.begin, secret.end - secret.begin);
    state_.in_secret = secret.goes_on || (lenient_ && secret.end == bytes_.size());
    at_ = masked_ = secret.end;
    last_ = secret;
    return true;
  }

  /// Presets alone: most lines are passed over by one search for all anchors.
  bool plain() {
    // The lines of a key are looked at one by one.
    std::size_t end = bytes_.size();
    if (state_.block != RedactState::Block::none)
      end = std::min(bytes_.find('\n', at_), bytes_.size() - 1) + 1;
    std::size_t from = at_;
    while (true) {
      const std::size_t search_end = std::min(end, most_ + longest_anchor);
      from = next_anchor(from, search_end);
      if (from >= std::min(search_end, most_)) break;
      begins_key_ = false;
      const Secret secret = secret_at(from);
      if (begins_key_) return take_key_begin(secret, from);
      if (secret.undecided || (secret.found() && secret.end > most_)) {
        at_ = from;
        return false;
      }
      if (secret.found()) return take(secret);
      ++from;
    }
    const std::size_t done = std::min({end, most_, unfinished_anchor()});
    if (done <= at_) return false;
    at_ = done;
    return at_ == end || at_ == most_;
  }

  bool take_key_begin(const Secret& secret, std::size_t from) {
    const std::size_t end = secret.found() ? secret.end : from + pem_begin.size();
    if (end > most_) {
      if (rules_.patterns.empty()) at_ = from;
      return false;
    }
    if (secret.found())
      take(secret);
    else
      at_ = end;
    state_.block = RedactState::Block::begun;
    state_.short_lines = 0;
    state_.column = 0;
    return true;
  }

  /// A user's patterns see a line at a time, or a stretch of a long one.
  bool by_line() {
    const Reach to = reach(at_, false);
    if (!to.known) return false;
    // Of a stretch of a long line the second half is looked at again, with what is behind it.
    const std::size_t begin_end = to.cut_short ? at_ + step : to.end;
    Secret first = first_of_user(to.end, to);
    if (first.from >= begin_end) first = {};
    for (std::size_t from = at_; (from = next_anchor(from, to.end)) < begin_end; ++from) {
      if (first.found() && first.from < from) break;
      begins_key_ = false;
      const Secret secret = secret_at(from);
      if (secret.undecided) return false;
      if (begins_key_) return take_key_begin(secret, from);
      if (!secret.found()) continue;
      first = secret;
      break;
    }
    if (first.found()) return take(first);
    const std::size_t next = to.cut_short ? begin_end : std::min(to.end + 1, bytes_.size());
    if (next > most_) return false;
    at_ = next;
    return true;
  }

  /// The leftmost match of a user's patterns from here on.
  Secret first_of_user(std::size_t end, const Reach& to) const {
    // One byte before, so that `^` and `\b` mean what they mean in the whole line.
    std::string with_before;
    std::size_t begin = at_;  // of the text, in bytes_
    std::size_t start = 0;    // of the search, in the text
    std::string_view text;
    if (before(at_) == '\n') {
      text = bytes_.substr(at_, end - at_);
    } else if (at_ > 0) {
      begin = at_ - 1;
      start = 1;
      text = bytes_.substr(begin, end - begin);
    } else {
      with_before.append(1, state_.before).append(bytes_.substr(0, end));
      start = 1;
      text = with_before;
    }
    Secret first;
    for (const auto& pattern : rules_.patterns) {
      std::array<re2::StringPiece, 2> groups;
      const int count = pattern->NumberOfCapturingGroups() > 0 ? 2 : 1;
      const re2::StringPiece all(text.data(), text.size());
      std::size_t search = start;
      while (search <= text.size() &&
             pattern->Match(all, search, text.size(), RE2::UNANCHORED, groups.data(), count)) {
        const re2::StringPiece match = groups[0];
        re2::StringPiece value = groups[static_cast<std::size_t>(count) - 1];
        if (value.data() == nullptr) value = match;  // the group took no part
        const auto at = static_cast<std::size_t>(match.data() - text.data());
        if (value.empty()) {
          search = at + 1;
          continue;
        }
        const std::size_t from = begin + at - (with_before.empty() ? 0 : 1);
        if (!first.found() || from < first.from) {
          const std::size_t value_begin =
              begin + static_cast<std::size_t>(value.data() - text.data()) - (with_before.empty() ? 0 : 1);
          const std::size_t value_end = value_begin + value.size();
          first = {from,  value_begin, value_end, user_name, to.cut_short && value_end == to.end,
                   false, false};
        }
        break;
      }
    }
    return first;
  }

  /// One line behind the BEGIN of a key. It stays where it is when the line is none of the key; `state_.block` says so.
  bool key_line_at() {
    const Reach to = reach(at_, false);
    if (!to.known) return false;
    std::string_view line = bytes_.substr(at_, to.end - at_);
    const std::size_t behind = std::min(to.cut_short ? to.end : to.end + 1, bytes_.size());
    if (line.find("-----END") != std::string_view::npos) {
      state_.block = RedactState::Block::none;
      return true;
    }
    bool blank_end = false;
    for (std::size_t before = line.size() + 1; line.size() < before;) {
      before = line.size();
      while (!line.empty() && std::string_view("\r\"',}]) \t").find(line.back()) != std::string_view::npos) {
        blank_end = blank_end || line.back() == ' ' || line.back() == '\t';
        line.remove_suffix(1);
      }
      line.remove_suffix(color_at_end(line));
    }
    std::size_t word = 0;
    while (word < line.size() && is_base64(line[line.size() - 1 - word])) ++word;
    const bool is_long = word >= key_line || (lenient_ && to.end == bytes_.size() && word > 0);
    const std::size_t column = line.size() - word;
    const bool is_short = state_.block == RedactState::Block::body && word > 0 &&
                          state_.short_lines < most_short_lines && column == state_.column;
    const bool is_blank = line.empty() || (blank_end && !is_long && !is_short);
    if (!is_long && !is_short && !is_blank && !is_key_header(line)) {
      state_.block = RedactState::Block::none;
      return true;
    }
    if (behind > most_) return false;
    if (is_long || is_short) {
      in_key_line_ = lenient_ && at_ == 0 && to.end == bytes_.size();
      const std::size_t end = at_ + line.size();
      if (!take({at_, end - word, end, pem_name, to.cut_short && end == to.end, false, false})) return false;
      state_.block = RedactState::Block::body;
      state_.short_lines = static_cast<std::uint8_t>(is_long ? 0 : state_.short_lines + 1);
      state_.column = static_cast<std::uint16_t>(column);
    }
    at_ = behind;
    return true;
  }

  const Rules& rules_;
  const std::string_view bytes_;
  const std::span<char> out_;
  const std::size_t most_;
  const bool ends_;     ///< nothing more is to be waited for
  const bool lenient_;  ///< ... but may come
  const bool cut_;      ///< ... since it is lost
  RedactState& state_;
  const Note& note_;
  std::size_t at_ = 0;      ///< all before is done
  std::size_t masked_ = 0;  ///< the end of the last secret
  Secret last_;
  Ending newline_, blank_;
  std::vector<Refused> refused_;  ///< the last one of each preset
  bool begins_key_ = false, in_key_line_ = false;
};

std::shared_ptr<const Redactor::Presets> Redactor::make_presets() {
  auto made = std::make_shared<Presets>();
  made->anchor = std::make_unique<RE2>(any_anchor(), options_of(preset_memory));
  for (const SecretPreset& preset : secret_presets()) {
    auto& rule = made->presets.emplace_back();
    rule.preset = &preset;
    rule.pattern = compiled(preset.pattern);
    if (!preset.unfinished.empty()) rule.unfinished = compiled(preset.unfinished);
  }
  return made;
}

Result<Redactor> Redactor::create(const std::vector<std::string>& patterns) {
  static const auto presets = make_presets();
  auto rules = std::make_unique<Rules>();
  rules->known = presets;
  if (patterns.size() > most_patterns)
    return Error{Code::config, fmt::format("there are {} redact-patterns: {} are taken; join some with `|`",
                                           patterns.size(), most_patterns)};
  for (const std::string& pattern : patterns) {
    if (pattern.size() > longest_pattern)
      return Error{Code::config, fmt::format("a redact-pattern has {} bytes: at most {} are taken",
                                             pattern.size(), longest_pattern)};
    auto made = compiled(pattern);
    if (!made->ok())
      return Error{Code::config, fmt::format("\"{}\" is no pattern of RE2: {}", pattern, made->error())};
    if (made->Match("", 0, 0, RE2::UNANCHORED, nullptr, 0) && made->NumberOfCapturingGroups() == 0)
      return Error{Code::config,
                   fmt::format("\"{}\" matches where nothing stands; say what it is to mask", pattern)};
    rules->patterns.push_back(std::move(made));
  }
  return Redactor(std::move(rules));
}

Redactor::Redactor(std::unique_ptr<const Rules> rules) : rules_(std::move(rules)) {}
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;
Redactor::~Redactor() = default;

std::size_t Redactor::mask(std::span<char> bytes, std::size_t most, Behind behind, RedactState& state,
                           const Note& note) const {
  if (!state.open.empty()) return mask_behind_open(bytes, most, behind, state, note);
  most = std::min(most, bytes.size());
  const std::size_t done =
      Scan(*rules_, bytes, most, behind == Behind::later ? Behind::more : behind, state, note).run();
  if (done >= most || behind != Behind::later) return done;
  // What has to wait is given out all the same. If no secret of it shows so far, it is looked at once more with what comes.
  const auto rest = bytes.subspan(done, most - done);
  const RedactState before = state;
  const std::string unmasked(rest.begin(), rest.end());
  const Note from_done = [&](std::string_view name, std::size_t begin, std::size_t length) {
    if (note) note(name, done + begin, length);
  };
  Scan scan(*rules_, rest, rest.size(), Behind::later, state, from_done);
  scan.run();
  if (before.block != RedactState::Block::none && before.before == '\n' && rest.size() <= most_held) {
    // Whether the line is of the key shows when it is whole. Of a long word letters of a key tell as much; a short one may
    // be the beginning of a header, and is kept beside the position, where nothing is signed.
    const std::size_t begin = scan.secret_begin(), length = scan.masked() - begin;
    state = before;
    state.open.assign(rest.begin(), rest.end());
    if (scan.is_in_key_line())
      state.open.replace(begin, length,
                         length < key_line ? unmasked.substr(begin, length) : std::string(length, 'A'));
    return most;
  }
  if (const auto from = scan.open_quote()) {
    // What comes is held against the same pattern: a blank does not end it.
    state.in_secret = false;
    if (*from > 0)
      state.before = rest[*from - 1];
    else
      state.before = before.before;
    state.open.assign(rest.begin() + static_cast<std::ptrdiff_t>(*from), rest.end());
    std::fill(state.open.begin() + static_cast<std::ptrdiff_t>(scan.secret_begin() - *from), state.open.end(),
              '*');
    return most;
  }
  const auto shown = rest.subspan(scan.masked());
  if (shown.size() > most_held || state.in_secret) return most;
  if (scan.masked() == 0) {
    state = before;
  } else {
    state.before = rest[scan.masked() - 1];
  }
  state.open.assign(shown.begin(), shown.end());
  return most;
}

std::size_t Redactor::mask_behind_open(std::span<char> bytes, std::size_t most, Behind behind,
                                       RedactState& state, const Note& note) const {
  std::string all = state.open;
  const std::size_t open = all.size();
  all.append(bytes.data(), bytes.size());
  RedactState after = state;
  after.open.clear();
  const Note behind_open = [&](std::string_view name, std::size_t begin, std::size_t length) {
    // Of a secret that began before only the rest can be masked; half a marker would be none.
    const std::size_t from = std::max(begin, open), end = begin + length;
    if (from >= end) return;
    if (begin < open)
      std::fill(all.begin() + static_cast<std::ptrdiff_t>(from),
                all.begin() + static_cast<std::ptrdiff_t>(end), '*');
    if (note) note(name, from - open, end - from);
  };
  const std::size_t done = mask(all, open + most, behind, after, behind_open);
  if (done <= open) return 0;
  state = std::move(after);
  std::copy(all.begin() + static_cast<std::ptrdiff_t>(open), all.begin() + static_cast<std::ptrdiff_t>(done),
            bytes.begin());
  return done - open;
}

void Redactor::mask(std::string& record, const Note& note) const {
  RedactState state;
  mask(record, record.size(), Behind::none, state, note);
}

RedactState Redactor::catch_up(std::string_view before) const {
  RedactState state;
  std::string copy(before);
  if (mask(copy, copy.size(), Behind::more, state) < copy.size()) {
    // It may be in the middle of a secret: what is left of the word is masked.
    state.in_secret = true;
    state.before = copy.back();
  }
  return state;
}

}  // namespace ssblog
