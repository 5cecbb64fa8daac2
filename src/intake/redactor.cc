// SPDX-License-Identifier: MIT
#include "intake/redactor.h"

#include "intake/key_lines.h"
#include "intake/redact_scan.h"
#include "intake/secret_rules.h"

#include <algorithm>

namespace ssblog {

Result<Redactor> Redactor::create(const std::vector<std::string>& patterns) {
  auto rules = make_secret_rules(patterns);
  if (!rules) return rules.error();
  return Redactor(std::move(*rules));
}

Redactor::Redactor(std::unique_ptr<const SecretRules> rules) : rules_(std::move(rules)) {}
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;
Redactor::~Redactor() = default;

std::size_t Redactor::mask(std::span<char> bytes, std::size_t most, Behind behind, RedactState& state,
                           const Note& note) const {
  if (!state.open.empty()) return mask_behind_open(bytes, most, behind, state, note);
  most = std::min(most, bytes.size());
  const std::size_t done =
      RedactScan(*rules_, bytes, most, behind == Behind::later ? Behind::more : behind, state, note).run();
  if (done >= most || behind != Behind::later) return done;
  // What has to wait is given out all the same. If no secret of it shows so far, it is looked at once more with what comes.
  const auto rest = bytes.subspan(done, most - done);
  const RedactState before = state;
  const std::string unmasked(rest.begin(), rest.end());
  const Note from_done = [&](std::string_view name, std::size_t begin, std::size_t length) {
    if (note) note(name, done + begin, length);
  };
  RedactScan scan(*rules_, rest, rest.size(), Behind::later, state, from_done);
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
