// SPDX-License-Identifier: MIT
#include "cli/select.h"

#include "assemble/time_spec.h"
#include "cli/pick_feeds.h"
#include "store/forks.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

Result<std::optional<Millis>> time_option(const std::optional<std::string>& text) {
  if (!text) return std::optional<Millis>();
  auto time = parse_time(*text, clock_now());
  if (!time) return time.error();
  return std::optional<Millis>(*time);
}

}  // namespace

void SelectionOptions::declare(Options& options) {
  options.values("--feed WHO", feeds,
                 "Only this host: its id, the eight characters of its lines, or its name");
  options.value("--source NAME", source, "Only lines that name this source");
  options.value("--destination NAME", destination, "Only lines that name this destination");
  options.value("--job NAME", job, "Only lines of this job");
  options.value("--stream NAME", stream, "Only this stream (stdout, stderr, ...)");
  options.value("-S,--since TIME", since, "Not before: -2h, yesterday, 2026-11-20 14:00");
  options.value("-U,--until TIME", until, "Not after");
  options.value("--path DIR", path, "Home of this host");
}

Result<SelectionOptions::Opened> SelectionOptions::open() const {
  auto since_time = time_option(since);
  if (!since_time) return since_time.error();
  auto until_time = time_option(until);
  if (!until_time) return until_time.error();
  auto settings = load_settings(path);
  if (!settings) return settings.error();
  auto store = open_to_read(settings->home);
  if (!store) return store.error();
  Selection selection;
  selection.source = source;
  selection.destination = destination;
  selection.job = job;
  selection.stream = stream;
  selection.since = *since_time;
  selection.until = *until_time;
  if (!feeds.empty()) {
    auto picked = pick_feeds(*store, feeds);
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
  return Opened{std::move(*store), std::move(selection)};
}

}  // namespace ssblog
