// SPDX-License-Identifier: MIT
#include "gossip/protocol/note.h"

#include "feed/json.h"
#include "gossip/protocol/bounded_json.h"
#include "gossip/protocol/limits.h"

#include <fmt/format.h>

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
