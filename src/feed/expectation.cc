// SPDX-License-Identifier: MIT
#include "feed/expectation.h"

#include "feed/content_object.h"
#include "feed/crypto.h"
#include "feed/utf.h"

#include <utility>

namespace ssblog {
namespace {

/// A text that may be absent; nothing where it is something else.
std::optional<std::string> maybe_text(std::string_view content, std::string_view name) {
  const std::string_view value = member(content, name);
  return value.empty() ? std::optional(std::string()) : text_of(value);
}

/// A time in ms that may be absent. False: it is something else.
bool maybe_time(std::string_view content, std::string_view name, std::optional<Millis>& time) {
  const std::string_view value = member(content, name);
  if (value.empty()) return true;
  time = integer_of(value);
  return time.has_value();
}

std::optional<Expectation> read_rule(std::string_view content) {
  Expectation rule;
  for (const auto& [name, place] : {std::pair("job", &rule.job), std::pair("source", &rule.source),
                                    std::pair("destination", &rule.destination),
                                    std::pair("calendar", &rule.calendar), std::pair("zone", &rule.zone)}) {
    auto text = maybe_text(content, name);
    if (!text) return std::nullopt;
    *place = std::move(*text);
  }
  auto host = maybe_text(content, "host");
  if (!host) return std::nullopt;
  if (!host->empty()) {
    rule.host = parse_feed_id(*host);
    if (!rule.host) return std::nullopt;
  }
  std::optional<Millis> grace, fail_after;
  if (!maybe_time(content, "every", rule.every) || !maybe_time(content, "grace", grace) ||
      !maybe_time(content, "max", rule.longest) || !maybe_time(content, "min", rule.shortest) ||
      !maybe_time(content, "failAfter", fail_after))
    return std::nullopt;
  rule.grace = grace.value_or(0);
  if (fail_after && (*fail_after < 1 || *fail_after > most_fail_after)) return std::nullopt;
  rule.fail_after = static_cast<int>(fail_after.value_or(1));
  if (!trouble_of(rule).empty()) return std::nullopt;
  return rule;
}

bool is_wait(const std::optional<Millis>& time, Millis least) {
  return !time || (*time >= least && *time <= longest_wait);
}

}  // namespace

std::string trouble_of(const Expectation& rule) {
  if (rule.job.empty()) return "a rule needs the name of a job";
  for (const std::string* text : {&rule.job, &rule.source, &rule.destination}) {
    if (text->size() > longest_rule_text || !is_utf8(as_bytes(*text)))
      return fmt::format("job, source and destination are texts of at most {} bytes", longest_rule_text);
  }
  if (rule.calendar.size() > longest_calendar || rule.zone.size() > longest_calendar)
    return fmt::format("a calendar expression and its zone have at most {} bytes", longest_calendar);
  if (rule.every && !rule.calendar.empty()) return "a job runs every so often, or by a calendar, not both";
  if (rule.calendar.empty() && !rule.zone.empty()) return "a zone needs a calendar expression";
  if (!is_wait(rule.every, least_every)) return "every must be from a second to 366 days";
  if (rule.grace < 0 || rule.grace > longest_wait) return "grace must be 366 days at most";
  if (!is_wait(rule.longest, 1) || !is_wait(rule.shortest, 1))
    return "max and min must be from 1 ms to 366 days";
  if (rule.longest && rule.shortest && *rule.shortest > *rule.longest) return "min must not be more than max";
  if (rule.fail_after < 1 || rule.fail_after > most_fail_after)
    return fmt::format("fail-after must be a number from 1 to {}", most_fail_after);
  return {};
}

std::string expectation_content(const Expectation& rule) {
  ContentObject object("expect");
  object.text("job", rule.job);
  if (rule.host) object.text("host", to_text(*rule.host));
  object.text_if_any("source", rule.source)
      .text_if_any("destination", rule.destination)
      .number_if_any("every", rule.every)
      .text_if_any("calendar", rule.calendar)
      .text_if_any("zone", rule.zone);
  if (rule.grace != 0) object.number("grace", rule.grace);
  object.number_if_any("max", rule.longest).number_if_any("min", rule.shortest);
  if (rule.fail_after != 1) object.number("failAfter", rule.fail_after);
  return object.end();
}

RuleId id_of(const Expectation& rule) { return {sha256(as_bytes(expectation_content(rule)))}; }

std::string removal_content(const MessageKey& made_by) {
  return ContentObject("expect").text("removes", to_text(made_by)).end();
}

std::optional<ExpectRecord> read_expect(std::string_view content) {
  if (member(content, "type") != R"("expect")") return std::nullopt;
  ExpectRecord record;
  if (const std::string_view removes = member(content, "removes"); !removes.empty()) {
    const auto text = text_of(removes);
    if (text) record.removes = parse_message_key(*text);
    return record.removes ? std::optional(std::move(record)) : std::nullopt;
  }
  record.rule = read_rule(content);
  return record.rule ? std::optional(std::move(record)) : std::nullopt;
}

}  // namespace ssblog
