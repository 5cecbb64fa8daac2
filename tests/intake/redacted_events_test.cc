// SPDX-License-Identifier: MIT
// tests/intake/redacted_events_test.cc - keys whose lines come as events, between those of others.
#include "intake/redacted_events.h"

#include <doctest/doctest.h>

#include <string>
#include <variant>

using namespace ssblog;

namespace {

const std::string line = "MIIEvQabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01238cKj";
const std::string last = "Zm9vYmFyMTIzNA==";
const std::string begin = "-----BEGIN PRIVATE KEY-----", end = "-----END PRIVATE KEY-----";

struct Events {
  Redactor redactor = std::move(*Redactor::create());
  EventStates states;

  std::string masked(const std::string& stream, const std::string& sender, const std::string& text) {
    Event event;
    event.stream = stream;
    event.sender = sender;
    event.text = text;
    const auto out = redacted_events(redactor, {event}, states);
    return std::get<Event>(out.at(0)).text;
  }
};

}  // namespace

TEST_CASE("a key whose lines are events of their own is masked, over batches, in its stream alone") {
  Events events;
  CHECK(events.masked("a", "", begin) == begin);
  CHECK(events.masked("a", "", line).find("8cKj") == std::string::npos);
  CHECK(events.masked("b", "", line) == line);
  CHECK(events.masked("a", "", line).starts_with("[redacted:private-key]"));
  CHECK(events.masked("a", "", last).find("Zm9v") == std::string::npos);
  CHECK(events.masked("a", "", end) == end);
  CHECK(events.states.empty());
  CHECK(events.masked("a", "", line) == line);
}

TEST_CASE("lines of other senders do not end a key, and are not taken for it") {
  Events events;
  const auto app = [&events](const std::string& text) {
    return events.masked("syslog", "nas app", "nas app[7]: " + text);
  };
  const auto other = [&events](const std::string& text) {
    return events.masked("syslog", "nas cron", "nas cron[1]: " + text);
  };
  CHECK(app(begin).ends_with(begin));
  for (int i = 0; i < 200; ++i) {
    REQUIRE(other("ok") == "nas cron[1]: ok");
    REQUIRE(other(line).ends_with(line));
    REQUIRE(app(line).starts_with("nas app[7]: [redacted:private-key]"));
  }
  CHECK(other("ok") == "nas cron[1]: ok");
  CHECK(app(last).find("Zm9v") == std::string::npos);
  CHECK(app(end).ends_with(end));
  CHECK(events.states.empty());
}

TEST_CASE("other lines of the same sender do not end a key, but many in a row do") {
  Events events;
  CHECK(events.masked("kernel", "", begin) == begin);
  CHECK(events.masked("kernel", "", line) != line);
  CHECK(events.masked("kernel", "", "a line of another thread") == "a line of another thread");
  CHECK(events.masked("kernel", "", line) != line);
  for (unsigned i = 0; i < most_other_lines; ++i)
    CHECK(events.masked("kernel", "", "one of many") == "one of many");
  CHECK(events.masked("kernel", "", line) != line);
  for (unsigned i = 0; i <= most_other_lines; ++i)
    CHECK(events.masked("kernel", "", "one of many") == "one of many");
  CHECK(events.states.empty());
  CHECK(events.masked("kernel", "", line) == line);
}
