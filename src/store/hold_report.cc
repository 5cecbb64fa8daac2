// SPDX-License-Identifier: MIT
#include "store/hold_report.h"

#include "feed/record.h"
#include "store/batch.h"

namespace ssblog {

Result<HoldReport> read_hold_report(Batch& batch, const FeedId& own, const Guard& guard) {
  HoldReport report;
  auto facts = read_hold_facts(batch, own, guard);
  if (!facts) return facts.error();
  report.facts = *facts;
  report.hold = decide_hold(*facts);

  auto fork = ForkBook(batch.store()).of(own);
  if (!fork) return fork.error();
  if (facts->forked) report.fork = std::move(*fork);

  Statement witnesses(batch.database(),
                      "SELECT host, acknowledged, claimed, asked FROM witnesses ORDER BY host");
  auto run = witnesses.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) break;
    report.witnesses.push_back({FeedId::from(run.blob(0)).value_or(FeedId{}),
                                static_cast<Seq>(run.integer(1)), static_cast<Seq>(run.integer(2)),
                                run.integer(3) != 0});
  }

  Statement spool(batch.database(), "SELECT count(*), coalesce(min(timestamp), 0) FROM spool");
  auto waiting = spool.run();
  if (auto row = waiting.step(); !row) return row.error();
  report.waiting = static_cast<std::uint64_t>(waiting.integer(0));
  report.oldest = clamp_time(waiting.real(1));
  return report;
}

std::string_view way_out(Hold hold) {
  switch (hold) {
    case Hold::none:
      return "";
    case Hold::guard_ahead:
    case Hold::store_missing:
    case Hold::key_imported:
    case Hold::shown_more:
    case Hold::restored:
    case Hold::guard_missing:
      return "It ends by itself when the missing messages are back, or when every host that may have them "
             "was "
             "asked: run the daemon, or `ssblog sync`, where they can be reached, or `ssblog import` a "
             "bundle "
             "of this feed. A host that will never come back is left out by `ssblog block`.";
    case Hold::other_branch:
      return "It does not end by itself: find out which of the two messages other hosts hold, then see `man "
             "ssblog-restore`.";
    case Hold::other_machine:
      return "It does not end by itself. If the other machine still runs, make a new identity here with "
             "`ssblog id new`; if it is gone for good, bring its newest messages back, then `ssblog restore "
             "--force`.";
    case Hold::guard_damaged:
      return "It does not end by itself: bring the newest messages of this feed back from the other hosts, "
             "then `ssblog restore --force`.";
    case Hold::cloned:
      return "It does not end by itself, since two that sign under one key break the feed. Decide which of "
             "the two "
             "keeps this identity; the other one gets one of its own (`ssblog id new`), or is switched off "
             "for good. "
             "Then, on the one that keeps it: `ssblog restore --force`.";
    case Hold::forked:
      return "A fork cannot be mended. The way out is a new identity in the place of this one: `ssblog id "
             "new "
             "--supersedes` carries over every line that is only here, and hosts that follow this one follow "
             "the "
             "new one by themselves.";
    case Hold::superseded:
      return "If `ssblog id new` was interrupted, run it again: it goes on where it was. If it came to its "
             "end, "
             "programs that began before wait here for the next one. Else this is an old backup, or a copy: "
             "`ssblog id new` makes it a host of its own.";
    case Hold::feed_damaged:
      return "It does not end by itself: `ssblog verify --repair` says what is damaged and what can be done.";
  }
  return "";
}

}  // namespace ssblog
