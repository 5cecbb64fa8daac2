// SPDX-License-Identifier: MIT
// tests/cli/listen_settings_test.cc - sources that listen, as config.toml has them: syslog and signed datagrams.
#include "cli/settings.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

/// The texts of all mistakes of one [[source]].
std::string mistakes_in(std::string_view lines) {
  std::vector<Error> mistakes;
  read_settings(fmt::format("[[source]]\nname = \"a\"\n{}\n", lines), "c", true, mistakes);
  std::string all;
  for (const Error& mistake : mistakes) all += mistake.text + "\n";
  return all;
}

const std::string syslog = "kind = \"syslog\"\n";
const std::string datagrams = "kind = \"datagrams\"\nlisten = [\"udp:0\"]\nsecret-file = \"/s\"\n";

}  // namespace

TEST_CASE("sources of syslog and of datagrams have all that their tables say") {
  const auto settings = parse_settings(R"TOML(
[[source]]
name = "machines"
kind = "syslog"
listen = ["unix:/dev/log", "udp:127.0.0.1:514", "tcp:[::1]:601"]
accept-from = ["10.0.0.0/8"]
stream = "syslog/{facility}"
buffer = "8M"
[[source]]
name = "applications"
kind = "datagrams"
listen = "udp:8010"
secret-file = "/etc/secret"
ttl = "5s"
)TOML",
                                       "c", true);
  REQUIRE_MESSAGE(settings, settings.error().text);
  REQUIRE(settings->event_sources.size() == 2);
  const EventSource& one = settings->event_sources[0];
  CHECK(one.kind == EventKind::syslog);
  CHECK(one.listen.size() == 3);
  CHECK(one.accept_from == std::vector<std::string>{"10.0.0.0/8"});
  CHECK(one.stream == "syslog/{facility}");
  CHECK(one.buffer == 8 * 1024 * 1024);
  const EventSource& two = settings->event_sources[1];
  CHECK(two.kind == EventKind::datagrams);
  CHECK(two.listen == std::vector<std::string>{"udp:8010"});
  CHECK(two.secret_file == "/etc/secret");
  CHECK(two.ttl == 5s);
}

TEST_CASE("each mistake in a source that listens is told") {
  const auto says = [](const std::string& lines, std::string_view what) {
    const std::string all = mistakes_in(lines);
    CAPTURE(lines);
    CAPTURE(all);
    CHECK(all.find(what) != std::string::npos);
  };
  CHECK(mistakes_in(syslog + "listen = \"udp:0\"").empty());
  CHECK(mistakes_in(datagrams).empty());
  const std::string longest(256, 'x');
  CHECK(mistakes_in(datagrams + "job = \"" + longest + "\"\ndestination = \"" + longest + '"').empty());
  says(datagrams + "job = \"" + longest + "x\"", "source.job may have 256 bytes at most");
  says(datagrams + "destination = \"" + longest + "x\"", "source.destination may have 256 bytes at most");
  says(syslog, "where to listen");
  says(syslog + "listen = []", "1 to 64 places");
  says(syslog + "listen = [\"514\"]", "\"514\"");
  says(syslog + "listen = [\"udp:x\"]", "port");
  says(syslog + "listen = [\"unix:log\"]", "absolute");
  says(syslog + "listen = \"udp:0\"\naccept-from = [\"nas\"]", "\"nas\"");
  says(syslog + "listen = \"udp:0\"\nttl = \"5s\"", "means nothing to kind = \"syslog\"");
  says("kind = \"datagrams\"\nlisten = \"udp:0\"", "needs a secret-file");
  says("kind = \"datagrams\"\nlisten = \"tcp:0\"\nsecret-file = \"/s\"", "datagrams come over");
  says("kind = \"datagrams\"\nlisten = \"udp:0\"\nsecret-file = \"s\"", "absolute");
  says("kind = \"datagrams\"\nlisten = \"udp:0\"\nsecret-file = \"\"", "absolute");
  says(datagrams + "ttl = \"500ms\"", "from 1s to 1h");
  says(datagrams + "ttl = \"2h\"", "from 1s to 1h");
  says("kind = \"kernel\"\nlisten = \"udp:0\"", "means nothing to kind = \"kernel\"");
}

TEST_CASE("bytes that belong into no text are told with their line, and end nothing") {
  using namespace std::string_view_literals;
  for (const std::string_view bad :
       {"a = 1\n[\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv, "name = \"x\"\n\x01"sv, "\n\x7f = 1"sv}) {
    std::vector<Error> mistakes;
    read_settings(bad, "c", true, mistakes);
    REQUIRE(mistakes.size() == 1);
    CHECK(mistakes[0].text == "c, line 2: there are bytes that belong into no text");
  }
}
