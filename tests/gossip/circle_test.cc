// SPDX-License-Identifier: MIT
#include "gossip/circle.h"

#include "feed/contact.h"
#include "gossip/protocol/limits.h"
#include "store/feeds.h"

using namespace ssblog;

namespace {

/// A host that nobody has ever seen.
FeedId invented(std::size_t number) {
  FeedId id;
  std::copy_n(reinterpret_cast<const std::uint8_t*>(&number), sizeof number, id.bytes.begin());
  return id;
}

/// One message for each content.
std::string said(const KeyPair& keys, const std::vector<std::string>& contents) {
  std::vector<std::string> texts;
  std::optional<FeedState> state;
  for (const std::string& content : contents) {
    auto message = sign(keys, state, 1000.0 + static_cast<double>(texts.size()), content, nullptr);
    REQUIRE(message);
    state = message->state();
    texts.push_back((*message)->text);
  }
  return lines(texts);
}

}  // namespace

TEST_CASE("of another host so many follows count, and our own all do") {
  const KeyPair own = keys_of(1), other = keys_of(2);
  std::vector<std::string> by_other, by_own = {follow_content(other.id(), true)};
  for (std::size_t i = 1; i <= max_follows_of_host; ++i)
    by_other.push_back(follow_content(invented(i), true));
  for (std::size_t i = 0; i < max_follows_of_host + 5; ++i)
    by_own.push_back(follow_content(invented(1'000'000 + i), true));
  by_other.push_back(block_content(keys_of(3).id(), true));  // counts for nothing here

  Store store = empty_store();
  PeerBook book(store);
  REQUIRE(!import_into(store, said(own, by_own)).error);
  REQUIRE(!import_into(store, said(other, by_other)).error);
  auto circle = read_circle(book, own.id(), 2);
  REQUIRE(circle);
  CHECK(circle->greedy.empty());
  const std::size_t own_part = 1 + by_own.size();  // ourselves, too
  CHECK(circle->replicated().size() == own_part + max_follows_of_host);

  by_other.push_back(follow_content(invented(2'000'000), true));
  REQUIRE(!import_into(store, said(other, by_other)).error);
  circle = read_circle(book, own.id(), 2);
  REQUIRE(circle);
  CHECK(circle->greedy == std::set<FeedId>{other.id()});
  CHECK(circle->replicated().size() == own_part + max_follows_of_host);
  // What it blocks counts all the same.
  CHECK(circle->withheld().contains({other.id(), keys_of(3).id()}));

  // One that is taken back makes room.
  by_other.push_back(follow_content(invented(7), false));
  REQUIRE(!import_into(store, said(other, by_other)).error);
  circle = read_circle(book, own.id(), 2);
  REQUIRE(circle);
  CHECK(circle->greedy.empty());
  CHECK(circle->replicated().contains(invented(2'000'000)));
}
