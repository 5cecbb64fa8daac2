// SPDX-License-Identifier: MIT
// cli/id.cc - the identity of this host: shown, or replaced by another one.
#include "assemble/time_text.h"
#include "cli/new_home.h"
#include "cli/new_identity.h"
#include "cli/own_feed.h"
#include "feed/json.h"
#include "store/forks.h"
#include "store/peer_book.h"
#include "store/rebase.h"
#include "store/successors.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

struct IdOptions {
  std::optional<std::string> path, name;
  Words verb;
  bool supersedes = false;
  bool json = false;
};

struct Identity {
  FeedId id;
  Home home;
  std::string guard_path;
  std::optional<GuardRecord> guard;
  bool guard_damaged = false;
  Seq messages = 0;
  Millis since = 0;  ///< when the first message came to this store; 0: there is none
  std::optional<FeedId> supersedes;
  std::optional<FeedId> superseded;
  bool interrupted = false;  ///< `id new` has not come to its end
  std::optional<ForkProof> fork;
};

/// The feed that this one took the place of.
Result<std::optional<FeedId>> superseded_by(Store& store, const FeedId& id) {
  auto all = all_successions(store);
  if (!all) return all.error();
  for (const Succession& succession : *all) {
    if (succession.statement.successor == id) return std::optional(succession.statement.supersedes);
  }
  return std::optional<FeedId>();
}

Result<Identity> look(const Settings& settings) {
  auto keys = load_keys(settings.home);
  if (!keys) return keys.error();
  auto store = open_to_read(settings.home);
  if (!store) return store.error();
  Identity identity;
  identity.id = keys->id();
  identity.home = settings.home;
  auto guard = guard_of(*store, settings.home, identity.id);
  if (!guard) return guard.error();
  identity.guard_path = guard->path();
  const auto record = guard->read();
  identity.guard_damaged = !record;
  if (record) identity.guard = *record;
  auto row = store->feed(identity.id);
  if (!row) return row.error();
  if (*row && (*row)->tip) {
    identity.messages = (*row)->tip->sequence;
    auto size = PeerBook(*store).size_of((*row)->number, 0);
    if (!size) return size.error();
    identity.since = size->first_received;
  }
  auto supersedes = superseded_by(*store, identity.id);
  if (!supersedes) return supersedes.error();
  identity.supersedes = *supersedes;
  auto followed = followed_by(*store, identity.id);
  if (!followed) return followed.error();
  identity.interrupted = followed->has_value();
  auto succession = succession_of(*store, identity.id);
  if (!succession) return succession.error();
  identity.superseded = *succession ? std::optional((*succession)->statement.successor) : *followed;
  ForkBook forks(*store);
  auto forked = forks.is_forked(identity.id);
  if (!forked) return forked.error();
  if (*forked) {
    auto proof = forks.of(identity.id);
    if (!proof) return proof.error();
    identity.fork = std::move(*proof);
  }
  return identity;
}

void print_text(const Identity& identity) {
  std::string text = fmt::format("id          {}\nhome        {}\nstore       {}, {} messages of this host\n",
                                 to_text(identity.id), identity.home.directory, identity.home.store_path(),
                                 identity.messages);
  text += fmt::format("guard       {}{}\n", identity.guard_path,
                      identity.guard_damaged ? ", which cannot be read"
                      : identity.guard       ? fmt::format(", knows {} messages", identity.guard->sequence)
                                             : ", which is not there");
  if (identity.since > 0) {
    text += "since       ";
    append_utc_time(text, identity.since);
    text += '\n';
  }
  if (identity.supersedes) text += fmt::format("supersedes  {}\n", to_text(*identity.supersedes));
  if (identity.superseded) text += fmt::format("superseded  by {}\n", to_text(*identity.superseded));
  if (identity.interrupted) text += "new         `ssblog id new` was interrupted: run it again, it goes on\n";
  if (identity.fork) {
    text += fmt::format("fork        {}\n", fork_text(*identity.fork));
    text += is_where_they_part(*identity.fork)
                ? "the way out: `ssblog id new --supersedes` (no line is lost)\n"
                : "where the branches part is not known yet: run the daemon where a host with the other "
                  "branch is\n";
  }
  print(text);
}

void print_json(const Identity& identity) {
  const auto id_or_null = [](const std::optional<FeedId>& id) {
    return id ? fmt::format("\"{}\"", to_text(*id)) : std::string("null");
  };
  const std::string guard = identity.guard ? std::to_string(identity.guard->sequence) : "null";
  const std::string fork =
      identity.fork ? fmt::format(R"({{"sequence":{},"held":"{}","other":"{}","parts":{}}})",
                                  identity.fork->sequence, to_text(identity.fork->held),
                                  to_text(identity.fork->other), is_where_they_part(*identity.fork))
                    : "null";
  print(fmt::format(
      R"({{"id":"{}","home":{},"store":{},"messages":{},"guard":{},"guardKnows":{},"guardDamaged":{},"since":{},)"
      R"("supersedes":{},"superseded":{},"interrupted":{},"fork":{}}})"
      "\n",
      to_text(identity.id), json_string(identity.home.directory), json_string(identity.home.store_path()),
      identity.messages, json_string(identity.guard_path), guard, identity.guard_damaged,
      identity.since > 0 ? std::to_string(identity.since) : "null", id_or_null(identity.supersedes),
      id_or_null(identity.superseded), identity.interrupted, fork));
}

void tell(const NewIdentity& made) {
  const std::string now = to_text(made.now);
  say(fmt::format("this host is {} from now on; it was {}", now, to_text(made.before)));
  if (made.supersedes) {
    say(fmt::format(
        "it stands in the place of the old one, which stays as it is up to message {}; {} messages that only "
        "this host had, and {} that waited to be signed, are in the new feed, with their own times",
        made.report.last, made.report.carried, made.report.waited));
    if (made.report.aside > 0)
      say(fmt::format("{} of them fit into no message and are kept in the store", made.report.aside));
  } else {
    say("the new feed begins empty; the old one is followed like that of any other host");
  }
  say(fmt::format("the old secret is kept in {}: whoever has it can write as the old identity", made.kept));
  say("start the daemon again, if there is one");
  if (made.supersedes) {
    say(fmt::format(
        "hosts with ssblog that follow the old identity follow the new one by themselves when they meet it; "
        "for an ssb-server say there: ssb-server publish --type contact --contact '{}' --following",
        now));
  } else {
    say(fmt::format("on the other hosts: ssblog follow {}", now));
  }
}

Result<int> make_new(const IdOptions& wanted) {
  if (auto checked = check_name(wanted.name); !checked) return checked.error();
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  auto made = make_identity(*settings, wanted.supersedes, wanted.name);
  if (!made) return made.error();
  if (wanted.json) {
    print(fmt::format(
        R"({{"id":"{}","was":"{}","supersedes":{},"last":{},"carried":{},"waited":{},"aside":{},"oldSecret":{}}})"
        "\n",
        to_text(made->now), to_text(made->before), made->supersedes, made->report.last, made->report.carried,
        made->report.waited, made->report.aside, json_string(made->kept)));
  } else {
    print(to_text(made->now) + "\n");
  }
  tell(*made);
  auto ended = done();
  if (!ended) return ended;
  // From here on the same words are another wish.
  if (auto told = identity_was_told(*settings); !told) return told.error();
  return ended;
}

}  // namespace

Result<int> run_id(const Words& words) {
  Options options("id",
                  "Shows the identity of this host: its id, home, store and guard, since when, what it "
                  "supersedes, and whether it "
                  "was superseded. With the word new it gets another one: a feed of its own for a copy of a "
                  "machine, or, with "
                  "--supersedes, one that takes the place of the old identity and carries over what only "
                  "this host has. The daemon "
                  "must not run meanwhile. What is interrupted goes on when it is run again.",
                  "  ssblog id\n"
                  "  ssblog id new --supersedes        # the way out of a fork, or of a key that was stolen");
  IdOptions wanted;
  options.words("new", wanted.verb, "Make a new identity");
  options.flag("--supersedes", wanted.supersedes,
               "It takes the place of the old one: other hosts follow it by themselves");
  options.value("--name NAME", wanted.name,
                "What the new feed calls this host (default with --supersedes: as before)");
  options.flag("--json", wanted.json, "Print it as a JSON object");
  options.value("--path DIR", wanted.path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  const bool makes = wanted.verb == Words{"new"};
  if (!wanted.verb.empty() && !makes)
    return Error{Code::usage, fmt::format("`ssblog id {}`: say `new` or nothing", wanted.verb.front())};
  if (makes) return make_new(wanted);
  if (wanted.supersedes || wanted.name)
    return Error{Code::usage, "--supersedes and --name go with the word new: ssblog id new --supersedes"};
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  auto identity = look(*settings);
  if (!identity) return identity.error();
  wanted.json ? print_json(*identity) : print_text(*identity);
  return done();
}

}  // namespace ssblog
