// SPDX-License-Identifier: MIT
#include "feed/successor.h"

#include "feed/json.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <vector>

using namespace ssblog;

namespace {

KeyPair keys_of(std::uint8_t number) {
  std::array<std::uint8_t, 32> seed;
  seed.fill(number);
  return KeyPair::from_seed(seed);
}

MessageKey key_of(std::uint8_t number) {
  MessageKey key;
  key.bytes.fill(number);
  return key;
}

struct Case {
  KeyPair old = keys_of(1);
  Successor statement{old.id(), keys_of(2).id(), {7, key_of(3)}, key_of(4)};
  std::string content = successor_content(statement, old);
};

/// The content with another value for a member; an empty one takes the member out.
std::string with(std::string_view content, std::string_view name, std::string_view value) {
  std::string changed = "{";
  for (Members members(content); members.next();) {
    const auto kept = members.name() == name ? value : members.value();
    if (kept.empty()) continue;
    changed += fmt::format("{}\"{}\":{}", changed.size() > 1 ? "," : "", members.name(), kept);
  }
  return changed + "}";
}

}  // namespace

TEST_CASE("a statement of the old key is read as it was made") {
  const Case it;
  const auto compact = canonical(it.content, Layout::compact);
  REQUIRE(compact);
  CHECK(*compact == it.content);
  CHECK(read_successor(it.content) == it.statement);
  CHECK(successor_statement(it.statement) ==
        fmt::format("ssblog successor 1\n{}\n{}\n7\n{}\n{}\n", to_text(it.statement.supersedes),
                    to_text(it.statement.successor), to_text(key_of(3)), to_text(key_of(4))));
  Successor bare = it.statement;
  bare.left.reset();
  CHECK(read_successor(successor_content(bare, it.old)) == bare);
  bare.last = {};
  CHECK(read_successor(successor_content(bare, it.old)) == bare);
  CHECK(successor_statement(bare).ends_with("\n0\nnone\nnone\n"));
}

TEST_CASE("a statement of which one field is another is none") {
  const Case it;
  const auto quoted = [](const std::string& text) { return "\"" + text + "\""; };
  const std::string other_id = quoted(to_text(keys_of(5).id())), other_key = quoted(to_text(key_of(5)));
  const std::vector<std::pair<const char*, std::vector<std::string>>> changes = {
      {"type", {"\"contact\"", "1", ""}},
      {"supersedes", {other_id, quoted(to_text(it.statement.successor)), "\"@x\"", "null", ""}},
      {"successor", {other_id, quoted(to_text(it.statement.supersedes)), "\"@x\"", "null", ""}},
      {"sequence", {"6", "8", "0", "-1", "7.5", "\"7\"", "2147483648", ""}},
      {"key", {other_key, quoted(to_text(key_of(4))), "null", "\"%x\"", ""}},
      {"left", {other_key, quoted(to_text(key_of(3))), "null", "\"%x\"", ""}},
      {"signature", {"null", "\"\"", "\"AAAA.sig.ed25519\"", ""}},
  };
  for (const auto& [name, values] : changes) {
    for (const std::string& value : values) {
      const std::string changed = with(it.content, name, value);
      CAPTURE(changed);
      CHECK_FALSE(read_successor(changed));
    }
  }
}

TEST_CASE("a statement is of the old key, every bit of its signature counts") {
  const Case it;
  // The new key alone can say nothing about the old feed.
  CHECK_FALSE(read_successor(successor_content(it.statement, keys_of(2))));
  const auto text = text_of(member(it.content, "signature"));
  REQUIRE(text);
  constexpr std::size_t base64_length = 88;
  REQUIRE(text->size() > base64_length);
  const auto bytes = from_base64(std::string_view(*text).substr(0, base64_length));
  REQUIRE(bytes);
  for (std::size_t bit = 0; bit < bytes->size() * 8; ++bit) {
    ByteBuf flipped = *bytes;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CAPTURE(bit);
    CHECK_FALSE(read_successor(with(it.content, "signature", "\"" + to_base64(flipped) + ".sig.ed25519\"")));
  }
  // A message that the old key signed is no statement, whatever it holds.
  CHECK_FALSE(read_successor(R"({"type":"successor"})"));
  CHECK_FALSE(read_successor("\"text\""));
}
