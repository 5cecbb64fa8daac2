// SPDX-License-Identifier: MIT
#include "cli/alert_teller.h"

#include "board/judge.h"
#include "cli/settings.h"
#include "store/feed_writer.h"
#include "store/files.h"

#include <algorithm>
#include <csignal>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

constexpr Millis day = Millis{24} * 3'600'000;

/// A host with a rule, and alerts of it.
struct Host {
  FeedWriter own{keys_of(1), {}, {}};
  Store store = empty_store();
  TempDir place;
  const Millis now = clock_now();
  std::vector<AlertRecord> doubtful;

  Host() {
    std::signal(SIGPIPE, SIG_IGN);
    own.say(expectation_content(rule()), now - 100 * day);
  }
  static Expectation rule() {
    Expectation rule;
    rule.job = "nightly";
    return rule;
  }
  AlertRecord alert_of(AlertKind kind, std::string destination, Millis due) const {
    AlertRecord alert;
    alert.kind = kind;
    alert.rule = id_of(rule());
    alert.of = {own.keys.id(), "nightly", "", std::move(destination)};
    alert.due = alert.after = due;
    return alert;
  }
  void alert(AlertKind kind, std::string destination, Millis due) {
    own.say(alert_content(alert_of(kind, std::move(destination), due)), due);
  }
  std::string file() const { return place / "told"; }
  Result<void> tell(const std::string& script, std::function<bool()> stopped = {}) {
    own.import_to(store);
    return tell_alerts(store, own.keys.id(), {script, false, std::move(stopped)}, now - day, doubtful,
                       [](const std::string&) {});
  }
  /// "late usb, recovered nas, ": what is told now.
  std::string told() {
    REQUIRE(
        tell(fmt::format("printf '%s %s, ' $SSBLOG_ALERT_KIND $SSBLOG_ALERT_DESTINATION >>'{}'", file())));
    const auto text = read_file(file(), 10'000);
    return text ? std::string(text->begin(), text->end()) : "";
  }
};

}  // namespace

TEST_CASE("a host that was off is told of what is open, and not of what is over since long ago") {
  Host host;
  host.alert(AlertKind::late, "years", host.now - longest_memory - day);
  host.alert(AlertKind::late, "usb", host.now - 5 * day);
  host.alert(AlertKind::late, "nas", host.now - 4 * day);
  host.alert(AlertKind::recovered, "nas", host.now - 3 * day);
  host.alert(AlertKind::failed, "cloud", host.now - 1000);
  host.alert(AlertKind::recovered, "cloud", host.now - 500);
  CHECK(host.told() == "late usb, failed cloud, recovered cloud, ");
  CHECK(host.told() == "late usb, failed cloud, recovered cloud, ");
}

TEST_CASE("what this host cannot know is told, and not again when it is known") {
  Host host;
  host.doubtful = {host.alert_of(AlertKind::late, "usb", host.now - 1000)};
  CHECK(host.told() == "late usb, ");
  host.doubtful.clear();
  host.alert(AlertKind::late, "usb", host.now - 1000);
  host.alert(AlertKind::late, "nas", host.now - 500);
  CHECK(host.told() == "late usb, late nas, ");
}

TEST_CASE("a command under way is killed when it is time to stop, and the alert is told later") {
  Host host;
  host.alert(AlertKind::late, "usb", host.now - 2000);
  const auto begun = [&] { return std::filesystem::exists(host.place / "begun"); };
  const auto done = [&] { return std::filesystem::exists(host.place / "done"); };
  const std::string script =
      fmt::format(": >'{}'; sleep 50; : >'{}'", host.place / "begun", host.place / "done");
  REQUIRE(host.tell(script, begun));
  CHECK(begun());
  CHECK_FALSE(done());
  Statement told(host.store.database(), "SELECT ended IS NULL FROM told");
  auto run = told.run();
  REQUIRE(*run.step());
  CHECK(run.integer(0) == 1);
}
