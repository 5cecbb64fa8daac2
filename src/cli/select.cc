// SPDX-License-Identifier: MIT
#include "cli/select.h"

#include "assemble/time_spec.h"
#include "cli/pick_feeds.h"
#include "store/forks.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

Result<std::optional<Millis>> time_option(const std::optional<std::string>& text, Millis now) {
  if (!text) return std::optional<Millis>();
  auto time = parse_time(*text, now);
  if (!time) return time.error();
  return std::optional<Millis>(*time);
}

}  // namespace

void SelectionOptions::declare(Options& options) {
  options.words("WORDS", words,
                "What the lines say, or job:NAME host:NAME level:err since:-2h ...: see ssblog-words(7)");
  options.dashed_words(has_key);
  options.values("--feed WHO", feeds,
                 "Only this host: its id, the eight characters of its lines, or its name");
  options.values("--host NAME", hosts, "Only hosts of that name or id; several: any of them");
  options.value("--source NAME", source, "Only lines that name this source");
  options.value("--destination NAME", destination, "Only lines that name this destination");
  options.value("-u,--job NAME", job, "Only lines of this job");
  options.value("--stream NAME", stream, "Only this stream (stdout, stderr, ...)");
  options.value("-p,--priority LEVEL", priority, "Only that bad or worse: err; or warning..err");
  options.value("-g,--grep PATTERN", pattern, "Only lines that match this pattern of RE2");
  options.flag("-v,--invert-match", inverted, "Only lines that do not match the pattern of -g");
  options.flag("--case-sensitive", case_sensitive, "Words and patterns in their own case");
  options.flag("--ignore-case", ignore_case, "In any case (default: unless they have a capital)");
  options.value("-S,--since TIME", since, "Not before: -2h, yesterday, 2026-11-20 14:00");
  options.value("-U,--until TIME", until, "Not after");
  options.value("--path DIR", path, "Home of this host");
  options.needs("--invert-match", "--grep");
  options.excludes("--case-sensitive", "--ignore-case");
}

Result<Query> SelectionOptions::query() const {
  Query query;
  Selection& selection = query.selection;
  const Millis now = clock_now();
  auto since_time = time_option(since, now);
  if (!since_time) return since_time.error();
  auto until_time = time_option(until, now);
  if (!until_time) return until_time.error();
  selection.since = *since_time;
  selection.until = *until_time;
  const auto choose = [](const std::optional<std::string>& name, NameChoice& choice) {
    if (name) choice = NameChoice(*name);
  };
  choose(source, selection.source);
  choose(destination, selection.destination);
  choose(job, selection.job);
  choose(stream, selection.stream);
  for (const std::string& host : hosts) selection.host.any.push_back({host});
  if (priority) {
    auto levels = parse_levels(*priority);
    if (!levels) return Error{levels.error().code, "-p " + levels.error().text};
    selection.levels = *levels;
  }
  if (pattern) {
    TextRule rule{*pattern, true, !has_capital(*pattern, true), inverted};
    if (auto made = TextPattern::make(rule); !made)
      return Error{made.error().code, "-g " + made.error().text};
    selection.texts.push_back(std::move(rule));
  }
  query.feeds = feeds;
  for (const std::string& word : words) {
    if (auto added = add_word(word, now, query); !added) return added.error();
  }
  for (TextRule& rule : selection.texts) {
    if (case_sensitive) rule.any_case = false;
    if (ignore_case) rule.any_case = true;
  }
  return query;
}

Result<SelectionOptions::Opened> SelectionOptions::open() const {
  auto wanted = query();
  if (!wanted) return wanted.error();
  auto settings = load_settings(path);
  if (!settings) return settings.error();
  auto store = open_to_read(settings->home);
  if (!store) return store.error();
  Selection selection = std::move(wanted->selection);
  if (!wanted->feeds.empty()) {
    auto picked = pick_feeds(*store, wanted->feeds);
    if (!picked) return picked.error();
    selection.feeds = std::move(*picked);
  }
  // Said, not written into the text: that is the same on every host that holds the same messages.
  auto forks = ForkBook(*store).all();
  if (!forks) return forks.error();
  for (const ForkProof& fork : *forks) {
    const bool is_shown = selection.feeds.empty() || std::find(selection.feeds.begin(), selection.feeds.end(),
                                                               fork.feed) != selection.feeds.end();
    auto forked = ForkBook(*store).is_forked(fork.feed);
    if (!forked) return forked.error();
    if (is_shown && *forked) say(fmt::format("{}; shown is the branch that was here first", fork_text(fork)));
  }
  return Opened{std::move(*store), std::move(selection), std::move(settings->home), settings->search_index};
}

}  // namespace ssblog
