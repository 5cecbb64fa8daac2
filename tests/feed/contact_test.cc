// SPDX-License-Identifier: MIT
#include "feed/contact.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace ssblog;

namespace {

constexpr const char* somebody = "@AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=.ed25519";

std::optional<Relation> relation(const std::string& fields) {
  const auto contact =
      read_contact(fmt::format(R"({{"type":"contact","contact":"{}"{}}})", somebody, fields));
  if (!contact) return std::nullopt;
  CHECK(contact->contact == FeedId{});
  return contact->relation;
}

}  // namespace

TEST_CASE("a contact message says one thing, as JavaScript sees it") {
  CHECK(relation(R"(,"following":true)") == Relation::follows);
  CHECK(relation(R"(,"following":false)") == Relation::neither);
  CHECK(relation(R"(,"following":1)") == Relation::neither);
  CHECK(relation(R"(,"following":"true")") == Relation::neither);
  CHECK(relation("") == Relation::neither);
  CHECK(relation(R"(,"blocking":true)") == Relation::blocks);
  CHECK(relation(R"(,"blocking":"false")") == Relation::blocks);
  CHECK(relation(R"(,"flagged":{})") == Relation::blocks);
  CHECK(relation(R"(,"following":true,"blocking":true)") == Relation::blocks);
  for (const char* nothing : {"false", "null", "0", "\"\""})
    CHECK(relation(fmt::format(R"(,"following":true,"blocking":{})", nothing)) == Relation::follows);
}

TEST_CASE("other content is no contact message") {
  CHECK_FALSE(read_contact(fmt::format(R"({{"type":"post","following":true,"contact":"{}"}})", somebody)));
  CHECK_FALSE(read_contact(R"({"type":"contact","following":true,"contact":"somebody"})"));
  CHECK_FALSE(read_contact(R"({"type":"contact","following":true})"));
  CHECK_FALSE(read_contact(R"("text.box")"));
}

TEST_CASE("what follows and blocks says so when it is read") {
  const FeedId id{{1, 2, 3}};
  CHECK(read_contact(follow_content(id, true)) == Contact{id, Relation::follows});
  CHECK(read_contact(follow_content(id, false)) == Contact{id, Relation::neither});
  CHECK(read_contact(block_content(id, true)) == Contact{id, Relation::blocks});
  CHECK(read_contact(block_content(id, false)) == Contact{id, Relation::neither});
}
