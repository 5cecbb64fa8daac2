// SPDX-License-Identifier: MIT
#include "cli/hold_text.h"

#include "assemble/time_text.h"
#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

std::string time_text(Millis time) {
  std::string text;
  append_utc_time(text, time);
  return text;
}

std::string guard_text(const HoldFacts& facts) {
  if (facts.guard_damaged) return "cannot be read";
  if (!facts.guard) return "is not here";
  return fmt::format("knows {} messages{}", facts.guard->sequence,
                     facts.guard->machine == facts.machine ? "" : ", of another machine");
}

std::string witness_text(const Witness& witness) {
  std::string text = fmt::format("host        {} {}", to_text(witness.host),
                                 witness.asked ? "was asked" : "was not asked yet");
  if (witness.claimed > 0) text += fmt::format("; claims {} messages", witness.claimed);
  if (witness.acknowledged > 0) text += fmt::format("; had {}", witness.acknowledged);
  return text + "\n";
}

std::string fork_json(const std::optional<ForkProof>& fork) {
  if (!fork) return "null";
  return fmt::format(R"({{"sequence":{},"held":"{}","other":"{}"}})", fork->sequence, to_text(fork->held),
                     to_text(fork->other));
}

std::string why_text(const HoldReport& report) {
  const std::string text(explain(report.hold));
  return report.hold == Hold::cloned ? fmt::format("{}: it was met at {}", text, report.facts.cloned_at)
                                     : text;
}

std::string time_or_null(Millis time) { return time > 0 ? std::to_string(time) : "null"; }

std::string guard_json(const HoldFacts& facts) {
  if (!facts.guard) return "null";
  return fmt::format(R"({{"knows":{},"thisMachine":{}}})", facts.guard->sequence,
                     facts.guard->machine == facts.machine);
}

}  // namespace

std::string hold_text(const HoldReport& report, const FeedId& own) {
  const bool held = report.hold != Hold::none;
  std::string text =
      held ? fmt::format("publishing is held: {}\n", why_text(report)) : "publishing is not held\n";
  text += fmt::format("feed        {}, {} messages are here\n", to_text(own), report.facts.tip);
  if (held && report.facts.since > 0) text += fmt::format("since       {}\n", time_text(report.facts.since));
  if (report.waiting > 0) {
    text += fmt::format("waiting     {} content{} to be signed, the first of {}\n", report.waiting,
                        report.waiting == 1 ? "" : "s", time_text(report.oldest));
  }
  if (!held) return text;
  if (report.fork) text += fmt::format("fork        {}\n", fork_text(*report.fork));
  text += fmt::format("guard       {}\n", guard_text(report.facts));
  if (report.facts.claimed > report.facts.tip)
    text += fmt::format("claimed     {} messages were shown or claimed\n", report.facts.claimed);
  for (const Witness& witness : report.witnesses) text += witness_text(witness);
  if (report.witnesses.empty()) text += "host        none is known that could be asked\n";
  return text + fmt::format("{}\n", way_out(report.hold));
}

std::string hold_json(const HoldReport& report, const FeedId& own) {
  const bool held = report.hold != Hold::none;
  std::string witnesses;
  for (const Witness& witness : report.witnesses) {
    witnesses += fmt::format(R"({}{{"id":"{}","acknowledged":{},"claimed":{},"asked":{}}})",
                             witnesses.empty() ? "" : ",", to_text(witness.host), witness.acknowledged,
                             witness.claimed, witness.asked);
  }
  const auto text_or_null = [held](std::string_view text) {
    return held ? json_string(text) : std::string("null");
  };
  return fmt::format(
      R"({{"id":"{}","held":{},"reason":{},"why":{},"since":{},"messages":{},"claimed":{},"guard":{},"guardDamaged":{},"fork":{},)"
      R"("copyAt":{},"waiting":{},"oldest":{},"hosts":[{}],"ends":{}}})"
      "\n",
      to_text(own), held, text_or_null(word_of(report.hold)), text_or_null(why_text(report)),
      time_or_null(held ? report.facts.since : 0), report.facts.tip, report.facts.claimed,
      guard_json(report.facts), report.facts.guard_damaged, fork_json(report.fork),
      report.facts.cloned_at.empty() ? "null" : json_string(report.facts.cloned_at), report.waiting,
      time_or_null(report.oldest), witnesses, text_or_null(way_out(report.hold)));
}

}  // namespace ssblog
