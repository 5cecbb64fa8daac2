// SPDX-License-Identifier: MIT
// assemble/format/line_fields.h - what formats say of a line beside its bytes, and how its bytes are got.
//
// Used by the formats. Pure but for the sweep; one thread.
#pragma once

#include "assemble/sweep.h"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ssblog {

/// The type of its message, or `gap` for bytes that are missing: `log`, `job`, `loss`, `gap`; with `log --all` others.
std::string_view kind_of(const SweptLine& line);

/// As the feed says it, mostly a keyword of syslog (`emerg` to `debug`); empty when it does not.
std::string_view level_of(const SweptLine& line);

/// 0 (emerg) to 7 (debug) for formats that must have a number. What the feed does not say, or not as a keyword: 6 (info)
/// for log lines, 5 (notice) for jobs, 4 (warning) for what is missing.
int severity_of(const SweptLine& line);

/// Calls `use` with the bytes of a line, piece by piece, as far as they are known.
template <class Use>
Result<void> each_piece(Sweep& sweep, const SweptLine& line, const Use& use) {
  if (auto used = use(line.bytes); !used) return used;
  if (line.finished) return {};
  return sweep.rest(line, use);
}

/// What must be known of bytes before the first of them is written. A line over several messages is read twice for it,
/// since it may be longer than memory.
struct LineShape {
  std::uint64_t size = 0;
  bool is_utf8 = true;
  /// No control characters but tabs, and nothing that a terminal would obey (characters.h).
  bool is_harmless = true;
  std::uint64_t escaped_size = 0;  ///< of its escaped form (escape.h)
};
Result<LineShape> shape_of(Sweep& sweep, const SweptLine& line);

/// What a format writes of the fields that many lines share: up to three texts, between which stands what each line has
/// of its own.
using SharedText = std::array<std::string, 3>;

/// Remembers them: lines of the same few streams take turns, and mostly those of a few messages do.
class SharedTexts {
 public:
  /// Those of a line; `make` is called for fields that are not remembered. They live until the next call.
  template <class Make>
  const SharedText& of(const SweptLine& line, const Make& make) {
    Recent& recent = recent_[index_of(line.message->row)];
    if (recent.row == line.message->row.value && recent.structural == line.structural &&
        recent.level == line.level)
      return *recent.text;
    const auto [found, is_new] = find(line);
    if (is_new) make(*found);
    // Found anew: what is remembered may have been forgotten.
    recent_[index_of(line.message->row)] = {line.message->row.value, line.structural, line.level, found};
    return *found;
  }

 private:
  struct Recent {
    std::int64_t row = -1;
    bool structural = false;
    char level = '-';
    const SharedText* text = nullptr;
  };
  static constexpr std::size_t most_recent = 128;

  static std::size_t index_of(RowId row) {
    return (static_cast<std::size_t>(row.feed()) * 37 + row.sequence()) % most_recent;
  }
  std::pair<SharedText*, bool> find(const SweptLine& line);

  std::unordered_map<std::string, SharedText> known_;
  std::array<Recent, most_recent> recent_{};
  std::string key_;
};

}  // namespace ssblog
