// SPDX-License-Identifier: MIT
// cli/invite.cc - invites: made here, shown, and taken back. They are used up by the daemon (gossip/guests.h).
#include "gossip/protocol/invite.h"
#include "assemble/escape.h"
#include "assemble/time_text.h"
#include "cli/node_options.h"
#include "cli/units.h"
#include "feed/crypto.h"
#include "feed/json.h"
#include "feed/utf.h"
#include "loop/links.h"
#include "store/invites.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto default_time = 24h;
constexpr auto longest_time = 24h * 365;
constexpr std::int64_t most_uses = 10'000;
constexpr std::size_t longest_note = 200;  // bytes
constexpr std::size_t shortest_name = 4;   // hex digits

struct InviteOptions {
  std::optional<std::string> path, uses, expires, note, network_key;
  Words addresses;
  bool json = false;
};

/// A home with an identity, opened to write into.
struct Host {
  Settings settings;
  FeedId id;
  Store store;
};

Result<Host> open_host(const InviteOptions& wanted) {
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  auto keys = load_keys(settings->home);
  if (!keys) return keys.error();
  auto store = open_own_store(settings->home);
  if (!store) return store.error();
  return Host{std::move(*settings), keys->id(), std::move(*store)};
}

Result<std::int64_t> read_uses(const std::optional<std::string>& text) {
  if (!text) return std::int64_t{1};
  std::int64_t uses = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), uses);
  if (error != std::errc() || end != text->data() + text->size() || uses < 1 || uses > most_uses)
    return Error{Code::usage, fmt::format("--uses {}: say a number from 1 to {}", *text, most_uses)};
  return uses;
}

Result<std::optional<Millis>> read_expires(const std::optional<std::string>& text, Millis now) {
  if (text == "never") return std::optional<Millis>();
  auto time = text ? parse_duration("--expires", *text, 1s, longest_time)
                   : Result<std::chrono::milliseconds>(default_time);
  if (!time) return time.error();
  if (time->count() == 0)
    return Error{Code::usage, "--expires 0: an invite that has expired already lets nobody in"};
  return std::optional<Millis>(now + time->count());
}

/// `HOST` or `HOST:PORT`; an IPv6 address with a port stands in brackets.
Result<Address> read_address(const std::string& text, std::uint16_t port, const FeedId& own) {
  const auto colons = std::count(text.begin(), text.end(), ':');
  const bool has_port = text.starts_with('[') ? !text.ends_with(']') : colons == 1;
  const bool is_bracketed = text.starts_with('[') && text.ends_with(']');
  const std::string host = is_bracketed ? text.substr(1, text.size() - 2) : text;
  auto address = parse_address(has_port ? fmt::format("net:{}~shs:{}", text, to_base64(own.view()))
                                        : fmt::format("net:{}:{}~shs:{}", host, port, to_base64(own.view())));
  if (address && !address->seed) return address;
  return Error{Code::usage,
               fmt::format("--address {}: say a name or an IP address, with its port if it is not {}, as "
                           "nas.example.org:8008 or [fd00::7]:8008",
                           text, port)};
}

bool is_loopback(const Address& address) {
  const auto place = SocketAddress::from(address.host, address.port);
  return place ? place->loopback() : address.host == "localhost";
}

/// Where this host can be reached, as far as it can know: as the daemon listens, or would.
Result<std::vector<Address>> own_places(const Settings& settings, const FeedId& own, std::uint16_t& port) {
  std::vector<Address> places;
  auto daemon = read_daemon_state(settings.home);
  if (!daemon) return daemon.error();
  if (*daemon) {
    for (const std::string& text : (*daemon)->listening) {
      if (auto address = parse_address(text)) places.push_back(*std::move(address));
    }
  } else {
    say("no daemon is running here; start one before the invite is used: ssblog daemon");
  }
  port = !places.empty() ? places.front().port
                         : static_cast<std::uint16_t>(settings.port.value_or(default_port));
  if (!places.empty() || port == 0) return places;
  for (const SocketAddress& address : own_addresses())
    places.push_back({address.host(), port, own, std::nullopt});
  return places;
}

Result<std::vector<Address>> choose_addresses(const Host& host, const Words& named) {
  std::uint16_t port = 0;
  auto places = own_places(host.settings, host.id, port);
  if (!places) return places.error();
  if (named.size() > max_invite_addresses)
    return Error{Code::usage, fmt::format("an invite holds {} addresses and no more", max_invite_addresses)};
  std::vector<Address> addresses;
  for (const std::string& text : named) {
    auto address = read_address(text, port, host.id);
    if (!address) return address.error();
    addresses.push_back(*std::move(address));
  }
  if (named.empty()) addresses = std::move(*places);
  if (addresses.empty()) {
    return Error{
        Code::unavailable,
        "network.port is 0, so that nobody knows the port before the daemon runs: start it, or say where "
        "with --address HOST:PORT"};
  }
  // What other machines can reach, and SSB's programs can read: they take the first one.
  std::stable_sort(addresses.begin(), addresses.end(), [](const Address& a, const Address& b) {
    const auto rank = [](const Address& one) {
      return (is_loopback(one) ? 2 : 0) + (one.host.find(':') == std::string::npos ? 0 : 1);
    };
    return rank(a) < rank(b);
  });
  if (is_loopback(addresses.front()))
    say("warning: no other machine can reach this one at the address in the invite; say where with --address "
        "HOST");
  return addresses;
}

std::string time_text(Millis time) {
  std::string text;
  append_utc_time(text, time);
  return text.substr(0, 16) + "Z";  // minutes are enough
}

Result<int> create(const InviteOptions& wanted) {
  const Millis now = clock_now();
  InviteRow row;
  row.created = now;
  auto uses = read_uses(wanted.uses);
  if (!uses) return uses.error();
  row.uses = *uses;
  auto expires = read_expires(wanted.expires, now);
  if (!expires) return expires.error();
  row.expires = *expires;
  row.note = wanted.note.value_or("");
  if (row.note.size() > longest_note || !is_utf8(as_bytes(row.note)))
    return Error{Code::usage, fmt::format("--note: say a text of at most {} bytes", longest_note)};
  auto host = open_host(wanted);
  if (!host) return host.error();
  if (wanted.network_key) {
    auto key = network_key_option(*wanted.network_key);
    if (!key) return key.error();
    host->settings.network_key = *key;
  }
  if (auto options = node_options(host->settings); !options) return options.error();
  auto addresses = choose_addresses(*host, wanted.addresses);
  if (!addresses) return addresses.error();

  Invite invite;
  invite.addresses = std::move(*addresses);
  invite.network = host->settings.network_key;
  random_bytes({invite.seed.data(), 32});
  row.guest = KeyPair::from_seed(invite.seed.view().first<32>()).id();
  auto batch = Batch::begin(host->store, Durability::full);
  if (!batch) return batch.error();
  if (auto added = add_invite(*batch, row); !added) return added.error();
  if (auto committed = batch->commit(now); !committed) return committed.error();

  const std::string line = format_invite(invite);
  if (wanted.json) {
    print(fmt::format(R"({{"id":"{}","invite":{},"host":"{}","uses":{},"expires":{}}})"
                      "\n",
                      row.name(), json_string(line), to_text(host->id), row.uses,
                      row.expires ? std::to_string(*row.expires) : "null"));
    return done();
  }
  print(line + "\n");
  say(fmt::format(
      "invite {} works {}{}; on the new machine: ssblog join LINE. Who has the line can read everything, so "
      "carry it as a password",
      row.name(), row.uses == 1 ? "once" : fmt::format("{} times", row.uses),
      row.expires ? ", until " + time_text(*row.expires) : ""));
  return done();
}

std::string json_of(const InviteRow& row, Millis now) {
  const auto number = [](const std::optional<Millis>& time) { return time ? std::to_string(*time) : "null"; };
  std::string users;
  for (const FeedId& id : row.users) users += (users.empty() ? "\"" : ",\"") + to_text(id) + "\"";
  return fmt::format(
      R"({{"id":"{}","state":"{}","uses":{},"used":{},"created":{},"expires":{},"revoked":{},"note":{},"usedBy":[{}]}})"
      "\n",
      row.name(), to_text(row.state(now)), row.uses, row.used, row.created, number(row.expires),
      number(row.revoked), json_string(row.note), users);
}

Result<std::string> users_text(Store& store, const InviteRow& row) {
  std::string text;
  for (const FeedId& id : row.users) {
    auto feed = store.feed(id);
    if (!feed) return feed.error();
    auto name = *feed ? store.name_before((*feed)->number, max_sequence) : Result<std::string>("");
    if (!name) return name.error();
    text += fmt::format("{}{}@{}", text.empty() ? "" : ", ", escape_name(*name), short_id(id));
  }
  return text.empty() ? "-" : text;
}

Result<int> list(const InviteOptions& wanted) {
  auto host = open_host(wanted);
  if (!host) return host.error();
  auto rows = InviteBook(host->store).all();
  if (!rows) return rows.error();
  const Millis now = clock_now();
  if (!wanted.json && !rows->empty())
    print(fmt::format("{:<9} {:<8} {:>10}  {:<17}  {}\n", "ID", "STATE", "USES LEFT", "EXPIRES",
                      "USED BY, NOTE"));
  for (const InviteRow& row : *rows) {
    if (wanted.json) {
      print(json_of(row, now));
      continue;
    }
    auto users = users_text(host->store, row);
    if (!users) return users.error();
    const std::string left = row.state(now) == InviteState::open ? std::to_string(row.uses - row.used) : "0";
    std::string note;
    escape_line(as_bytes(row.note), note);
    print(fmt::format("{:<9} {:<8} {:>4} of {:<2}  {:<17}  {}{}{}\n", row.name(), to_text(row.state(now)),
                      left, row.uses, row.expires ? time_text(*row.expires) : "never", *users,
                      note.empty() ? "" : "  ", note));
  }
  if (!wanted.json && rows->empty()) say("there are no invites; make one with: ssblog invite create");
  return done();
}

/// The invites that a person means: a beginning of the id's hex, or all that are open.
Result<std::vector<InviteRow>> pick(const std::vector<InviteRow>& rows, const std::string& word, Millis now) {
  std::vector<InviteRow> picked;
  for (const InviteRow& row : rows) {
    const bool meant = word == "all"
                           ? row.state(now) == InviteState::open
                           : word.size() >= shortest_name && to_hex(row.guest.view()).starts_with(word);
    if (meant) picked.push_back(row);
  }
  if (word == "all" || picked.size() == 1) return picked;
  return Error{Code::usage,
               fmt::format("{} is {}; `ssblog invite list` shows their ids", word,
                           picked.empty() ? "no invite of this host" : "the beginning of several invites")};
}

Result<int> revoke(const InviteOptions& wanted, const Words& words) {
  if (words.empty()) return Error{Code::usage, "invite revoke: say the id of an invite, or all"};
  auto host = open_host(wanted);
  if (!host) return host.error();
  auto rows = InviteBook(host->store).all();
  if (!rows) return rows.error();
  const Millis now = clock_now();
  std::vector<InviteRow> meant;
  for (const std::string& word : words) {
    auto picked = pick(*rows, word, now);
    if (!picked) return picked.error();
    meant.insert(meant.end(), picked->begin(), picked->end());
  }
  auto batch = Batch::begin(host->store, Durability::full);
  if (!batch) return batch.error();
  for (const InviteRow& row : meant) {
    auto revoked = revoke_invite(*batch, row.guest, now);
    if (!revoked) return revoked.error();
  }
  if (auto committed = batch->commit(now); !committed) return committed.error();
  for (const InviteRow& row : meant) {
    say(fmt::format("invite {} is revoked{}", row.name(),
                    row.users.empty() ? "" : "; who used it is still followed, see `ssblog unfollow`"));
  }
  if (meant.empty()) say("no invite is open");
  return done();
}

}  // namespace

Result<int> run_invite(const Words& words) {
  Options options(
      "invite",
      "Lets new hosts join. `create` prints a line for `ssblog join` on the new host: whoever uses it is "
      "followed. `list` shows what became of all invites, `revoke ID` (or all) ends them.",
      "  ssblog invite create --uses 3 --expires 7d\n"
      "  ssblog invite list; ssblog invite revoke 03a1047e");
  InviteOptions wanted;
  Words actions;
  options.words("ACTION", actions, "create, list, or revoke with ids");
  options.value("--uses N", wanted.uses, "create: how many hosts may use it (1)");
  options.value("--expires TIME", wanted.expires, "create: how long it works, as 2h or 7d, or never (24h)");
  options.values("--address HOST[:PORT]", wanted.addresses,
                 "create: where this host can be reached (default: all its addresses)");
  options.value("--note TEXT", wanted.note, "create: whom it is for; `list` shows it");
  options.value("--caps.shs KEY", wanted.network_key,
                "create: the network key, or @FILE with it, instead of config.toml's");
  options.flag("--json", wanted.json, "create, list: print JSON objects");
  options.value("--path DIR", wanted.path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  const std::string action = actions.empty() ? "" : actions.front();
  const Words rest(actions.begin() + (actions.empty() ? 0 : 1), actions.end());
  const bool creates =
      wanted.uses || wanted.expires || wanted.note || wanted.network_key || !wanted.addresses.empty();
  if (action == "create" && rest.empty()) return create(wanted);
  if (action == "list" && rest.empty() && !creates) return list(wanted);
  if (action == "revoke" && !creates) return revoke(wanted, rest);
  return Error{Code::usage,
               "say which: ssblog invite create, list, or revoke ID (see `ssblog invite --help`)"};
}

}  // namespace ssblog
