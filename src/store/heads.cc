// SPDX-License-Identifier: MIT
#include "store/heads.h"

#include "feed/json.h"
#include "feed/utf.h"
#include "store/bundle_reader.h"

#include <algorithm>

namespace ssblog {

Result<std::map<FeedId, Seq>> read_heads(ByteSource source) {
  std::map<FeedId, Seq> heads;
  BundleReader reader(std::move(source));
  std::string buffer;
  for (;;) {
    auto item = reader.next();
    if (!item) return item.error();
    if (!*item) return heads;
    const auto value = message_value((*item)->text, buffer);
    const auto object = canonical(
        is_utf8(as_bytes(value)) ? std::string(value) : decode_utf8(as_bytes(value)), Layout::compact);
    if (!object) continue;
    auto name = text_of(member(*object, "author"));
    if (!name) name = text_of(member(*object, "id"));
    const auto id = name ? parse_feed_id(*name) : std::nullopt;
    const auto sequence = integer_of(member(*object, "sequence"));
    if (!id || !sequence || *sequence < 1 || *sequence > max_sequence) continue;
    Seq& head = heads[*id];
    head = std::max(head, static_cast<Seq>(*sequence));
  }
}

}  // namespace ssblog
