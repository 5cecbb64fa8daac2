// SPDX-License-Identifier: MIT
#include "gossip/protocol/hops.h"

#include "vectors.h"

#include <doctest/doctest.h>

#include <set>

using namespace ssblog;

namespace {

/// The names of the vectors stand for these ids.
class Names {
 public:
  explicit Names(std::string_view file) {
    for (Items ids(member(file, "ids")); ids.next();)
      ids_[*text_of(member(ids.value(), "name"))] = *parse_feed_id(*text_of(member(ids.value(), "id")));
  }
  /// The id of a name; of an id or of nothing that is one, itself.
  std::string text(std::string_view value) const {
    const auto name = text_of(value);
    if (!name) return std::string(value);
    const auto at = ids_.find(*name);
    return json_string(at == ids_.end() ? *name : to_text(at->second));
  }
  FeedId id(const std::string& name) const { return ids_.at(name); }

 private:
  std::map<std::string, FeedId> ids_;
};

/// The content of a contact message of the vectors, names replaced.
std::string content_of(std::string_view content, const Names& names) {
  std::string text = "{";
  bool typed = false;
  for (Members members(content); members.next();) {
    typed = typed || members.name() == "type";
    text += text.size() > 1 ? ",\"" : "\"";
    text += std::string(members.name()) + "\":";
    text += members.name() == "contact" ? names.text(members.value()) : std::string(members.value());
  }
  if (!typed) text += text.size() > 1 ? ",\"type\":\"contact\"" : "\"type\":\"contact\"";
  return text + "}";
}

}  // namespace

TEST_CASE("feeds are as far as the reference says") {
  const std::string file = vectors("hops.json");
  const Names names(file);
  int cases = 0;
  for (Items items(member(file, "cases")); items.next(); ++cases) {
    const std::string title = *text_of(member(items.value(), "name"));
    CAPTURE(title);
    const int max = static_cast<int>(*integer_of(member(items.value(), "max_hops")));
    CAPTURE(max);
    std::map<std::pair<FeedId, FeedId>, Relation> words;
    bool odd = false;
    for (Items messages(member(items.value(), "messages")); messages.next();) {
      const auto content = member(messages.value(), "content");
      // The reference does not look at the type; we do (replication.md advises it).
      const auto type = member(content, "type");
      odd = odd || (!type.empty() && type != "\"contact\"");
      const auto contact = read_contact(content_of(content, names));
      if (contact)
        words[{names.id(*text_of(member(messages.value(), "author"))), contact->contact}] = contact->relation;
    }
    if (odd) continue;
    std::vector<Edge> edges;
    for (const auto& [pair, relation] : words) edges.push_back({pair.first, pair.second, relation});
    const auto found = hops(names.id("me"), edges, max);
    std::map<FeedId, int> expected;
    for (Members entries(member(items.value(), "hops")); entries.next();)
      expected[names.id(std::string(entries.name()))] = static_cast<int>(*integer_of(entries.value()));
    CHECK(found == expected);
    std::set<FeedId> replicated, wanted;
    for (const auto& [id, distance] : found) {
      if (is_replicated(distance, max)) replicated.insert(id);
    }
    for (Items feeds(member(items.value(), "replicate")); feeds.next();)
      wanted.insert(names.id(*text_of(feeds.value())));
    CHECK(replicated == wanted);
  }
  CHECK(cases == 132);
}
