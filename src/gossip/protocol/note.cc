// SPDX-License-Identifier: MIT
#include "gossip/protocol/note.h"

#include "feed/json.h"
#include "gossip/protocol/bounded_json.h"
#include "gossip/protocol/limits.h"

#include <fmt/format.h>

#include <charconv>

namespace ssblog {
namespace {

std::optional<MessageItem> message_of(std::string_view object) {
  const auto sequence = integer_of(member(object, "sequence"));
  if (!sequence || *sequence <= 0 || *sequence > max_sequence) return std::nullopt;
  const auto author = text_of(member(object, "author"));
  const auto id = author ? parse_feed_id(*author) : std::nullopt;
  const auto content = member(object, "content");
  if (!id || content.empty() || content == "null" || content == "false") return std::nullopt;
  return MessageItem{*id, static_cast<Seq>(*sequence)};
}

/// Drops `prefix` from the front of `text`; false when it does not stand there.
bool skip(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// A string without escapes; nothing when there is none.
std::optional<std::string_view> skip_plain_string(std::string_view& text) {
  constexpr std::size_t longest = 64;  // ids and keys
  if (!skip(text, "\"")) return std::nullopt;
  const std::size_t end = text.substr(0, longest).find('"');
  if (end == text.npos) return std::nullopt;
  const auto inner = text.substr(0, end);
  text.remove_prefix(end + 1);
  return inner.find('\\') == inner.npos ? std::optional(inner) : std::nullopt;
}

std::optional<Seq> skip_sequence(std::string_view& text) {
  Seq sequence = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sequence);
  if (error != std::errc() || sequence == 0 || sequence > max_sequence || text.front() == '0')
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return sequence;
}

/// A message is known by its first members, as every writer orders them. The rest, up to 8 KiB, is read once: where
/// messages are checked, on other threads.
std::optional<MessageItem> message_at_sight(std::string_view text) {
  if (!skip(text, R"({"previous":)")) return std::nullopt;
  if (!skip(text, "null") && !skip_plain_string(text)) return std::nullopt;
  std::optional<std::string_view> author;
  std::optional<Seq> sequence;
  if (skip(text, R"(,"author":)")) author = skip_plain_string(text);
  if (skip(text, R"(,"sequence":)")) sequence = skip_sequence(text);
  if (!author && skip(text, R"(,"author":)")) author = skip_plain_string(text);
  if (!author || !sequence || !skip(text, R"(,"timestamp":)")) return std::nullopt;
  const auto id = parse_feed_id(*author);
  return id ? std::optional(MessageItem{*id, *sequence}) : std::nullopt;
}

}  // namespace

std::optional<Note> decode_note(std::int64_t number) {
  // The reference's shifts cut to 32 bits first.
  const auto cut = static_cast<std::int32_t>(static_cast<std::uint32_t>(number));
  if (cut < 0) return std::nullopt;
  return Note{static_cast<Seq>(cut >> 1), (cut & 1) == 0};
}

std::string format_notes(const Notes& notes) {
  std::string text = "{";
  for (const auto& [feed, note] : notes) {
    fmt::format_to(std::back_inserter(text), "{}\"{}\":{}", text.size() > 1 ? "," : "", to_text(feed),
                   encode_note(note));
  }
  return text + "}";
}

Result<EbtItem> read_ebt_item(ByteView body) {
  if (const auto message = message_at_sight(as_text(body))) return EbtItem(*message);
  auto text = read_json(body, max_note_keys);
  if (!text) return text.error();
  std::string_view object = *text;
  if (!is_object(object)) return Error{Code::data, "an item of ebt.replicate is neither a message nor notes"};
  if (const auto message = message_of(object)) return EbtItem(*message);
  if (const auto clock = member(object, "clock"); is_object(clock)) object = clock;
  Notes notes;
  for (Members entries(object); entries.next();) {
    const auto id = parse_feed_id(entries.name());
    if (!id) continue;
    // What is no integer counts as -1.
    notes[*id] = decode_note(integer_of(entries.value()).value_or(-1));
  }
  return EbtItem(std::move(notes));
}

}  // namespace ssblog
