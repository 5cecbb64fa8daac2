// SPDX-License-Identifier: MIT
// feed/alert_record.h - the `alert` record: a job did not run as a rule expects it, or runs well again.
//
// Used by the store, which keeps the alerts, by the judge that makes them and by what shows them. Whoever sees the same
// fault makes an alert of the same id, whenever and for whatever reason. Pure, any thread.
// Source: docs/format.md, "alert".
#pragma once

#include "feed/expectation.h"

#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

using AlertId = Key32<struct AlertTag>;

enum class AlertKind {
  late,       ///< it ran before, and the run that was due is not there
  silent,     ///< it never ran since the rule was made
  failed,     ///< so many runs in a row ended badly
  too_long,   ///< a run took longer than it may, or takes
  too_short,  ///< a run ended well, and too soon for that
  recovered,  ///< the first good run after any of these
};

/// "late", "too-long", ...
std::string_view word_of(AlertKind kind);

/// How its author knows. No part of the id: others may know it otherwise.
enum class AlertReason {
  none,           ///< of kinds that a run says by itself
  job_absent,     ///< the host is up, and the job did not run
  host_not_seen,  ///< nothing of the host came to anybody that its author hears of
  found_later,    ///< the host's own feed says so afterwards
  cut_off,  ///< it hears of too few others to know; such an alert is told on its host alone, and never signed
};

/// "job-absent", ...; empty for none.
std::string_view word_of(AlertReason reason);

/// The meaning of such a word; of a reason that is not known: none.
std::optional<AlertKind> kind_of(std::string_view word);
AlertReason reason_of(std::string_view word);

/// Whose job, as its feed says it.
struct WatchedJob {
  FeedId host;
  std::string job, source, destination;
  auto operator<=>(const WatchedJob&) const = default;
};

struct AlertRecord {
  AlertKind kind = AlertKind::late;
  RuleId rule;
  WatchedJob of;
  Millis due = 0;    ///< when the run had to be there; of other kinds the start of the run
  Millis after = 0;  ///< a good run that began after this ends it; of `recovered`: its due time
  AlertReason reason = AlertReason::none;
  std::string run;     ///< that it is about; empty: none
  std::string detail;  ///< a few words: "exit 12"
  bool operator==(const AlertRecord&) const = default;
};

inline constexpr std::size_t longest_detail = 500;  ///< bytes

/// SHA-256 over rule, host, job, source, destination, due time and kind.
AlertId id_of(const AlertRecord& alert);

/// Canonical compact content.
std::string alert_content(const AlertRecord& alert);

/// Of canonical compact `content`, if all of it is as it should be and the id in it is that of what it says; nothing for any
/// other content.
std::optional<AlertRecord> read_alert(std::string_view content);

}  // namespace ssblog
