// SPDX-License-Identifier: MIT
// tests/intake/syslog_message_test.cc - messages as syslog senders write them, and as nobody should.
#include "intake/syslog_message.h"
#include "intake/civil_date.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace ssblog;
using namespace std::string_view_literals;

namespace {

constexpr Millis hour_ms = 3'600'000;
const Millis now = days_of(2026, 11, 21) * 24 * hour_ms + 15 * hour_ms;  // 2026-11-21T15:00:00Z
const std::vector<std::string> own_names = {"nas", "nas.lan"};

Event event_of(std::string_view message, SyslogWay way = SyslogWay::network,
               std::string sender = "10.0.0.7") {
  SyslogArrival arrival;
  arrival.now = now;
  arrival.own_names = own_names;
  arrival.stream = "syslog";
  if (way == SyslogWay::network) arrival.sender = std::move(sender);
  return syslog_event(parse_syslog(message, way), arrival, Zone());
}

}  // namespace

TEST_CASE("a syslog message becomes host, tag, pid and text") {
  const std::pair<std::string_view, std::string_view> network[] = {
      // RFC 3164, of its own examples and of senders
      {"<34>Nov 21 14:02:11 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
       "mymachine su: 'su root' failed for lonvick on /dev/pts/8"},
      {"<13>Nov  1 14:02:11 web01 sshd[4711]: Accepted publickey", "web01 sshd[4711]: Accepted publickey"},
      {"<13>Nov 21 14:02:11 nas cron[1]: not ours", "10.0.0.7 cron[1]: not ours"},
      {"<13>Nov 21 14:02:11 NAS.lan cron[1]: not ours", "10.0.0.7 cron[1]: not ours"},
      {"<13>Nov 21 14:02:11 localhost cron[1]: not ours", "10.0.0.7 cron[1]: not ours"},
      {"<13>Nov 21 14:02:11 sshd[4711]: no host", "10.0.0.7 sshd[4711]: no host"},
      {"<13>Nov 21 14:02:11 10.1.2.3 postfix/smtpd[7]: x", "10.1.2.3 postfix/smtpd[7]: x"},
      {"<13>Nov 21 14:02:11 fe80::1 app: x", "fe80::1 app: x"},
      {"<13>Nov 21 14:02:11 web01 no tag here", "web01 no tag here"},
      {"<13>Nov 21 14:02:11 web01 app[7] no colon", "web01 app[7]: no colon"},
      {"<13>2026-11-21T14:02:11.123456+00:00 web01 rsyslogd: iso", "web01 rsyslogd: iso"},
      {"<13>web01", "10.0.0.7 web01"},
      {"<13>app[7]: no time", "10.0.0.7 app[7]: no time"},
      {"<13>app: no time", "10.0.0.7 app: no time"},
      {"<13>", "10.0.0.7"},
      {"plain text, no priority", "10.0.0.7 plain text, no priority"},
      {"see http://example.org/: there", "10.0.0.7 see http://example.org/: there"},
      {"<13>Foo::Bar: perl", "10.0.0.7 Foo::Bar: perl"},
      {"<13>Nov 21 14:02:11 web01 sshd(pam_unix)[7]: x", "web01 sshd(pam_unix)[7]: x"},
      // Cisco
      {"<189>*Nov 21 14:02:11.123: %SYS-5-CONFIG_I: Configured", "10.0.0.7 %SYS-5-CONFIG_I: Configured"},
      {"<166>Nov 21 2026 14:02:11: %ASA-6-302014: Teardown", "10.0.0.7 %ASA-6-302014: Teardown"},
      {"<166>Nov 21 14:02:11 2026 fw01 kernel: x", "fw01 kernel: x"},
      // RFC 5424
      {"<34>1 2026-11-21T14:02:11.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed",
       "mymachine.example.com su: ID47 'su root' failed"},
      {"<165>1 2026-11-21T14:02:11Z web01 app 8710 - - %% It's time.", "web01 app[8710]: %% It's time."},
      {R"(<165>1 2026-11-21T14:02:11Z web01 app - ID47 [ex@32473 iut="3" v="a\"]b"][x@1 y="z"] text)",
       R"(web01 app: ID47 [ex@32473 iut="3" v="a\"]b"][x@1 y="z"] text)"},
      {R"(<165>1 2026-11-21T14:02:11Z web01 app - ID47 [ex@32473 iut="3"])",
       R"(web01 app: ID47 [ex@32473 iut="3"])"},
      {"<13>1 - - - - - -", "10.0.0.7"},
      {"<13>1 - - - - - - only text", "10.0.0.7 only text"},
      {"<13>1 - web01 app 7 -", "web01 app[7]:"},
      {"<13>1 - - - 7 - - pid alone", "10.0.0.7 [7]: pid alone"},
      // What looks like RFC 5424 and is not
      {"<13>1 apple", "10.0.0.7 1 apple"},
      {"<13>1 2026-11-21T14:02:11Z web01", "10.0.0.7 1 2026-11-21T14:02:11Z web01"},
      {"<13>1 - web01 app 7 - [open x=\"1] text", "web01 app[7]: [open x=\"1] text"},
      {"<13>1 - web01 app 7 - [a][b]c", "web01 app[7]: [a][b]c"},
      {"<13>2 - web01 app 7 - - x", "10.0.0.7 2 - web01 app 7 - - x"},
      {"<192>no priority", "10.0.0.7 <192>no priority"},
      {"<1234>no priority", "10.0.0.7 <1234>no priority"},
      {"<>no priority", "10.0.0.7 <>no priority"},
      {"<13", "10.0.0.7 <13"},
      {"", "10.0.0.7"},
  };
  for (const auto& [message, text] : network) {
    CAPTURE(message);
    CHECK(event_of(message).text == text);
  }
  const std::pair<std::string_view, std::string_view> local[] = {
      {"<13>Nov 21 14:02:11 root: hello", "root: hello"},
      {"<13>Nov 21 14:02:11 root[17]: hello", "root[17]: hello"},
      {"<13>Nov 21 14:02:11 hello there", "hello there"},
      {"<13>Nov 21 14:02:11 my app: hello", "my app: hello"},
      {"<13>Nov 21 14:02:11 nas root: hello", "root: hello"},
      {"<6>[   12.345678] usb 1-1: new device", "[   12.345678] usb 1-1: new device"},
      {"<4>Nov 21 14:02:11 kernel: [12.3] oops", "kernel: [12.3] oops"},
      {"<13>root: one\nroot: two\n", "root: one\nroot: two"},
  };
  for (const auto& [message, text] : local) {
    CAPTURE(message);
    CHECK(event_of(message, SyslogWay::local).text == text);
  }
}

TEST_CASE("own names over the loopback address are this machine") {
  for (const char* host : {"nas", "NAS.lan", "localhost", "nas.elsewhere"}) {
    CAPTURE(host);
    const auto message = std::string("<13>Nov 21 14:02:11 ") + host + " cron[1]: ours";
    CHECK(event_of(message, SyslogWay::network, "").text == "cron[1]: ours");
  }
}

TEST_CASE("any bytes of a text are kept, but its end of a line") {
  CHECK(event_of("<13>t: a\0b\xff\x1b[31m\nc\r\n\0"sv, SyslogWay::local).text == "t: a\0b\xff\x1b[31m\nc"sv);
  CHECK(event_of("<13>t: a\n\n"sv, SyslogWay::local).text == "t: a\n");
}

TEST_CASE("the priority gives level and facility") {
  for (int priority = 0; priority <= 191; ++priority) {
    const std::string text = "<" + std::to_string(priority) + ">t: x";
    const auto message = parse_syslog(text, SyslogWay::local);
    REQUIRE(message.priority == priority);
    CHECK(event_of(text).level == priority % 8);
  }
  CHECK_FALSE(event_of("t: x").level);
  CHECK(facility_keyword(4 * 8) == "auth");
  CHECK(facility_keyword(10 * 8 + 3) == "authpriv");
  CHECK(facility_keyword(191) == "local7");
  CHECK(facility_keyword(std::nullopt) == "unknown");
  SyslogArrival arrival;
  arrival.stream = "syslog/{facility}";
  CHECK(syslog_event(parse_syslog("<86>t: x", SyslogWay::local), arrival, Zone()).stream ==
        "syslog/authpriv");
}

TEST_CASE("the sender's time counts, unless it is a day off or no finer than now") {
  struct Case {
    std::string_view message;
    Millis behind;  ///< ms before now
    TimeFrom from;
  };
  const Case cases[] = {
      {"<13>Nov 21 14:00:00 web01 a: x", hour_ms, TimeFrom::line},
      {"<13>1 2026-11-21T14:59:59.250Z web01 a - - - x", 750, TimeFrom::line},
      {"<13>1 2026-11-21T16:00:00+02:00 web01 a - - - x", hour_ms, TimeFrom::line},
      {"<13>2026-11-21T15:30:00Z web01 a: ahead", -hour_ms / 2, TimeFrom::line},
      {"<13>Nov 20 15:00:00 web01 a: a day", 24 * hour_ms, TimeFrom::line},
      {"<13>Nov 20 14:59:59 web01 a: more than a day", 0, TimeFrom::read},
      {"<13>Nov 22 15:00:01 web01 a: more than a day ahead", 0, TimeFrom::read},
      {"<13>Jan  1 00:00:00 web01 a: no clock", 0, TimeFrom::read},
      {"<13>1 1970-01-01T00:00:01Z web01 a - - - no clock", 0, TimeFrom::read},
      {"<13>Feb 30 14:00:00 web01 a: no such day", 0, TimeFrom::read},
      {"<13>Nov 21 15:00:00 web01 a: this second", 0, TimeFrom::read},
      {"<13>a: none", 0, TimeFrom::read},
  };
  for (const Case& one : cases) {
    CAPTURE(one.message);
    const Event event = event_of(one.message);
    CHECK(event.time == now - one.behind);
    CHECK(event.from == one.from);
  }
}

TEST_CASE("what was cut off is said") {
  SyslogArrival arrival;
  arrival.cut = 17;
  CHECK(syslog_event(parse_syslog("<13>t: x", SyslogWay::local), arrival, Zone()).text ==
        "t: x [17 bytes were cut off here]");
}

TEST_CASE("no bytes make the parser read elsewhere, or lose the text") {
  const std::string whole = "<165>1 2026-11-21T14:02:11Z web01 app 8710 ID47 [ex@32473 iut=\"3\"] the text";
  const std::string old = "<34>Nov 21 14:02:11 mymachine su[17]: the text";
  std::mt19937 random(7);
  for (const std::string& start : {whole, old}) {
    for (std::size_t size = 0; size <= start.size(); ++size) {
      // A copy of its own, so that a sanitizer sees a byte too far.
      const std::vector<char> bytes(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(size));
      (void)event_of({bytes.data(), bytes.size()});
    }
    for (int round = 0; round < 20'000; ++round) {
      std::string bytes = start;
      for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
      const auto message = parse_syslog(bytes, SyslogWay::network);
      for (const auto& view :
           {message.host, message.tag, message.pid, message.id, message.data, message.text}) {
        if (view.empty()) continue;
        REQUIRE(view.data() >= bytes.data());
        REQUIRE(view.data() + view.size() <= bytes.data() + bytes.size());
      }
    }
  }
  const std::string brackets(longest_syslog, '[');
  (void)event_of("<13>1 - a b c d " + brackets);
  (void)event_of("<13>1 - a b c d " + std::string(longest_syslog, '"'));
}
