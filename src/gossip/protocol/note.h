// SPDX-License-Identifier: MIT
// gossip/protocol/note.h - what goes over an EBT stream: notes, and messages between them.
//
// Used by ebt.cc and gossip. Pure: no I/O, any thread. Source: replication.md, "EBT"; epidemic-broadcast-trees
// README, "notes".
#pragma once

#include "feed/message.h"

#include <map>
#include <optional>
#include <string>
#include <variant>

namespace ssblog {

/// Greatest sequence that a note can say: its integers have 32 bits.
inline constexpr Seq max_note_sequence = (Seq{1} << 30) - 1;

/// One peer's word about one feed that it replicates.
struct Note {
  Seq have = 0;         ///< last message it holds
  bool receive = true;  ///< false: tell me of news, but do not send the messages
  bool operator==(const Note&) const = default;
};

/// -1 when the peer does not replicate the feed, else twice `have`, plus 1 when it does not want to receive.
constexpr std::int64_t encode_note(std::optional<Note> note) {
  if (!note) return -1;
  return static_cast<std::int64_t>(note->have) * 2 + (note->receive ? 0 : 1);
}

/// As the reference reads it, in 32 bits. Negative: nothing.
std::optional<Note> decode_note(std::int64_t number);

/// feed -> its note; none: the peer does not replicate it.
using Notes = std::map<FeedId, std::optional<Note>>;

/// The item that says them.
std::string format_notes(const Notes& notes);

/// A message as it stands on the stream: claims, nothing is checked.
struct MessageItem {
  FeedId author;
  Seq sequence = 0;
};

using EbtItem = std::variant<Notes, MessageItem>;

/// What an item is. Entries of notes whose names are no feed ids are left out.
/// @return Code::data for what is neither: it ends the connection.
Result<EbtItem> read_ebt_item(ByteView body);

}  // namespace ssblog
