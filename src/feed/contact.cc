// SPDX-License-Identifier: MIT
#include "feed/contact.h"

#include "feed/json.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

/// As JavaScript sees it: `{}` and "false" are true.
bool truthy(std::string_view value) {
  return !value.empty() && value != "false" && value != "null" && value != "0" && value != "\"\"";
}

}  // namespace

std::optional<Contact> read_contact(std::string_view content) {
  if (member(content, "type") != "\"contact\"") return std::nullopt;
  const auto text = text_of(member(content, "contact"));
  const auto id = text ? parse_feed_id(*text) : std::nullopt;
  if (!id) return std::nullopt;
  if (truthy(member(content, "blocking")) || truthy(member(content, "flagged")))
    return Contact{*id, Relation::blocks};
  // `true` alone: anything else that is true in JavaScript follows nobody.
  if (member(content, "following") == "true") return Contact{*id, Relation::follows};
  return Contact{*id, Relation::neither};
}

std::string follow_content(const FeedId& contact, bool following) {
  return fmt::format(R"({{"type":"contact","contact":"{}","following":{}}})", to_text(contact), following);
}

std::string block_content(const FeedId& contact, bool blocking) {
  return fmt::format(R"({{"type":"contact","contact":"{}","blocking":{}}})", to_text(contact), blocking);
}

}  // namespace ssblog
