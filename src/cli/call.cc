// SPDX-License-Identifier: MIT
#include "cli/call.h"

#include "cli/settings.h"
#include "feed/id.h"
#include "feed/json.h"
#include "gossip/local_client.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace ssblog {
namespace {

/// How the manifest calls a method: `async`, `sync`, `source`; empty when it has none of that name.
std::string kind_of(std::string_view manifest, std::string_view method) {
  const auto dot = method.find('.');
  const auto first = member(manifest, method.substr(0, dot));
  if (dot == std::string_view::npos) return text_of(first).value_or("");
  return is_object(first) ? text_of(member(first, method.substr(dot + 1))).value_or("") : "";
}

/// A word as JSON. An id is a word that shells and people leave without quotes.
Result<std::string> json_word(const std::string& word) {
  if (parse_feed_id(word) || parse_message_key(word)) return json_string(word);
  auto json = canonical(word, Layout::compact);
  if (!json)
    return Error{Code::usage,
                 fmt::format("{} is not JSON ({}); a text is written '\"text\"'", word, json.error().text)};
  return json;
}

}  // namespace

std::string as_printed(std::string_view json) {
  auto text = canonical(json, Layout::indented);
  return (text ? *text : std::string(json)) + "\n";
}

Result<int> call_daemon(const Home& home, const std::string& method, std::string_view args) {
  auto client = LocalClient::connect(home.socket_path());
  if (!client) {
    if (client.error().code != Code::unavailable) return client.error();
    return Error{Code::unavailable,
                 fmt::format("no daemon runs for {}; start one with: ssblog daemon --path {}", home.directory,
                             home.directory)};
  }
  auto manifest = client->ask("manifest", "[]");
  if (!manifest) return manifest.error();
  const std::string kind = kind_of(*manifest, method);
  if (kind.empty())
    return Error{Code::usage,
                 fmt::format("the daemon has no method {}; `ssblog call manifest` lists them", method)};
  if (kind == "source") {
    auto over = client->read(
        method, args,
        [](std::string_view item) {
          print(as_printed(item) + "\n");
          return std::fflush(stdout) == 0;
        },
        STDOUT_FILENO);
    return over ? done() : over.error();
  }
  auto answer = client->ask(method, args);
  if (!answer) return answer.error();
  print(as_printed(*answer));
  return done();
}

Result<int> run_call(const Words& words) {
  Options options(
      "call",
      "Calls a method of the running daemon, as programs written for ssb-server do, and prints what "
      "it answers. Each argument is JSON; an id needs no quotes.",
      "  ssblog call manifest\n"
      "  ssblog call createLogStream '{\"limit\":3,\"reverse\":true}'");
  std::optional<std::string> path;
  std::optional<std::string> method;
  Words given;
  options.value("METHOD", method, "What is called");
  options.words("JSON", given, "What it is given, an argument each");
  options.value("--path DIR", path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (!method) return Error{Code::usage, "call which method? `ssblog call manifest` lists them"};
  std::string args = "[";
  for (const std::string& word : given) {
    auto json = json_word(word);
    if (!json) return json.error();
    args += (args.size() > 1 ? "," : "") + *json;
  }
  auto settings = load_settings(path);
  if (!settings) return settings.error();
  return call_daemon(settings->home, *method, args + "]");
}

}  // namespace ssblog
