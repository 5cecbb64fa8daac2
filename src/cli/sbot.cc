// SPDX-License-Identifier: MIT
// cli/sbot.cc - the command line of sbot, so that the lines which people have in their scripts work unchanged.
//
// Called as `ssblog sbot`, or by a link of the name `sbot`. whoami and publish need no daemon; every other method is the
// daemon's. Flags that say how to reach a server never become content. Source: local-api.md, "The sbot command line".
#include "cli/call.h"
#include "cli/own_feed.h"
#include "cli/own_options.h"
#include "cli/publish_content.h"
#include "cli/words.h"
#include "feed/json.h"
#include "gossip/own_publisher.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ssblog {
namespace {

constexpr std::string_view help =
    R"(Usage: ssblog sbot COMMAND [WORD]... [--NAME VALUE]... [-- CONFIGURATION]

sbot's own command line, for scripts that were written for ssb-server. A link of
the name `sbot` that leads to ssblog does the same.

  server, start         run the daemon; makes a home that is not there yet
  whoami                print the id of this host
  publish               publish the flags as one message, and print it
  METHOD                any other method of the daemon, as `ssblog call` reaches it;
                        log, logt, hist and history are sbot's short names

  --path DIR            home of this host; --host, --port, --caps.shs and --caps.sign
                        are understood where they mean something, and never published

Examples:
  sbot server --path /srv/log --port 8321 --caps.shs @/srv/log/network-key
  sbot publish --path /srv/log --type log --text "disk changed"
)";

/// How a server is reached, or begins. `friends.hops` is ssb-server's.
constexpr std::array connection_flags = {OwnOption{"path", true},     OwnOption{"host", true},
                                         OwnOption{"port", true},     OwnOption{"config", true},
                                         OwnOption{"caps.shs", true}, OwnOption{"caps.sign", true}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> aliases = {
    {{"log", "createLogStream"},
     {"logt", "messagesByType"},
     {"hist", "createHistoryStream"},
     {"history", "createHistoryStream"}}};

/// What stood among the words or, in its place, behind the lone `--`.
std::optional<std::string> connection_value(const OwnOptions& own, const Call& call, std::string_view name) {
  if (const auto value = own.value(name)) return std::string(*value);
  if (!call.config) return std::nullopt;
  const auto dot = name.find('.');
  auto value = member(*call.config, name.substr(0, dot));
  if (dot != std::string_view::npos) value = is_object(value) ? member(value, name.substr(dot + 1)) : "";
  if (value.empty()) return std::nullopt;
  return text_of(value).value_or(std::string(value));  // a port is a number there
}

Result<int> serve(const OwnOptions& own, const Call& call) {
  Words words;
  const auto hand_on = [&](std::string_view name, const std::string& as) {
    if (auto value = connection_value(own, call, name)) words.insert(words.end(), {as, *value});
  };
  hand_on("path", "--path");
  hand_on("caps.shs", "--caps.shs");
  const auto path = connection_value(own, call, "path");
  // ssb-server makes its identity when it first starts.
  if (path && ::access(home_at(*path).secret_path().c_str(), F_OK) != 0 && errno == ENOENT) {
    if (words.size() < 4)
      return Error{Code::config,
                   fmt::format("there is no identity in {} yet, and without --caps.shs it would get a "
                               "network of its own; make one with: ssblog init --path {}",
                               *path, *path)};
    if (auto made = run_init(words); !made) return made;
    words.resize(2);  // the key is in the configuration now
  }
  hand_on("caps.sign", "--caps.sign");
  hand_on("host", "--host");
  hand_on("port", "--port");
  Items items(call.args);
  if (items.next()) {
    const auto flags = items.value();
    const auto friends = is_object(flags) ? member(flags, "friends") : "";
    const auto hops = is_object(friends) ? member(friends, "hops") : "";
    if (!hops.empty()) words.insert(words.end(), {"--hops", std::string(hops)});
    if (hops.empty() || items.next())
      say("sbot's other options of a server mean nothing here, and are left out");
  }
  return run_daemon(words);
}

Result<int> whoami(const Settings& settings) {
  auto keys = load_keys(settings.home);
  if (!keys) return keys.error();
  print(as_printed(fmt::format(R"({{"id":"{}"}})", to_text(keys->id()))));
  return done();
}

Result<int> publish(Settings settings, std::string_view args) {
  Items items(args);
  const std::string given(items.next() ? items.value() : std::string_view());
  if (items.next() || !is_object(given))
    return Error{
        Code::usage,
        "publish takes flags alone, --type TYPE among them; a value that begins with a dash is written "
        "--NAME=VALUE"};
  auto content = content_from_json(given);
  if (!content) return content.error();
  auto own = OwnFeed::open(std::move(settings));
  if (!own) return own.error();
  const Millis now = clock_now();
  auto published = (*own)->publish(*content);
  if (!published) return published.error();
  say_trouble(*published);
  if (published->held != Hold::none || !published->last) {
    print(as_printed(R"({"held":true})"));
    return done();
  }
  const auto messages = last_messages((*own)->store(), (*own)->id(), *published->last, 1, now);
  print(as_printed(as_answer(messages.front())));
  return done();
}

std::string method_of(const Call& call) {
  std::string name;
  for (const std::string& part : call.command) name += (name.empty() ? "" : ".") + part;
  for (const auto& [alias, method] : aliases) {
    if (name == alias) return std::string(method);
  }
  return name;
}

}  // namespace

Result<int> run_sbot(const Words& words) {
  if (words.empty() || std::find(words.begin(), words.end(), "--help") != words.end()) {
    print(help);
    return done(words.empty() ? static_cast<int>(Code::usage) : 0);
  }
  auto own = own_options(words, connection_flags);
  if (!own) return own.error();
  auto call = parse_call(own->rest);
  if (!call) return call.error();
  const std::string method = method_of(*call);
  if (method.empty()) return Error{Code::usage, "which command? `sbot --help` says more"};
  if (method == "server" || method == "start") return serve(*own, *call);
  if (call->args == R"(["."])" && ::isatty(STDIN_FILENO) != 1) {
    auto text = read_stdin(max_message_bytes);
    if (!text) return text.error();
    auto json = canonical(*text, Layout::compact);
    if (!json) return Error{Code::data, fmt::format("standard input is {}", json.error().text)};
    call->args = "[" + *json + "]";
  }
  auto settings = load_settings(connection_value(*own, *call, "path"));
  if (!settings) return settings.error();
  if (method == "whoami") return whoami(*settings);
  if (method != "publish") return call_daemon(settings->home, method, call->args);
  if (const auto key = connection_value(*own, *call, "caps.sign")) {
    auto signing_key = parse_signing_key(*key);
    if (!signing_key) return signing_key.error();
    settings->signing_key = *signing_key;
  }
  return publish(std::move(*settings), call->args);
}

}  // namespace ssblog
