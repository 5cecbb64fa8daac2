// SPDX-License-Identifier: MIT
// assemble/selection.h - which lines are wanted.
//
// Used by log, search, assemble and whatever hands lines on. Pure values; what people write is read by query.h. What a
// whole message has decides `Selection`, what each line has `LineFilter` (line_filter.h).
#pragma once

#include "assemble/name_choice.h"
#include "assemble/text_pattern.h"
#include "feed/id.h"
#include "feed/level.h"
#include "feed/record.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// Both included.
struct LevelRange {
  Level worst = worst_level;
  Level mildest = mildest_level;
  bool operator==(const LevelRange&) const = default;
};

struct Selection {
  std::vector<FeedId> feeds;  ///< empty: all
  NameChoice host;            ///< as a line shows it, the feed's id or its beginning, or HOST@ID
  NameChoice source;          ///< as the line says it; so are the next three
  NameChoice destination;
  NameChoice job;
  NameChoice stream;
  NameChoice env, service, function;   ///< as the whole message says them
  NameChoice run;                      ///< as the record or the chunk has it
  std::optional<Millis> since, until;  ///< by t', both included
  std::optional<LevelRange> levels;    ///< lines whose level is not known are in none
  std::vector<TextRule> texts;         ///< all of them hold for a line
  /// Lines with a clock that was not set yet stand, and are looked for, where they belong, as far as their boot told it
  /// later (docs/format.md). Not where an output must stay as it is: the place moves with each later word of the boot.
  bool right_clocks = false;
  bool all_types = false;  ///< messages that are no log, job or loss, too

  bool wants_feed(const FeedId& id) const;
  bool wants_host(const FeedId& id, std::string_view host) const;
  /// True: whatever its host is called, no line of the feed is wanted. `names` are all that it ever had.
  bool rules_out(const FeedId& id, const std::vector<std::string>& names) const;
  bool wants(const Record& record) const;
  /// Of a stream not all is wanted: by its messages, or their lines.
  bool parts_streams() const {
    return source || destination || env || service || function || run || since || until || looks_at_lines();
  }
  /// Not all lines of a message that is wanted are.
  bool looks_at_lines() const { return levels || !texts.empty(); }
};

/// The least that says which feed is meant: shorter beginnings of ids are taken for names.
inline constexpr std::size_t shortest_id_prefix = 6;

/// A text that is equal for equal selections; kept with what was made of one.
std::string to_text(const Selection& selection);

}  // namespace ssblog
