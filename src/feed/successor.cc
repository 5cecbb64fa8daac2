// SPDX-License-Identifier: MIT
#include "feed/successor.h"

#include "feed/json.h"
#include "feed/signature_text.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

constexpr std::string_view type = "\"successor\"";

std::string key_or_none(const std::optional<MessageKey>& key) { return key ? to_text(*key) : "none"; }

std::optional<MessageKey> key_of_last(const Successor& statement) {
  return statement.last.sequence == 0 ? std::nullopt : std::optional(statement.last.key);
}

std::optional<FeedId> feed_in(std::string_view value) {
  const auto text = text_of(value);
  return text ? parse_feed_id(*text) : std::nullopt;
}

/// A key, or nothing where there is no such member. False: there is one that is no key.
bool read_key(std::string_view value, std::optional<MessageKey>& key) {
  if (value.empty()) return true;
  const auto text = text_of(value);
  if (text) key = parse_message_key(*text);
  return key.has_value();
}

}  // namespace

std::string successor_statement(const Successor& statement) {
  return fmt::format("ssblog successor 1\n{}\n{}\n{}\n{}\n{}\n", to_text(statement.supersedes),
                     to_text(statement.successor), statement.last.sequence,
                     key_or_none(key_of_last(statement)), key_or_none(statement.left));
}

std::string successor_content(const Successor& statement, const KeyPair& old) {
  std::string content =
      fmt::format(R"({{"type":{},"supersedes":"{}","successor":"{}","sequence":{})", type,
                  to_text(statement.supersedes), to_text(statement.successor), statement.last.sequence);
  if (const auto key = key_of_last(statement)) content += fmt::format(R"(,"key":"{}")", to_text(*key));
  if (statement.left) content += fmt::format(R"(,"left":"{}")", to_text(*statement.left));
  const Signature signature = old.sign(as_bytes(successor_statement(statement)), nullptr);
  return content + fmt::format(R"(,"signature":"{}"}})", to_text(signature));
}

std::optional<Successor> read_successor(std::string_view content) {
  if (member(content, "type") != type) return std::nullopt;
  Successor statement;
  const auto supersedes = feed_in(member(content, "supersedes"));
  const auto successor = feed_in(member(content, "successor"));
  const auto sequence = integer_of(member(content, "sequence"));
  const auto signature = parse_signature(text_of(member(content, "signature")).value_or(""));
  if (!supersedes || !successor || *supersedes == *successor || !signature) return std::nullopt;
  if (!sequence || *sequence < 0 || *sequence > max_sequence) return std::nullopt;
  statement.supersedes = *supersedes;
  statement.successor = *successor;
  statement.last.sequence = static_cast<Seq>(*sequence);
  std::optional<MessageKey> key;
  if (!read_key(member(content, "key"), key) || !read_key(member(content, "left"), statement.left))
    return std::nullopt;
  if (key.has_value() != (statement.last.sequence > 0)) return std::nullopt;
  if (key) statement.last.key = *key;
  // No HMAC: it is a word about keys, whatever network it is heard in.
  if (!signature_holds(*supersedes, as_bytes(successor_statement(statement)), *signature, nullptr))
    return std::nullopt;
  return statement;
}

}  // namespace ssblog
