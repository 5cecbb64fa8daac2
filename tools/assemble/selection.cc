// SPDX-License-Identifier: MIT
#include "assemble/selection.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

/// `@Xq3vT0aB...=.ed25519`, or the beginning of its base64, in either alphabet.
bool begins_id(std::string_view text, std::string_view id) {
  if (text.starts_with('@')) text.remove_prefix(1);
  if (text.size() < shortest_id_prefix) return false;
  if (text.ends_with(".ed25519")) text.remove_suffix(8);
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() > id.size()) return false;
  return std::equal(text.begin(), text.end(), id.begin(), [](char a, char b) {
    return (a == '+' ? '-' : a == '/' ? '_' : a) == b;
  });
}

bool fits_host(const WantedName& wanted, std::string_view id, std::string_view host) {
  if (wanted.fits(host)) return true;
  const std::string_view text = wanted.text;
  if (wanted.wildcards) return false;
  if (begins_id(text, id)) return true;
  const auto at = text.rfind('@');
  return at != std::string_view::npos && at > 0 && text.substr(0, at) == host &&
         begins_id(text.substr(at), id);
}

}  // namespace

bool Selection::wants_feed(const FeedId& id) const {
  return feeds.empty() || std::find(feeds.begin(), feeds.end(), id) != feeds.end();
}

bool Selection::wants_host(const FeedId& id, std::string_view host_name) const {
  if (!host) return true;
  const std::string url = to_base64_url(id.view());
  return host.wants_by([&](const WantedName& wanted) { return fits_host(wanted, url, host_name); });
}

bool Selection::rules_out(const FeedId& id, const std::vector<std::string>& names) const {
  if (!wants_feed(id)) return true;
  if (host.any.empty()) return false;
  const std::string url = to_base64_url(id.view());
  return std::none_of(host.any.begin(), host.any.end(), [&](const WantedName& wanted) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return fits_host(wanted, url, name); });
  });
}

bool Selection::wants(const Record& record) const {
  const bool shown =
      record.kind == RecordKind::log || record.kind == RecordKind::job || record.kind == RecordKind::loss;
  return (shown || all_types) && source.wants(record.source) && destination.wants(record.destination) &&
         job.wants(record.job) && stream.wants(record.stream) && env.wants(record.env) &&
         service.wants(record.service) && function.wants(record.function) &&
         (!run || run.wants(record.chunk ? record.chunk->run : record.run));
}

std::string to_text(const Selection& selection) {
  std::vector<std::string> ids;
  for (const FeedId& id : selection.feeds) ids.push_back(to_text(id));
  std::sort(ids.begin(), ids.end());
  const auto time = [](const std::optional<Millis>& value) {
    return value ? std::to_string(*value) : "null";
  };
  std::string text =
      fmt::format("feeds {} source {} destination {} job {} stream {} since {} until {}{}",
                  fmt::join(ids, ","), to_text(selection.source), to_text(selection.destination),
                  to_text(selection.job), to_text(selection.stream), time(selection.since),
                  time(selection.until), selection.all_types ? " all" : "");
  // Only where it is there: what was made without it is still what is wanted.
  if (selection.host) text += " host " + to_text(selection.host);
  if (selection.env) text += " env " + to_text(selection.env);
  if (selection.service) text += " service " + to_text(selection.service);
  if (selection.function) text += " function " + to_text(selection.function);
  if (selection.run) text += " run " + to_text(selection.run);
  if (selection.levels)
    text += fmt::format(" levels {}-{}", selection.levels->worst, selection.levels->mildest);
  std::vector<std::string> rules;
  for (const TextRule& rule : selection.texts) rules.push_back(to_text(rule));
  std::sort(rules.begin(), rules.end());
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  for (const std::string& rule : rules) text += " " + rule;
  return text;
}

}  // namespace ssblog
