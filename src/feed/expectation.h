// SPDX-License-Identifier: MIT
// feed/expectation.h - the `expect` record: a rule of how often a job has to run, and how.
//
// Used by the store, which keeps the rules, by the judge of alerts and by `expect`. Nothing here fails: what is no rule is
// none, for every host alike. Pure, any thread. Source: docs/format.md, "expect".
#pragma once

#include "feed/id.h"
#include "feed/record.h"

#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// SHA-256 of what a rule says: equal rules of two hosts are one.
using RuleId = Key32<struct RuleTag>;

struct Expectation {
  std::string job;                          ///< not empty
  std::optional<FeedId> host;               ///< none: every host that has the job
  std::string source;                       ///< empty: from any
  std::string destination;                  ///< empty: to any
  std::optional<Millis> every;              ///< between the starts of two runs, at most
  std::string calendar;                     ///< or: when a run has to start, as board/calendar.h reads it
  std::string zone;                         ///< of that, by its name; empty: UTC
  Millis grace = 0;                         ///< so much later is not late yet
  std::optional<Millis> longest, shortest;  ///< how long a run may take
  int fail_after = 1;                       ///< so many bad runs in a row are a failure
  bool operator==(const Expectation&) const = default;
};

// What is beyond these is no rule.
inline constexpr Millis least_every = 1000;
inline constexpr Millis longest_wait = Millis{366} * 24 * 3600 * 1000;  ///< of every, grace, max and min
inline constexpr std::size_t longest_rule_text = 1000;  ///< bytes of job, source and destination
inline constexpr std::size_t longest_calendar = 200;    ///< bytes, of the zone too
inline constexpr int most_fail_after = 100;

/// Why a rule that a person made is none, as a sentence; empty: it is one.
std::string trouble_of(const Expectation& rule);

/// Canonical compact content. The order of its members is part of the rule's id.
std::string expectation_content(const Expectation& rule);
RuleId id_of(const Expectation& rule);

/// Takes back the message that made a rule. Another message that makes an equal one still stands, and the rule with it.
std::string removal_content(const MessageKey& made_by);

/// What an `expect` record says: one of the two.
struct ExpectRecord {
  std::optional<Expectation> rule;
  std::optional<MessageKey> removes;
};

/// Of canonical compact `content`; nothing for any other content.
std::optional<ExpectRecord> read_expect(std::string_view content);

}  // namespace ssblog
