// SPDX-License-Identifier: MIT
#include "feed/alert_record.h"

#include "feed/json.h"

#include <doctest/doctest.h>

using namespace ssblog;

namespace {

AlertRecord some_alert() {
  AlertRecord alert;
  alert.kind = AlertKind::too_long;
  alert.rule.bytes.fill(3);
  alert.of.host.bytes.fill(7);
  alert.of.job = "nightly\n\"x\"";
  alert.of.source = "nas";
  alert.due = 1'795'262'400'000;
  alert.after = alert.due - 1;
  alert.reason = AlertReason::host_not_seen;
  alert.run = "00112233445566ff";
  alert.detail = "exit 12";
  return alert;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("an alert that is written is read again") {
  AlertRecord alert = some_alert();
  for (const AlertKind kind : {AlertKind::late, AlertKind::silent, AlertKind::failed, AlertKind::too_long,
                               AlertKind::too_short, AlertKind::recovered}) {
    alert.kind = kind;
    const std::string content = alert_content(alert);
    CHECK(*canonical(content, Layout::compact) == content);
    const auto read = read_alert(content);
    REQUIRE(read);
    CHECK(*read == alert);
  }
}

TEST_CASE("the id of an alert is of the fault, not of who saw it and how") {
  const AlertRecord alert = some_alert();
  AlertRecord other = alert;
  other.reason = AlertReason::job_absent;
  other.detail = "";
  other.after = 5;
  other.run = "";
  CHECK(id_of(other) == id_of(alert));
  const auto differs = [&](auto change) {
    AlertRecord changed = alert;
    change(changed);
    return id_of(changed) != id_of(alert);
  };
  CHECK(differs([](AlertRecord& a) { a.kind = AlertKind::failed; }));
  CHECK(differs([](AlertRecord& a) { a.rule.bytes[0] = 0; }));
  CHECK(differs([](AlertRecord& a) { a.of.host.bytes[0] = 0; }));
  CHECK(differs([](AlertRecord& a) { a.of.job = "nightly"; }));
  CHECK(differs([](AlertRecord& a) { a.of.source = ""; }));
  CHECK(differs([](AlertRecord& a) { a.of.destination = "nas"; }));
  CHECK(differs([](AlertRecord& a) { std::swap(a.of.source, a.of.destination); }));
  CHECK(differs([](AlertRecord& a) { ++a.due; }));
  // For ever: other hosts have it in their feeds.
  CHECK(to_hex(id_of(alert).view()) == "6efea2c9499bb2425333bf55a73e2bd340be5a15831acb733858df946c545e07");
}

TEST_CASE("an alert whose id is of another fault is none") {
  const std::string content = alert_content(some_alert());
  REQUIRE(read_alert(content));
  CHECK_FALSE(read_alert(replaced(content, "1795262400000", "1795262400001")));
  CHECK_FALSE(read_alert(replaced(content, "too-long", "late")));
  CHECK_FALSE(read_alert(replaced(content, "too-long", "lost")));
  CHECK_FALSE(read_alert(replaced(content, "\"nas\"", "7")));
  CHECK_FALSE(read_alert(replaced(content, "\"due\":", "\"dua\":")));
  // What only explains is left out alone.
  const auto read = read_alert(replaced(content, "host-not-seen", "bewitched"));
  REQUIRE(read);
  CHECK(read->reason == AlertReason::none);
  CHECK(read_alert(replaced(content, "host-not-seen", "cut-off"))->reason == AlertReason::none);
  CHECK(read_alert(replaced(content, "\"exit 12\"", "12"))->detail.empty());
}
