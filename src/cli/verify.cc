// SPDX-License-Identifier: MIT
#include "cli/pick_feeds.h"
#include "cli/progress.h"
#include "cli/settings.h"
#include "feed/json.h"
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

}  // namespace

Result<int> run_verify(const Words& words) {
  Options options(
      "verify",
      "Checks every hash, signature and chain link in the store, feed by feed. Exit 0: all is good; "
      "1: something is not.",
      "  ssblog verify\n"
      "  ssblog verify --feed nas --json");
  std::optional<std::string> path;
  Words chosen;
  bool json = false;
  options.values("--feed WHO", chosen,
                 "Only this feed: its id, the beginning of it, or its name; may be given several times");
  options.flag("--json", json, "Print a JSON object for each feed, and one for the file");
  options.value("--path DIR", path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();

  auto settings = load_settings(path);
  if (!settings) return settings.error();
  auto store = open_to_read(settings->home);
  if (!store) return store.error();
  auto feeds = pick_feeds(*store, chosen);
  if (!feeds) return feeds.error();

  Progress progress;
  bool good = true;
  VerifyTalk talk;
  talk.feed_done = [&](const FeedVerdict& verdict) {
    progress.clear();
    good = good && verdict.findings.count == 0;
    print_findings(to_text(verdict.id), verdict.messages, verdict.findings, json);
  };
  talk.progress = [&](std::uint64_t messages) {
    if (progress.due()) progress.show(fmt::format("{} messages", messages));
  };
  auto file = verify_store(*store, *feeds, settings->signing_key, talk);
  progress.clear();
  if (!file) return file.error();
  if (chosen.empty()) print_findings("", 0, *file, json);
  return done(good && file->count == 0 ? 0 : static_cast<int>(Code::failed));
}

}  // namespace ssblog
