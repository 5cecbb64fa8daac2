// SPDX-License-Identifier: MIT
#include "cli/node_options.h"
#include "cli/pick_feeds.h"
#include "cli/units.h"
#include "gossip/circle.h"
#include "store/daemon_state.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

/// Who is still replicated would come back at once.
Result<void> check_forgettable(Store& store, const Settings& settings, const FeedId& own, const FeedId& id) {
  if (id == own) return Error{Code::usage, "that is this host's own feed; it is never forgotten"};
  auto state = read_daemon_state(settings.home);
  if (!state) return state.error();
  const int most = *state && (*state)->hops > 0 ? (*state)->hops : hops_of(settings);
  PeerBook book(store);
  auto circle = read_circle(book, own, most);
  if (!circle) return circle.error();
  const auto at = circle->distance.find(id);
  if (at == circle->distance.end() || !is_replicated(at->second, most)) return {};
  if (at->second <= 1)
    return Error{Code::usage, fmt::format("{} is followed: `ssblog unfollow` it first", to_text(id))};
  return Error{Code::usage,
               fmt::format("{} is {} hops away, and would be fetched again: `ssblog block` it, or "
                           "replicate fewer hops",
                           to_text(id), at->second)};
}

Result<void> forget(Store& store, const FeedId& id) {
  auto batch = Batch::begin(store, Durability::full);
  if (!batch) return batch.error();
  auto row = batch->feed(id);
  if (!row) return row.error();
  if (auto done = forget_feed(*batch, *row); !done) return done;
  return batch->commit(clock_now());
}

}  // namespace

Result<int> run_forget(const Words& words) {
  Options options(
      "forget",
      "Drops the feeds of hosts that are not followed, and gives the disk back. Merged files that "
      "show them are made anew, without them, by the next `ssblog assemble`.",
      "  ssblog unfollow nas && ssblog forget nas\n"
      "  ssblog forget @Xq3vT0aB...=.ed25519");
  std::optional<std::string> path;
  Words names;
  options.words("WHO", names, "The id of a feed, its beginning, or its name");
  options.value("--path DIR", path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (names.empty()) return Error{Code::usage, "forget whom? Say an id or a name"};

  auto settings = load_settings(path);
  if (!settings) return settings.error();
  auto keys = load_keys(settings->home);
  if (!keys) return keys.error();
  auto store = open_own_store(settings->home);
  if (!store) return store.error();
  auto ids = pick_feeds(*store, names);
  if (!ids) return ids.error();
  for (const FeedId& id : *ids) {
    if (auto allowed = check_forgettable(*store, *settings, keys->id(), id); !allowed) return allowed.error();
  }
  for (const FeedId& id : *ids) {
    auto row = store->feed(id);
    if (!row) return row.error();
    auto size = PeerBook(*store).size_of((*row)->number, 0);
    if (!size) return size.error();
    if (auto forgotten = forget(*store, id); !forgotten) return forgotten.error();
    say(fmt::format("{} is forgotten: {} messages, {}", to_text(id), (*row)->tip ? (*row)->tip->sequence : 0,
                    size_text(size->bytes)));
  }
  if (auto given = give_back_disk(*store); !given)
    say(fmt::format("the disk will be given back later: {}", given.error().text));
  return 0;
}

}  // namespace ssblog
