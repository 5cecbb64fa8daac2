// SPDX-License-Identifier: MIT
// cli/follow.cc - follow, unfollow, block, unblock and name: what this host says of others and of itself.
#include "cli/own_feed.h"
#include "cli/pick_feeds.h"
#include "feed/contact.h"
#include "feed/json.h"
#include "store/peer_book.h"

#include <fmt/format.h>

#include <functional>

namespace ssblog {
namespace {

using MakeContent = std::function<std::string(const FeedId&)>;

struct ContactVerb {
  std::string_view name;
  std::string_view description;
  std::string_view examples;
  std::string_view done;  ///< "is followed", behind whom
  MakeContent content;
  bool drops_claims = false;
};

/// What a blocked host says of our own feed must not keep us from saying that it is blocked.
Result<void> drop_claims_of(Store& store, const FeedId& id) {
  auto batch = Batch::begin(store, Durability::full);
  if (!batch) return batch.error();
  if (auto dropped = drop_witness(*batch, id); !dropped) return dropped;
  return batch->commit(clock_now());
}

/// An id may be of a feed that is not held yet; anything else is the name of one that is.
Result<std::vector<FeedId>> whom(OwnFeed& own, const Words& words) {
  std::vector<FeedId> ids;
  for (const std::string& word : words) {
    if (const auto id = parse_feed_id(word)) {
      ids.push_back(*id);
      continue;
    }
    auto picked = pick_feeds(own.store(), std::span(&word, 1));
    if (!picked) return picked.error();
    ids.push_back(picked->front());
  }
  for (const FeedId& id : ids) {
    if (id == own.id()) return Error{Code::usage, fmt::format("{} is this host itself", to_text(id))};
  }
  return ids;
}

Result<int> publish_contacts(const ContactVerb& verb, const Words& words) {
  Options options(verb.name, verb.description, verb.examples);
  std::optional<std::string> path;
  Words names;
  bool json = false;
  options.words("WHO", names, "The id of a feed, or the name or beginning of one that is held");
  options.flag("--json", json, "Print the id of each message");
  options.value("--path DIR", path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (names.empty()) return Error{Code::usage, fmt::format("{} whom? Say an id or a name", verb.name)};

  auto settings = load_settings(path);
  if (!settings) return settings.error();
  auto own = OwnFeed::open(std::move(*settings));
  if (!own) return own.error();
  auto ids = whom(**own, names);
  if (!ids) return ids.error();
  for (const FeedId& id : *ids) {
    if (verb.drops_claims) {
      if (auto dropped = drop_claims_of((*own)->store(), id); !dropped)
        return (*own)->explain_busy(dropped.error());
    }
    auto published = (*own)->publish(verb.content(id));
    if (!published) return published.error();
    say_trouble(*published);
    if (json) print(published_json(*published));
    if (published->held == Hold::none) say(fmt::format("{} {} from now on", to_text(id), verb.done));
  }
  return done();
}

}  // namespace

Result<int> run_follow(const Words& words) {
  return publish_contacts(
      {"follow",
       "Follows hosts: the daemon fetches their feeds, and passes them on. Once for each pair of "
       "hosts and direction.",
       "  ssblog follow @Xq3vT0aB...=.ed25519\n"
       "  ssblog follow nas",
       "is followed", [](const FeedId& id) { return follow_content(id, true); }},
      words);
}

Result<int> run_unfollow(const Words& words) {
  return publish_contacts(
      {"unfollow", "Follows hosts no more. What is held of them stays; `ssblog forget` gives the disk back.",
       "  ssblog unfollow nas\n"
       "  ssblog unfollow @Xq3vT0aB...=.ed25519",
       "is not followed", [](const FeedId& id) { return follow_content(id, false); }},
      words);
}

Result<int> run_block(const Words& words) {
  return publish_contacts(
      {"block",
       "Blocks hosts: they are refused, their feeds are not fetched. All who read this host's "
       "feed can see it.",
       "  ssblog block @Xq3vT0aB...=.ed25519\n"
       "  ssblog block stolen-laptop",
       "is blocked", [](const FeedId& id) { return block_content(id, true); }, true},
      words);
}

Result<int> run_unblock(const Words& words) {
  return publish_contacts(
      {"unblock", "Blocks hosts no more. An earlier follow does not come back: follow them again.",
       "  ssblog unblock nas\n"
       "  ssblog unblock @Xq3vT0aB...=.ed25519",
       "is not blocked", [](const FeedId& id) { return block_content(id, false); }},
      words);
}

Result<int> run_name(const Words& words) {
  Options options("name", "Gives this host the name that merged logs show for its lines from now on.",
                  "  ssblog name nas\n"
                  "  ssblog name \"$(hostname)\"");
  std::optional<std::string> path;
  Words names;
  bool json = false;
  options.words("NAME", names, "The name");
  options.flag("--json", json, "Print the id of the message");
  options.value("--path DIR", path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (names.size() != 1 || names.front().empty())
    return Error{Code::usage, "name: say one name, in quotes if it has blanks"};
  auto settings = load_settings(path);
  if (!settings) return settings.error();
  auto own = OwnFeed::open(std::move(*settings));
  if (!own) return own.error();
  const auto content = canonical(fmt::format(R"({{"type":"about","about":"{}","name":{}}})",
                                             to_text((*own)->id()), json_string(names.front())),
                                 Layout::compact);
  if (!content) return Error{Code::usage, "name: the name is no UTF-8 text"};
  auto published = (*own)->publish(*content);
  if (!published) return published.error();
  say_trouble(*published);
  if (json) print(published_json(*published));
  return done();
}

}  // namespace ssblog
