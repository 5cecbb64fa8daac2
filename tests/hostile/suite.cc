// SPDX-License-Identifier: MIT
#include "hostile/suite.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cstdio>

namespace ssblog::hostile {
namespace {

using namespace std::chrono_literals;

constexpr auto fate_patience = 15s;
constexpr auto settle_patience = 30s;
constexpr Seq own_messages = 3;                // of the daemon's feed: its name, and whom it follows
constexpr std::size_t most_growth = 24 << 20;  // bytes
constexpr std::size_t most_growth_sanitized = 256 << 20;
constexpr std::size_t most_peak = 96 << 20;  // strangers may each have an item of 1 MiB under way
constexpr std::size_t most_peak_sanitized = 512 << 20;
constexpr std::size_t most_kept_descriptors = 4;
constexpr std::size_t most_log_bytes = 100 * 1024;

}  // namespace

void Suite::begin_case(std::string name) {
  name_ = std::move(name);
  ++count_;
}

void Suite::fail(std::string_view why) {
  ++failures_;
  fmt::print(stderr, "FAILED: {}: {}\n", name_, why);
}

bool Suite::check(bool so, std::string_view otherwise) {
  if (!so) fail(otherwise);
  return so;
}

void Suite::check_served(std::string_view when) {
  const Moment begun = std::chrono::steady_clock::now();
  const bool served = is_served(world_, own_messages);
  const auto spent = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
  slowest_ = std::max(slowest_, spent);
  check(served, fmt::format("{}: an honest host is not served ({} ms)", when, spent.count()));
  const auto cost = world_.victim.cost();
  if (!cost || begun_.resident_bytes == 0) return;
  most_bytes_ = std::max(most_bytes_, cost->resident_bytes);
  check(cost->resident_bytes <= begun_.resident_bytes + (sanitized_ ? most_peak_sanitized : most_peak),
        fmt::format("{} bytes of memory, {} at the beginning", cost->resident_bytes, begun_.resident_bytes));
}

void Suite::begin() {
  name_ = "before all";
  check_served("at first");
  const auto cost = world_.victim.cost();
  if (check(cost.has_value(), "the daemon's cost cannot be read")) begun_ = *cost;
}

void Suite::run(const Cases& cases) {
  for (const Case& one : cases) {
    if (!world_.victim.is_alive()) return fail("the daemon is gone");
    run(one);
  }
}

void Suite::run(const Case& one) {
  begin_case(one.name);
  {
    auto caller = world_.call(one.depth);
    if (!check(caller.has_value(), "no connection is to be had")) return;
    Attack attack{world_, *caller};
    one.attack(attack);
    if (!attack.fault.empty()) fail(attack.fault);
    if (one.fate == Fate::cut) check(caller->ends(from_now(fate_patience)), "the connection was not cut");
    if (one.fate == Fate::kept)
      check(caller->is_heard(from_now(fate_patience)), "the connection is not heard");
    check_served("during it");
  }
  check_served("after it");
}

void Suite::run(const std::vector<FalseMessage>& all, const std::vector<OwnFeed>& feeds) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!world_.victim.is_alive()) return fail("the daemon is gone");
    run_by_ebt(all[i], feeds[i]);
  }
  run_by_history(all, std::span(feeds).subspan(all.size()));
}

/// An attacker that brings two true messages, and a false one.
void Suite::run_by_ebt(const FalseMessage& one, const OwnFeed& feed) {
  constexpr std::int32_t stream = 1;
  begin_case("by ebt.replicate, a message: " + one.name);
  std::vector<std::string> texts;
  for (const Verified& message : feed.messages) texts.push_back(message->text);
  {
    auto caller = world_.call(Depth::ebt);
    if (!check(caller.has_value(), "no connection is to be had")) return;
    const auto say = [&](std::string_view item) {
      return caller->packet(stream_flag | json_type, stream, item);
    };
    say(fmt::format(R"({{"{}":6}})", to_text(feed.keys.id())));
    for (const std::string& text : {texts[0], texts[1], one.make(feed)}) say(text);
    check(has_exactly(world_, feed.keys.id(), {texts[0], texts[1]}, from_now(fate_patience)),
          "the messages before it were not taken, or it was");
    check_served("during it");
  }
  check(give(world_, feed, from_now(fate_patience)), "the true message was not taken afterwards");
  check_served("after it");
}

/// The daemon asks by createHistoryStream who does not speak ebt.replicate. All false messages on one connection would
/// have it cut, so each has its own; they wait together.
void Suite::run_by_history(const std::vector<FalseMessage>& all, std::span<const OwnFeed> feeds) {
  constexpr std::size_t at_once = 40;
  constexpr auto asked_patience = 10s;
  for (std::size_t begin = 0; begin < all.size(); begin += at_once) {
    const std::size_t end = std::min(begin + at_once, all.size());
    std::vector<Caller> callers;
    for (std::size_t i = begin; i < end; ++i) {
      auto caller = world_.call(Depth::stranger);
      if (!check(caller.has_value(), "no connection is to be had")) return;
      callers.push_back(std::move(*caller));
    }
    for (std::size_t i = begin; i < end; ++i) {
      begin_case("by createHistoryStream, a message: " + all[i].name);
      const OwnFeed& feed = feeds[i];
      Caller& caller = callers[i - begin];
      const std::string id = to_text(feed.keys.id());
      bool asked = false;
      while (auto packet = caller.receive(from_now(asked_patience))) {
        const bool is_it = packet->body.find("createHistoryStream") != std::string::npos &&
                           packet->body.find(id) != std::string::npos;
        if (!is_it) continue;
        const auto answer = [&](std::string_view item) {
          caller.packet(stream_flag | json_type, -packet->head.request, item);
        };
        for (const std::size_t at : {0, 1}) answer(feed.messages[at]->text);
        answer(all[i].make(feed));
        asked = true;
        break;
      }
      if (!check(asked, "the daemon did not ask for the feed")) continue;
      check(has_exactly(world_, feed.keys.id(), {feed.messages[0]->text, feed.messages[1]->text},
                        from_now(fate_patience)),
            "the messages before it were not taken, or it was");
      check_served("during it");
    }
    callers.clear();
    for (std::size_t i = begin; i < end; ++i) {
      name_ = "by createHistoryStream, a message: " + all[i].name;
      check(give(world_, feeds[i], from_now(fate_patience)), "the true message was not taken afterwards");
    }
    check_served("after them");
  }
}

/// What was opened is closed, and memory is what it was.
void Suite::check_settled() {
  // SQLite keeps those of a connection that was closed while another held a lock, for the next connection.
  const std::size_t most_descriptors = begun_.descriptors + most_kept_descriptors;
  std::optional<Cost> cost;
  for (const Moment deadline = from_now(settle_patience); std::chrono::steady_clock::now() < deadline;) {
    cost = world_.victim.cost();
    if (!cost || cost->descriptors <= most_descriptors) break;
    ::poll(nullptr, 0, 50);
  }
  if (!check(cost.has_value(), "the daemon's cost cannot be read")) return;
  if (!check(cost->descriptors <= most_descriptors,
             fmt::format("{} descriptors, {} at the beginning", cost->descriptors, begun_.descriptors)))
    fmt::print(stderr, "{}", world_.victim.descriptors());
  const std::size_t bound = begun_.resident_bytes + (sanitized_ ? most_growth_sanitized : most_growth);
  fmt::print("memory: {} KiB at the beginning, {} at most, {} in the end\n", begun_.resident_bytes / 1024,
             most_bytes_ / 1024, cost->resident_bytes / 1024);
  check(cost->resident_bytes <= bound,
        fmt::format("{} bytes of memory, {} at the beginning", cost->resident_bytes, begun_.resident_bytes));
}

void Suite::end() {
  Victim& victim = world_.victim;
  name_ = "after all";
  if (check(victim.is_alive(), "the daemon is gone")) check_settled();
  check(victim.stop(), "the daemon did not stop as it should");
  const std::string log = victim.log();
  check(log.size() <= most_log_bytes, fmt::format("the daemon's log has {} bytes", log.size()));
  for (const char* word :
       {"Sanitizer", "runtime error", "Assertion", "terminate called", "refused an operation"})
    check(log.find(word) == log.npos, fmt::format("the daemon's log has \"{}\" in it", word));
  if (failures_ > 0)
    fmt::print(stderr, "the end of the daemon's log:\n{}\n",
               log.substr(log.size() - std::min<std::size_t>(log.size(), 6000)));
  check(victim.run({"verify"}).status == 0, "verify finds faults");
  const Ran shown = victim.run({"log", "--json"});
  check(shown.status == 0 && shown.out.find("true 3") != shown.out.npos,
        "the log does not show the true messages");
  check(shown.out.find("FAKE") == shown.out.npos, "the log shows false messages");
}

}  // namespace ssblog::hostile
