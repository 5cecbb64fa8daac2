// SPDX-License-Identifier: MIT
// cli/expect.cc - rules of how jobs have to run: add, list, remove.
#include "assemble/alert_text.h"
#include "assemble/escape.h"
#include "board/scheduled.h"
#include "cli/own_feed.h"
#include "cli/pick_feeds.h"
#include "cli/rule_text.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "cli/units.h"
#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_time = std::chrono::hours(366 * 24);
constexpr std::size_t shortest_name = 6;  // hex digits of a rule's id

struct ExpectOptions {
  std::optional<std::string> job, host, source, destination, every, calendar, zone, grace, longest, shortest,
      fail_after, path;
  bool json = false;

  bool has_rule() const {
    return job || host || source || destination || every || calendar || zone || grace || longest ||
           shortest || fail_after;
  }
};

Result<void> read_times(const ExpectOptions& wanted, Expectation& rule) {
  const auto read = [](std::string_view option,
                       const std::optional<std::string>& text) -> Result<std::chrono::milliseconds> {
    if (!text) return std::chrono::milliseconds(0);
    // A rule is signed: nobody should find out later that a bare number is seconds.
    if (!text->empty() &&
        std::all_of(text->begin(), text->end(), [](char c) { return c >= '0' && c <= '9'; }))
      return Error{Code::usage, fmt::format("{} {}: say the unit, as 30m, 2h or 7d", option, *text)};
    return parse_duration(option, *text, 1s, longest_time);
  };
  auto grace = read("--grace", wanted.grace);
  if (!grace) return grace.error();
  rule.grace = grace->count();
  for (const auto& [option, text, to] : {std::tuple("--every", &wanted.every, &rule.every),
                                         std::tuple("--max", &wanted.longest, &rule.longest),
                                         std::tuple("--min", &wanted.shortest, &rule.shortest)}) {
    auto time = read(option, *text);
    if (!time) return time.error();
    if (*text) *to = time->count();
  }
  if (!wanted.fail_after) return {};
  const std::string& text = *wanted.fail_after;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rule.fail_after);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return Error{Code::usage, fmt::format("--fail-after {}: say a number from 1 to {}", text, most_fail_after)};
}

/// An id may be of a host that is not held yet.
Result<std::optional<FeedId>> read_host(Store& store, const std::optional<std::string>& text) {
  if (!text) return std::optional<FeedId>();
  if (const auto id = parse_feed_id(*text)) return std::optional(*id);
  auto picked = pick_feeds(store, std::span(&*text, 1));
  if (!picked) return picked.error();
  return std::optional(picked->front());
}

Result<std::unique_ptr<OwnFeed>> open_own(const ExpectOptions& wanted) {
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  return OwnFeed::open(std::move(*settings));
}

/// A script whose variable is not set must not make another rule than it means.
Result<void> refuse_empty(const ExpectOptions& wanted) {
  for (const auto& [option, text] :
       {std::pair("--job", &wanted.job), std::pair("--source", &wanted.source),
        std::pair("--destination", &wanted.destination), std::pair("--calendar", &wanted.calendar),
        std::pair("--zone", &wanted.zone), std::pair("--host", &wanted.host)}) {
    if (*text && (*text)->empty())
      return Error{Code::usage, fmt::format("expect add: {} is empty; say it, or leave it out", option)};
  }
  return {};
}

/// What was said wrongly, and a calendar of the past: it can never be due.
Result<void> check_calendar(const Expectation& rule) {
  auto next = scheduled_by(rule);
  if (!next) return Error{Code::usage, "expect add: " + next.error().text};
  if (!*next || (*next)(clock_now())) return {};
  return Error{Code::usage,
               fmt::format("expect add: after now there is no time like {}", json_string(rule.calendar))};
}

Result<int> add(const ExpectOptions& wanted) {
  if (!wanted.job) return Error{Code::usage, "expect add: say which job, with --job NAME"};
  if (auto said = refuse_empty(wanted); !said) return said.error();
  if (wanted.grace && !wanted.every && !wanted.calendar)
    return Error{Code::usage, "expect add: --grace belongs to --every or --calendar"};
  Expectation rule;
  rule.job = *wanted.job;
  rule.source = wanted.source.value_or("");
  rule.destination = wanted.destination.value_or("");
  rule.calendar = wanted.calendar.value_or("");
  rule.zone = wanted.zone.value_or("");
  if (auto read = read_times(wanted, rule); !read) return read.error();
  if (const std::string trouble = trouble_of(rule); !trouble.empty())
    return Error{Code::usage, "expect add: " + trouble};
  if (auto checked = check_calendar(rule); !checked) return checked.error();
  auto own = open_own(wanted);
  if (!own) return own.error();
  auto host = read_host((*own)->store(), wanted.host);
  if (!host) return host.error();
  rule.host = *host;
  const RuleId id = id_of(rule);
  auto rules = AlertBook((*own)->store(), (*own)->id()).rules();
  if (!rules) return rules.error();
  for (const StandingRule& one : *rules) {
    if (one.id != id) continue;
    say(fmt::format("this rule stands already, as {}", short_hex(id)));
    if (wanted.json) print(fmt::format("{{\"rule\":\"{}\"}}\n", to_hex(id.view())));
    return done();
  }
  auto published = (*own)->publish(expectation_content(rule));
  if (!published) return published.error();
  say_trouble(*published);
  if (wanted.json) print(fmt::format("{{\"rule\":\"{}\"}}\n", to_hex(id.view())));
  if (published->held == Hold::none) say(fmt::format("rule {}: {}", short_hex(id), wish_text(rule)));
  return done();
}

std::string json_of(const StandingRule& one) {
  std::string makers;
  for (const RuleMaker& maker : one.makers)
    makers += fmt::format(R"({}{{"id":"{}","key":"{}","time":{}}})", makers.empty() ? "" : ",",
                          to_text(maker.feed), to_text(maker.key), maker.made);
  return fmt::format(R"({{"rule":"{}","content":{},"since":{},"madeBy":[{}]}})"
                     "\n",
                     to_hex(one.id.view()), expectation_content(one.rule), one.made(), makers);
}

Result<std::string> host_text(Store& store, const FeedId& id) {
  auto name = host_name_of(store, id);
  if (!name) return name.error();
  return fmt::format("{}@{}", escape_name(*name), short_id(id));
}

Result<int> list(const ExpectOptions& wanted) {
  auto own = open_own(wanted);
  if (!own) return own.error();
  Store& store = (*own)->store();
  auto rules = AlertBook(store, (*own)->id()).rules();
  if (!rules) return rules.error();
  TextTable table({{"RULE", false, 0, 0},
                   {"JOB", false, 8, 0},
                   {"HOST", false, 10, 0},
                   {"FROM > TO", false, 10, 1},
                   {"MADE BY", false, 10, 2}});
  for (const StandingRule& one : *rules) {
    if (wanted.json) {
      print(json_of(one));
      continue;
    }
    auto host = one.rule.host ? host_text(store, *one.rule.host) : Result<std::string>("each");
    if (!host) return host.error();
    auto maker = host_text(store, one.makers.front().feed);
    if (!maker) return maker.error();
    const auto side = [](const std::string& text) { return text.empty() ? "*" : escape_name(text); };
    table.add({{short_hex(one.id), escape_name(one.rule.job), *host,
                fmt::format("{} > {}", side(one.rule.source), side(one.rule.destination)), *maker},
               wish_text(one.rule),
               ""});
  }
  if (wanted.json) return done();
  if (rules->empty()) {
    say("there are no rules; make one with: ssblog expect add --job NAME --every 24h");
    return done();
  }
  const TerminalLook look = terminal_look();
  print(table.text(look.width, look.colours));
  return done();
}

Result<int> remove(const ExpectOptions& wanted, const Words& words) {
  if (words.empty())
    return Error{Code::usage, "expect remove: say the id of a rule; `ssblog expect list` shows them"};
  auto own = open_own(wanted);
  if (!own) return own.error();
  auto rules = AlertBook((*own)->store(), (*own)->id()).rules();
  if (!rules) return rules.error();
  std::vector<const StandingRule*> meant;
  for (const std::string& word : words) {
    if (word.size() < shortest_name)
      return Error{Code::usage,
                   fmt::format("\"{}\" is too short for the id of a rule: say {} of its digits or more", word,
                               shortest_name)};
    std::vector<const StandingRule*> fitting;
    for (const StandingRule& one : *rules) {
      if (to_hex(one.id.view()).starts_with(word)) fitting.push_back(&one);
    }
    if (fitting.size() != 1)
      return Error{Code::usage,
                   fmt::format("{} is {}; `ssblog expect list` shows their ids", word,
                               fitting.empty() ? "no rule that stands" : "the beginning of several rules")};
    meant.push_back(fitting.front());
  }
  for (const StandingRule* one : meant) {
    bool is_held = false;
    // Each message that made it: else it would still stand.
    for (const RuleMaker& maker : one->makers) {
      auto published = (*own)->publish(removal_content(maker.key));
      if (!published) return published.error();
      say_trouble(*published);
      is_held = is_held || published->held != Hold::none;
    }
    if (is_held) continue;
    const bool is_all = one->makers.size() < AlertBook::most_makers;
    say(fmt::format("rule {} {}", short_hex(one->id),
                    is_all ? "is taken back" : "was made very often, and may still stand: remove it again"));
  }
  return done();
}

}  // namespace

Result<int> run_expect(const Words& words) {
  Options options(
      "expect",
      "Rules of how jobs have to run, on whatever host. A rule is signed and goes to all hosts; each "
      "that follows this one watches over it, and makes an alert when a job is late, fails, or takes "
      "too long or too short. `list` shows the rules that stand here, `remove ID` takes one back.",
      "  ssblog expect add --job nightly --every 24h --grace 3h --max 6h --min 1m --fail-after 2\n"
      "  ssblog expect list; ssblog expect remove 03a1047e");
  ExpectOptions wanted;
  Words actions;
  options.words("ACTION", actions, "add, list, or remove with ids");
  options.value("--job NAME", wanted.job, "add: the job that the rule is about");
  options.value("--host WHO", wanted.host,
                "add: whose job; the id of a host, or the name or beginning of one (each that has the job)");
  options.value("--source NAME", wanted.source, "add: only runs with this source");
  options.value("--destination NAME", wanted.destination, "add: only runs with this destination");
  options.value("--every TIME", wanted.every, "add: it has to begin so often, as 30m, 24h or 7d");
  options.value("--calendar WHEN", wanted.calendar,
                "add: it has to begin then, as cron or systemd has it: \"30 2 * * 1-5\", \"Mon..Fri 02:30\"");
  options.value("--zone NAME", wanted.zone, "add: the time zone of that, as Europe/Berlin (UTC)");
  options.value("--grace TIME", wanted.grace, "add: so much later it is not late yet (0)");
  options.value("--max TIME", wanted.longest, "add: it may take so long");
  options.value("--min TIME", wanted.shortest, "add: it ends no sooner where all is well");
  options.value("--fail-after N", wanted.fail_after, "add: so many bad runs in a row are a failure (1)");
  options.flag("--json", wanted.json, "add, list: print JSON objects");
  options.value("--path DIR", wanted.path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  const std::string action = actions.empty() ? "" : actions.front();
  const Words rest(actions.begin() + (actions.empty() ? 0 : 1), actions.end());
  if (action == "add" && rest.empty()) return add(wanted);
  if (action == "list" && rest.empty() && !wanted.has_rule()) return list(wanted);
  if (action == "remove" && !wanted.has_rule() && !wanted.json) return remove(wanted, rest);
  return Error{Code::usage, "say which: ssblog expect add, list, or remove ID (see `ssblog expect --help`)"};
}

}  // namespace ssblog
