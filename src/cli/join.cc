// SPDX-License-Identifier: MIT
// cli/join.cc - a new host, or one that is there, joins others by an invite of one of them.
//
// Home and network key first, then the host that invites, then what is said and kept here: whatever interrupts it, it
// can be done again with the same line.
#include "gossip/join.h"
#include "cli/join_home.h"
#include "cli/own_feed.h"
#include "cli/units.h"
#include "feed/json.h"
#include "store/daemon_door.h"
#include "store/peer_book.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto default_timeout = 60s;
constexpr std::size_t longest_file = 64 * 1024;

/// The line itself, `@FILE`, or `-` for standard input.
Result<std::string> read_line(const std::string& word) {
  if (word.starts_with('@')) return read_file(word.substr(1), longest_file);
  if (word != "-") return word;
  if (::isatty(STDIN_FILENO) == 1) say("paste the invite; Ctrl-D ends it");
  return read_stdin(longest_file);
}

Result<Join::Outcome> use_invite(const Invite& invite, const NetworkKey& network, const FeedId& own,
                                 std::chrono::milliseconds timeout) {
  ::signal(SIGPIPE, SIG_IGN);
  auto loop = Loop::make();
  if (!loop) return loop.error();
  Join::Outcome outcome;
  {
    Join join(*loop, network, invite, own, [&](const Join::Outcome& how) {
      outcome = how;
      loop->stop();
    });
    Timer late(*loop, [&] { join.give_up(); });
    late.start(timeout);
    join.begin();
    loop->run();
  }
  // A name server that does not answer is not waited for: the end of the process is.
  if (!loop->settle()) static_cast<void>(new Loop(std::move(*loop)));
  return outcome;
}

/// What keeps us out, as the sentence and the exit code that say so.
Error refusal(const Join::Outcome& outcome) {
  using Kind = Join::Outcome::Kind;
  if (outcome.kind == Kind::unreachable) {
    std::string text = "the host that invites could not be reached; the same line can be tried again:";
    for (const Join::Tried& one : outcome.tried)
      text += fmt::format("\n  {}:{}: {}", one.address.host, one.address.port, one.why);
    return {Code::busy, text};
  }
  if (outcome.kind == Kind::later)
    return {Code::busy, fmt::format("the host that invites says: {}", outcome.words)};
  // A host forgets the keys of used-up invites (ssb-server), or never knew this one: a stranger may not call it.
  if (outcome.words.find("not in list of allowed methods") != std::string::npos)
    return {Code::permission, "the invite was refused: the host knows no such invite, or it was used up"};
  return {Code::permission, fmt::format("the invite was refused: {}", outcome.words)};
}

bool is_loopback(const Address& address) {
  const auto place = SocketAddress::from(address.host, address.port);
  return place && place->loopback();
}

/// Follows the host in return, and remembers where it is. True: that we follow it waits to be signed.
Result<bool> keep(OwnFeed& own, const Invite& invite, const Address& answered) {
  const FeedId host = invite.host();
  auto relation = relation_of(own.store(), own.id(), host);
  if (!relation) return relation.error();
  bool held = false;
  if (*relation != Relation::follows) {
    auto published = own.publish(fmt::format(
        R"({{"type":"contact","following":true,"autofollow":true,"contact":"{}"}})", to_text(host)));
    if (!published) return published.error();
    say_trouble(*published);
    held = published->held != Hold::none;
  }
  std::vector<std::string> texts = {to_text(answered)};
  for (const Address& address : invite.addresses) {
    // Loopback is another machine elsewhere.
    if (!(address == answered) && !is_loopback(address)) texts.push_back(to_text(address));
  }
  auto batch = Batch::begin(own.store(), Durability::full);
  if (!batch) return own.explain_busy(batch.error());
  for (const std::string& text : texts) {
    if (auto saved = save_address(*batch, text); !saved) return saved.error();
  }
  if (auto done = batch->commit(clock_now()); !done) return done.error();
  for (const std::string& text : texts) tell_daemon(own.settings().home, "connect " + text);
  return held;
}

void say_joined(const Settings& settings, const Invite& invite, const Join::Outcome& outcome, bool held) {
  const std::string_view joined = outcome.kind == Join::Outcome::Kind::already ? "joined before" : "joined";
  say(held ? fmt::format(
                 "{}: {} follows this host, which follows it as soon as publishing is not held any more",
                 joined, to_text(invite.host()))
           : fmt::format("{}: this host and {} follow each other", joined, to_text(invite.host())));
  const bool is_system = settings.home.directory == default_home(true).directory;
  if (DaemonLock::holder(settings.home)) {
    say("the daemon that runs here connects to it now; `ssblog status` shows what has come");
  } else {
    say(fmt::format(
        "now start the service: systemctl {}enable --now ssblog   (or, by hand: ssblog daemon --path {})",
        is_system ? "" : "--user ", settings.home.directory));
  }
}

Result<int> run(const JoinOptions& wanted, const std::string& word, std::chrono::milliseconds timeout,
                bool json) {
  auto line = read_line(word);
  if (!line) return line.error();
  auto invite = parse_invite(*line);
  if (!invite) return invite.error();
  auto joining = prepare_home(wanted, *invite);
  if (!joining) return joining.error();
  const NetworkKey network = joining->network;
  auto own = OwnFeed::open(std::move(joining->settings));
  if (!own) return own.error();
  if ((*own)->id() == invite->host()) return Error{Code::usage, "that is an invite of this host itself"};
  auto outcome = use_invite(*invite, network, (*own)->id(), timeout);
  if (!outcome) return outcome.error();
  const bool joined =
      outcome->kind == Join::Outcome::Kind::followed || outcome->kind == Join::Outcome::Kind::already;
  if (!joined) return refusal(*outcome);
  auto held = keep(**own, *invite, *outcome->at);
  if (!held) return held.error();
  if (json) {
    print(fmt::format(R"({{"id":"{}","host":"{}","address":{},"already":{}}})"
                      "\n",
                      to_text((*own)->id()), to_text(invite->host()), json_string(to_text(*outcome->at)),
                      outcome->kind == Join::Outcome::Kind::already));
  } else {
    print(to_text((*own)->id()) + "\n");
  }
  say_joined((*own)->settings(), *invite, *outcome, *held);
  return done();
}

}  // namespace

Result<int> run_join(const Words& words) {
  Options options(
      "join",
      "Joins the hosts of an invite: takes over their network key (and makes this host's home, if it has "
      "none), is followed by the host that invites, and follows it. No port has to be open here.",
      "  ssblog join @/media/stick/invite --name nas\n"
      "  ssh server ssblog invite create | ssblog join -");
  JoinOptions wanted;
  std::optional<std::string> timeout;
  Words lines;
  bool json = false;
  options.words("LINE", lines, "What `ssblog invite create` printed, @FILE with it, or - for standard input");
  options.value("--name NAME", wanted.name, "What this host calls itself, if its home is made now");
  options.value("--path DIR", wanted.path, "Home of this host");
  options.flag("--system", wanted.system, "The home of the system, /var/lib/ssblog");
  options.value("--caps.shs KEY", wanted.network_key,
                "The network key, or @FILE with it, where the invite has none (ssb-server's)");
  options.value("--timeout TIME", timeout, "How long at most (60s)");
  options.flag("--json", json, "Print a JSON object");
  options.excludes("--system", "--path");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (lines.size() != 1) return Error{Code::usage, "join: say one invite, @FILE with it, or - to read it"};
  auto time = timeout ? parse_duration("--timeout", *timeout, 1s)
                      : Result<std::chrono::milliseconds>(default_timeout);
  if (!time) return time.error();
  return run(wanted, lines.front(), *time, json);
}

}  // namespace ssblog
