// SPDX-License-Identifier: MIT
#include "cli/verify_proof.h"

#include "assemble/proof.h"
#include "feed/json.h"
#include "store/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

namespace ssblog {
namespace {

std::string sentence(const ProofVerdict& verdict, const std::string& output) {
  switch (verdict.standing) {
    case ProofVerdict::Standing::missing_tail:
      return fmt::format("{}: missing tail: lines {} to {} are not there", output, verdict.line,
                         verdict.lines);
    case ProofVerdict::Standing::altered:
      return fmt::format("{}: altered at line {}", output, verdict.line);
    case ProofVerdict::Standing::complete:
      break;
  }
  return verdict.more == 0
             ? fmt::format("{}: complete", output)
             : fmt::format("{}: complete, and {} bytes more than the proof knows", output, verdict.more);
}

std::string_view name_of(ProofVerdict::Standing standing) {
  switch (standing) {
    case ProofVerdict::Standing::missing_tail:
      return "missing tail";
    case ProofVerdict::Standing::altered:
      return "altered";
    case ProofVerdict::Standing::complete:
      break;
  }
  return "complete";
}

/// What each host said last that it holds.
Result<std::map<FeedId, std::map<FeedId, std::int64_t>>> read_claims(Store& store) {
  std::map<FeedId, std::map<FeedId, std::int64_t>> claims;
  Statement read(store.database(), "SELECT feed, host, sequence FROM clocks");
  auto run = read.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return claims;
    const auto feed = FeedId::from(run.blob(0)), host = FeedId::from(run.blob(1));
    if (feed && host) claims[*feed][*host] = run.integer(2);
  }
}

}  // namespace

Result<int> verify_proof(const std::string& proof_file, const std::optional<std::string>& path, bool json) {
  constexpr std::string_view suffix = ".proof";
  if (!proof_file.ends_with(suffix) || proof_file.size() == suffix.size())
    return Error{Code::usage,
                 fmt::format("{}: the name of a proof is that of its text with .proof behind", proof_file)};
  const std::string output = proof_file.substr(0, proof_file.size() - suffix.size());
  auto proof = read_proof(proof_file);
  if (!proof) return proof.error();
  auto verdict = check_proof(*proof, output);
  if (!verdict) return verdict.error();
  std::vector<std::string> differences;
  // A text may be checked where there is no store at all.
  auto settings = load_settings(path);
  auto store = settings ? open_to_read(settings->home) : Result<Store>(settings.error());
  if (store) {
    auto compared = compare_feeds(*proof, *store);
    if (!compared) return compared.error();
    differences = std::move(*compared);
  } else if (path) {
    return store.error();
  }
  if (json) {
    std::string list;
    for (const std::string& difference : differences)
      list += (list.empty() ? "" : ",") + json_string(difference);
    print(fmt::format(
        R"({{"file":{},"standing":"{}","line":{},"lines":{},"more":{},"feedsCompared":{},"feeds":[{}]}})"
        "\n",
        json_string(output), name_of(verdict->standing), verdict->line, verdict->lines, verdict->more,
        static_cast<bool>(store), list));
  } else {
    print(sentence(*verdict, output) + "\n");
    for (const std::string& difference : differences) say(difference);
    if (!store) say("the feeds of the proof were not compared: there is no store here");
  }
  const bool good = verdict->standing == ProofVerdict::Standing::complete && differences.empty();
  return done(good ? 0 : static_cast<int>(Code::failed));
}

Result<int> verify_against_peers(const Settings& settings, bool json) {
  // A round of sync asks everybody, and brings what they have at once; what they claimed is written down then.
  Words words;
  words.emplace_back("--path");
  words.push_back(settings.home.directory);
  auto round = run_sync(words);
  if (!round && round.error().code != Code::busy) return round.error();
  const bool met = round && *round == 0;
  auto store = open_to_read(settings.home);
  if (!store) return store.error();
  auto claims = read_claims(*store);
  if (!claims) return claims.error();
  auto rows = store->feeds();
  if (!rows) return rows.error();
  std::map<FeedId, Seq> held;
  for (const FeedRow& row : *rows) held[row.id] = row.tip ? row.tip->sequence : 0;
  for (const auto& [feed, hosts] : *claims) held.try_emplace(feed, 0);
  bool complete = true;
  for (const auto& [feed, have] : held) {
    std::string list;
    Seq most = 0;
    for (const auto& [host, claimed] : (*claims)[feed]) {
      if (claimed < 0) continue;
      most = std::max(most, static_cast<Seq>(claimed));
      list += json ? fmt::format(R"({}"{}":{})", list.empty() ? "" : ",", to_text(host), claimed)
                   : fmt::format(" {}:{}", short_id(host), claimed);
    }
    complete = complete && have >= most;
    if (json)
      print(fmt::format(R"({{"id":"{}","held":{},"claimed":{},"complete":{},"peers":{{{}}}}})"
                        "\n",
                        to_text(feed), have, most, have >= most, list));
    else
      print(fmt::format("{} {} {}{}{}\n", have >= most ? "complete    " : "missing tail", to_text(feed), have,
                        have >= most ? "" : fmt::format(" of {}", most),
                        list.empty() ? "; no peer speaks of it" : "; peers say" + list));
  }
  if (!met) say("not everybody could be asked just now; the claims are the last that were heard");
  if (!complete) return done(static_cast<int>(Code::failed));
  return done(met ? 0 : static_cast<int>(Code::busy));
}

}  // namespace ssblog
