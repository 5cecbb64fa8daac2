// SPDX-License-Identifier: MIT
// store/alert_book.h - the rules that count, the alerts that were made, and which of them this host told of already.
//
// Used by the board, by the watch that makes alerts, and by `expect` and `alerts`. Of this host alone, and of those that it
// follows itself, rules and alerts count: a stranger some hops away must neither make an alarm nor silence one, by a rule
// that it takes back or by an alert of an id that others would make. Borrows the store; one thread.
#pragma once

#include "feed/alert_record.h"
#include "store/batch.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// A message that made a rule.
struct RuleMaker {
  FeedId feed;
  MessageKey key;
  Millis made = 0;  ///< its timestamp
};

/// A rule that stands: some message that made it was not taken back.
struct StandingRule {
  RuleId id;
  Expectation rule;
  std::vector<RuleMaker> makers;  ///< the earliest first
  Millis made() const { return makers.front().made; }
};

struct KnownAlert {
  AlertId id;
  AlertRecord alert;
  FeedId author;      ///< of the earliest message of that id
  Millis made = 0;    ///< its timestamp
  bool over = false;  ///< the same job ran well since, and somebody said so
};

class AlertBook {
 public:
  /// `own` is the feed of this host.
  AlertBook(Store& store, const FeedId& own);

  /// Feeds whose word counts: ours, and those that we follow.
  Result<std::vector<FeedRow>> trusted();

  /// By their ids; at most `most_rules`, and `most_makers` of each.
  Result<std::vector<StandingRule>> rules();

  /// One for each id, those that are over too, in the order in which they were made; only those made since `since`, and
  /// those that are not over.
  Result<std::vector<KnownAlert>> alerts(Millis since);

  /// As people are shown and told of them: over are also those whose rule was taken back.
  Result<std::vector<KnownAlert>> alerts_of_rules(Millis since);

  Result<bool> knows(const AlertId& id);

  static constexpr std::size_t most_rules = 10'000;
  static constexpr std::size_t most_makers = 1000;

 private:
  Result<FeedNumber> own_number();
  Store& store_;
  const FeedId own_;
  std::optional<FeedNumber> number_;
  Statement trusted_, rules_, alerts_, knows_;
};

/// Who tells a person of an alert: at most one at a time for each id and way, `way` being a command or "desktop".
/// True: it is for the caller to tell; to be followed by `note_told`. One that did not come to that within `patience`, since
/// it crashed, is taken over: so an alert is told once, and after a crash maybe once more, but never not at all.
Result<bool> begin_telling(Store& store, const AlertId& id, std::string_view way, Millis now,
                           std::chrono::milliseconds patience);
Result<void> note_told(Store& store, const AlertId& id, std::string_view way, Millis now);

}  // namespace ssblog
