// SPDX-License-Identifier: MIT
#include "cli/pick_feeds.h"
#include "cli/progress.h"
#include "cli/settings.h"
#include "cli/verify_proof.h"
#include "feed/json.h"
#include "store/batch.h"
#include "store/daemon_door.h"
#include "store/hold.h"
#include "store/repair.h"
#include "store/verify_store.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

std::string json_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) {
    if (!list.empty()) list += ',';
    list += json_string(text);
  }
  return list;
}

/// One line for a feed, or for the file (`id` is null there), and a line of talk for each finding.
void print_findings(const std::string& id, std::uint64_t messages, const Findings& findings, bool json) {
  const bool ok = findings.count == 0;
  if (json) {
    print(fmt::format(R"({{"id":{},"ok":{},"messages":{},"findings":{},"first":[{}]}})"
                      "\n",
                      id.empty() ? "null" : json_string(id), ok, messages, findings.count,
                      json_list(findings.first)));
    return;
  }
  if (!id.empty()) print(fmt::format("{} {} {}\n", ok ? "ok " : "BAD", id, messages));
  for (const std::string& finding : findings.first)
    say(id.empty() ? fmt::format("the store: {}", finding) : fmt::format("feed {}: {}", id, finding));
  if (findings.count > findings.first.size())
    say(fmt::format("and {} more findings", findings.count - findings.first.size()));
}

struct VerifyWords {
  std::optional<std::string> path, proof;
  Words feeds;
  bool json = false, full = false, repair = false, cut_own = false, against_peers = false;
};

/// What is damaged in our own feed must not be signed on.
Result<void> hold_own(const Settings& settings) {
  auto store = open_own_store(settings.home);
  if (!store) return store.error();
  auto batch = Batch::begin(*store, Durability::full);
  if (!batch) return batch.error();
  if (auto held = begin_hold(*batch, Hold::feed_damaged); !held) return held;
  return batch->commit(clock_now());
}

Result<int> check(const Settings& settings, const VerifyWords& wanted) {
  auto store = open_to_read(settings.home);
  if (!store) return store.error();
  auto feeds = pick_feeds(*store, wanted.feeds);
  if (!feeds) return feeds.error();
  auto keys = load_keys(settings.home);

  Progress progress;
  bool good = true, own_damaged = false;
  VerifyTalk talk;
  talk.feed_done = [&](const FeedVerdict& verdict) {
    progress.clear();
    good = good && verdict.findings.count == 0;
    own_damaged = own_damaged || (keys && verdict.damaged && verdict.id == keys->id());
    print_findings(to_text(verdict.id), verdict.messages, verdict.findings, wanted.json);
  };
  talk.progress = [&](std::uint64_t messages) {
    if (progress.due()) progress.show(fmt::format("{} messages", messages));
  };
  auto file =
      verify_store(*store, *feeds, settings.signing_key, talk, wanted.full ? Depth::full : Depth::quick);
  progress.clear();
  if (!file) return file.error();
  if (wanted.feeds.empty()) print_findings("", 0, *file, wanted.json);
  if (own_damaged) {
    auto held = hold_own(settings);
    say(held ? "this host's own feed is damaged, so publishing is held; `ssblog verify --repair` says what "
               "to do"
             : fmt::format("this host's own feed is damaged; publish nothing. ({})", held.error().text));
  }
  return done(good && file->count == 0 ? 0 : static_cast<int>(Code::failed));
}

Result<int> repair(const Settings& settings, const VerifyWords& wanted) {
  auto keys = load_keys(settings.home);
  if (!keys) return keys.error();
  auto report = repair_store(settings.home.store_path(), {keys->id(), wanted.cut_own, settings.signing_key},
                             clock_now());
  if (!report) return report.error();
  for (const RepairedFeed& feed : report->cut)
    say(fmt::format("feed {}: the first {} of {} messages were kept; the rest comes again from peers",
                    to_text(feed.id), feed.kept, feed.held));
  for (const std::string& loss : report->losses) say(loss);
  say(fmt::format("the store as it was is {}; delete it when everything is back", report->copy));
  tell_daemon(settings.home);
  return check(settings, wanted);
}

}  // namespace

Result<int> run_verify(const Words& words) {
  Options options(
      "verify",
      "Checks the store: that every message is as it was written, hashes, chain, and the pages of the file. "
      "Exit 0: all is good; 1: something is not.",
      "  ssblog verify --full\n"
      "  ssblog verify --repair\n"
      "  ssblog verify --proof /var/log/all-hosts.log.proof");
  VerifyWords wanted;
  options.values("--feed WHO", wanted.feeds,
                 "Only this feed: its id, the beginning of it, or its name; may be given several times");
  options.flag(
      "--full", wanted.full,
      "Also every signature, every table that follows from the messages, and SQLite's integrity check");
  options.flag(
      "--repair", wanted.repair,
      "Make the store anew of what is good; damaged feeds of other hosts are cut, and come again from peers");
  options.flag("--own", wanted.cut_own,
               "With --repair: cut this host's own feed too; publishing is held until the rest is back");
  options.flag("--against-peers", wanted.against_peers,
               "Ask everybody who can be reached what they hold, and say what is missing here");
  options.value("--proof FILE", wanted.proof,
                "Hold a merged text against the FILE.proof that `ssblog assemble --proof` wrote");
  options.flag("--json", wanted.json, "Print a JSON object for each feed, and one for the file");
  options.value("--path DIR", wanted.path, "Home of this host");
  options.excludes("--proof", "--repair");
  options.excludes("--proof", "--against-peers");
  options.excludes("--repair", "--against-peers");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (wanted.cut_own && !wanted.repair) return Error{Code::usage, "--own belongs to --repair"};
  if (wanted.repair && !wanted.feeds.empty())
    return Error{Code::usage, "--repair is for the whole store: leave --feed out"};
  if (wanted.proof) return verify_proof(*wanted.proof, wanted.path, wanted.json);
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  if (wanted.against_peers) return verify_against_peers(*settings, wanted.json);
  return wanted.repair ? repair(*settings, wanted) : check(*settings, wanted);
}

}  // namespace ssblog
