// SPDX-License-Identifier: MIT
#include "feed/id.h"

namespace ssblog {
namespace {

constexpr std::size_t base64_length = 44;  // of 32 bytes, padding included

std::string spell(char sigil, ByteView bytes, std::string_view suffix) {
  std::string text;
  text.reserve(1 + base64_length + suffix.size());
  text += sigil;
  append_base64(text, bytes);
  text += suffix;
  return text;
}

template <class Key>
std::optional<Key> parse(std::string_view text, char sigil, std::string_view suffix) {
  if (text.size() != 1 + base64_length + suffix.size() || text.front() != sigil || !text.ends_with(suffix)) {
    return std::nullopt;
  }
  const auto bytes = from_base64(text.substr(1, base64_length));
  if (!bytes) return std::nullopt;
  return Key::from(*bytes);
}

}  // namespace

std::string to_text(const FeedId& id) { return spell('@', id.view(), ".ed25519"); }
std::string to_text(const MessageKey& key) { return spell('%', key.view(), ".sha256"); }

std::optional<FeedId> parse_feed_id(std::string_view text) { return parse<FeedId>(text, '@', ".ed25519"); }
std::optional<MessageKey> parse_message_key(std::string_view text) {
  return parse<MessageKey>(text, '%', ".sha256");
}

std::string short_id(const FeedId& id) { return to_base64_url(id.view()).substr(0, 8); }

}  // namespace ssblog
