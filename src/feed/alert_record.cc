// SPDX-License-Identifier: MIT
#include "feed/alert_record.h"

#include "feed/content_object.h"
#include "feed/crypto.h"

#include <array>
#include <utility>

namespace ssblog {
namespace {

constexpr std::array<std::pair<AlertKind, std::string_view>, 6> kinds = {
    {{AlertKind::late, "late"},
     {AlertKind::silent, "silent"},
     {AlertKind::failed, "failed"},
     {AlertKind::too_long, "too-long"},
     {AlertKind::too_short, "too-short"},
     {AlertKind::recovered, "recovered"}}};
constexpr std::array<std::pair<AlertReason, std::string_view>, 4> reasons = {
    {{AlertReason::job_absent, "job-absent"},
     {AlertReason::host_not_seen, "host-not-seen"},
     {AlertReason::found_later, "found-later"},
     {AlertReason::cut_off, "cut-off"}}};

/// The meaning of a word in one of the tables.
template <class Table>
auto meaning_of(const Table& table, std::string_view word)
    -> std::optional<typename Table::value_type::first_type> {
  for (const auto& [meaning, name] : table) {
    if (name == word) return meaning;
  }
  return std::nullopt;
}

template <class Table, class Meaning>
std::string_view word_in(const Table& table, Meaning wanted) {
  for (const auto& [meaning, name] : table) {
    if (meaning == wanted) return name;
  }
  return "";
}

/// A text; an absent one is empty. Nothing for what is no text, or too long.
std::optional<std::string> text_in(std::string_view content, std::string_view name, std::size_t longest) {
  const std::string_view value = member(content, name);
  auto text = value.empty() ? std::optional(std::string()) : text_of(value);
  return text && text->size() <= longest ? text : std::nullopt;
}

std::optional<Millis> time_in(std::string_view content, std::string_view name) {
  const auto time = integer_of(member(content, name));
  return time && *time >= 0 && *time <= max_time ? time : std::nullopt;
}

template <class Key>
std::optional<Key> hex_in(std::string_view content, std::string_view name) {
  const auto text = text_of(member(content, name));
  const auto bytes = text ? from_hex(*text) : std::nullopt;
  const auto key = bytes ? Key::from(*bytes) : std::nullopt;
  return key && to_hex(key->view()) == *text ? key : std::nullopt;  // lower case alone
}

}  // namespace

std::string_view word_of(AlertKind kind) { return word_in(kinds, kind); }
std::string_view word_of(AlertReason reason) { return word_in(reasons, reason); }

std::optional<AlertKind> kind_of(std::string_view word) { return meaning_of(kinds, word); }
AlertReason reason_of(std::string_view word) {
  const AlertReason reason = meaning_of(reasons, word).value_or(AlertReason::none);
  return reason == AlertReason::cut_off ? AlertReason::none : reason;  // none that anybody signs
}

AlertId id_of(const AlertRecord& alert) {
  // JSON strings have no newlines: no two alerts have the same text.
  const std::string text =
      fmt::format("ssblog alert 1\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n", word_of(alert.kind),
                  to_hex(alert.rule.view()), to_text(alert.of.host), json_string(alert.of.job),
                  json_string(alert.of.source), json_string(alert.of.destination), alert.due);
  return {sha256(as_bytes(text))};
}

std::string alert_content(const AlertRecord& alert) {
  return ContentObject("alert")
      .text("kind", word_of(alert.kind))
      .text("id", to_hex(id_of(alert).view()))
      .text("rule", to_hex(alert.rule.view()))
      .text("host", to_text(alert.of.host))
      .text("job", alert.of.job)
      .text_if_any("source", alert.of.source)
      .text_if_any("destination", alert.of.destination)
      .number("due", alert.due)
      .number("after", alert.after)
      .text_if_any("reason", word_of(alert.reason))
      .text_if_any("run", alert.run)
      .text_if_any("detail", alert.detail)
      .end();
}

std::optional<AlertRecord> read_alert(std::string_view content) {
  if (member(content, "type") != R"("alert")") return std::nullopt;
  AlertRecord alert;
  const auto kind_text = text_of(member(content, "kind"));
  const auto kind = kind_text ? kind_of(*kind_text) : std::nullopt;
  const auto id = hex_in<AlertId>(content, "id");
  const auto rule = hex_in<RuleId>(content, "rule");
  const auto host_text = text_of(member(content, "host"));
  const auto host = host_text ? parse_feed_id(*host_text) : std::nullopt;
  auto job = text_in(content, "job", longest_rule_text);
  auto source = text_in(content, "source", longest_rule_text);
  auto destination = text_in(content, "destination", longest_rule_text);
  const auto due = time_in(content, "due");
  const auto after = time_in(content, "after");
  if (!kind || !id || !rule || !host || !job || job->empty() || !source || !destination || !due || !after)
    return std::nullopt;
  alert.kind = *kind;
  alert.rule = *rule;
  alert.of = {*host, std::move(*job), std::move(*source), std::move(*destination)};
  alert.due = *due;
  alert.after = *after;
  if (id_of(alert) != *id) return std::nullopt;
  // What only explains may be missing, or of a later version.
  if (const auto reason = text_in(content, "reason", longest_detail)) alert.reason = reason_of(*reason);
  alert.run = text_in(content, "run", longest_detail).value_or("");
  alert.detail = text_in(content, "detail", longest_detail).value_or("");
  return alert;
}

}  // namespace ssblog
