// SPDX-License-Identifier: MIT
#include "feed/message.h"

#include "feed/json.h"
#include "feed/signature_text.h"
#include "feed/utf.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

namespace ssblog {
namespace {

constexpr std::string_view signature_member = ",\n  \"signature\": ";
constexpr std::size_t smallest_box_bytes = 24 + 32 + 49 + 16;  // nonce, one-time key, one slot, empty body
constexpr std::size_t type_min_units = 3;
constexpr std::size_t type_max_units = 52;

/// The seven values of a message as they stand in T(message); empty views where there is none.
struct Fields {
  std::string_view previous, sequence, author, timestamp, hash, content, signature;
  bool in_order = false;
};

Fields fields_of(std::string_view object) {
  static constexpr std::array<std::string_view, 7> names = {"previous", "sequence", "author",   "timestamp",
                                                            "hash",     "content",  "signature"};
  Fields fields;
  const std::array<std::string_view*, 7> places = {&fields.previous,  &fields.sequence, &fields.author,
                                                   &fields.timestamp, &fields.hash,     &fields.content,
                                                   &fields.signature};
  std::size_t at = 0;
  bool in_order = true;
  for (Members members(object); members.next(); ++at) {
    bool known = false;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (members.name() != names[i]) continue;
      *places[i] = members.value();
      // `sequence` and `author` may be swapped, both or neither.
      known = i == at || (i == 1 && at == 2) || (i == 2 && at == 1);
    }
    in_order = in_order && known;
  }
  fields.in_order = in_order && at == names.size();
  return fields;
}

std::string_view inside_quotes(std::string_view spelled) {
  return is_string(spelled) ? spelled.substr(1, spelled.size() - 2) : std::string_view();
}

/// True for a text as private-box makes it: canonical base64, `.box`, no line end behind.
/// Source: messages.md, "Encrypted text".
bool is_encrypted_text(std::string_view content) {
  if (!is_string(content)) return false;
  const auto text = inside_quotes(content);
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || !text.substr(dot).starts_with(".box")) return false;
  if (dot > 0 && !from_base64(text.substr(0, dot))) return false;
  const auto rest = text.substr(dot);
  for (const std::string_view line_end : {"\\n", "\\r", "\u2028", "\u2029"}) {
    // An escaped backslash before an n is no line end: skip escapes as pairs.
    for (std::size_t at = 0; at < rest.size(); ++at) {
      if (rest.substr(at).starts_with(line_end)) return false;
      if (rest[at] == '\\') ++at;
    }
  }
  return true;
}

std::optional<Rejection> content_fault(std::string_view content) {
  if (is_encrypted_text(content)) return std::nullopt;
  if (!is_object(content) && !content.starts_with('[')) {
    return Rejection{Rule::content, "the content is neither an object nor an encrypted text"};
  }
  const auto type = text_of(member(content, "type"));
  const std::size_t units = type ? utf16_length(*type) : 0;
  if (units < type_min_units || units > type_max_units) {
    return Rejection{Rule::type, "the content has no \"type\" of 3 to 52 characters"};
  }
  return std::nullopt;
}

/// What must not be published although it is valid: texts that crash ssb-server's index, and lists of
/// recipients in the clear, which the reference would have encrypted. Source: messages.md, "Never publish".
std::optional<std::string> publish_fault(std::string_view content) {
  if (auto fault = content_fault(content)) return fault->text;
  if (is_string(content)) {
    const auto box = inside_quotes(content);
    const auto bytes = from_base64(box.substr(0, box.find('.')));
    if (!bytes || bytes->size() < smallest_box_bytes)
      return "the encrypted text is shorter than any private message";
  }
  if (!member(content, "recps").empty()) return "recps in the clear: private messages are not supported";
  return std::nullopt;
}

Rejection wrong_place(const FeedId& author, double sequence, const std::optional<FeedState>& state) {
  return {Rule::sequence,
          fmt::format("feed {}: sequence {} after {}", short_id(author), sequence, state->sequence)};
}

/// T(message with signature) from the text that was signed.
std::string with_signature(std::string_view signed_text, const Signature& signature) {
  std::string text(signed_text.substr(0, signed_text.size() - 2));  // without "\n}"
  text += signature_member;
  text += '"';
  append_signature(text, signature);
  text += "\"\n}";
  return text;
}

MessageKey key_of(std::string_view text) {
  thread_local ByteBuf low;
  low.clear();
  append_low_bytes(low, text);
  return {sha256(low)};
}

/// Fills in the stored text and where its content stands. `text` is canonical, either layout.
void keep_text(MessageFacts& facts, std::string_view text) {
  [[maybe_unused]] const auto made = canonical(text, Layout::compact, facts.text);
  assert(made);
  const auto content = member(facts.text, "content");
  facts.content_begin = static_cast<std::size_t>(content.data() - facts.text.data());
  facts.content_size = content.size();
}

/// The rules about the place in a feed, for a message whose fields are what they should be.
std::optional<Rejection> chain_fault(const MessageFacts& facts, const std::optional<FeedState>& state) {
  if (state) {
    if (facts.sequence != state->sequence + 1) return wrong_place(facts.author, facts.sequence, state);
    if (facts.previous != state->key) {
      return Rejection{Rule::previous,
                       fmt::format("feed {}: message {} does not follow the {} that is held (a fork)",
                                   short_id(facts.author), facts.sequence, state->sequence)};
    }
    return std::nullopt;
  }
  if (facts.previous) {
    return Rejection{Rule::first_previous, fmt::format("feed {}: message {} comes before the first one",
                                                       short_id(facts.author), facts.sequence)};
  }
  if (facts.sequence != 1) {
    return Rejection{Rule::first_sequence, fmt::format("feed {}: the first message has sequence {}",
                                                       short_id(facts.author), facts.sequence)};
  }
  return std::nullopt;
}

}  // namespace

bool Rejection::fatal() const {
  switch (rule) {
    case Rule::previous:
    case Rule::first_previous:
    case Rule::first_sequence:
    case Rule::first_timestamp:
    case Rule::fields:
    case Rule::hmac_key:
    case Rule::signature:
      return true;
    default:
      return false;
  }
}

/// Reads one received message, rule by rule in their order. With `in_feed` the rules about the place in
/// the feed are asked where the reference asks them, so that the same rule is told.
class MessageReader {
 public:
  static std::variant<Inspected, Rejection> read(ByteView received, const SigningKey* hmac, bool in_feed,
                                                 const std::optional<FeedState>& state) {
    if (received.size() > max_message_bytes) {
      return Rejection{Rule::size, fmt::format("{} bytes are more than a message can have", received.size())};
    }
    thread_local std::string text;
    const auto parsed = is_utf8(received) ? canonical(as_text(received), Layout::indented, text)
                                          : canonical(decode_utf8(received), Layout::indented, text);
    if (!parsed) return Rejection{Rule::json, parsed.error().text};

    const Fields fields = fields_of(text);
    Inspected inspected;
    MessageFacts& facts = inspected.facts_;
    const auto author = parse_feed_id(inside_quotes(fields.author));
    if (!author) return Rejection{Rule::author, "the message has no author"};
    facts.author = *author;
    const auto signature = parse_signature(inside_quotes(fields.signature));
    if (!signature)
      return Rejection{Rule::signature_form, "the signature is none of 64 bytes by the author's kind of key"};

    if (auto fault = read_place(fields, facts, in_feed, state)) return *fault;
    if (auto fault = read_rest(fields, facts, text)) return *fault;
    // The signature is the last member of an object in order, so what was signed is what stands before it.
    const auto end =
        static_cast<std::size_t>(fields.signature.data() - text.data()) - signature_member.size();
    thread_local std::string signed_text;
    signed_text.assign(text, 0, end);
    signed_text += "\n}";
    if (!signature_holds(facts.author, as_bytes(signed_text), *signature, hmac)) {
      return Rejection{Rule::signature, fmt::format("feed {}: the signature of message {} is false",
                                                    short_id(facts.author), facts.sequence)};
    }
    facts.key = key_of(text);
    keep_text(facts, text);
    return inspected;
  }

 private:
  /// Rules 3 to 8: sequence, previous, the rules of a first message, the order of the fields.
  static std::optional<Rejection> read_place(const Fields& fields, MessageFacts& facts, bool in_feed,
                                             const std::optional<FeedState>& state) {
    const auto sequence = number_of(fields.sequence);
    const auto previous = parse_message_key(inside_quotes(fields.previous));
    const auto timestamp = number_of(fields.timestamp);
    if (in_feed && state) {
      if (!sequence) return Rejection{Rule::sequence, "the sequence is no number"};
      if (*sequence != static_cast<double>(state->sequence) + 1) {
        return wrong_place(facts.author, *sequence, state);
      }
      if (previous != state->key) {
        return Rejection{Rule::previous,
                         fmt::format("feed {}: the message does not follow message {} that is held (a fork)",
                                     short_id(facts.author), state->sequence)};
      }
    } else if (in_feed) {
      if (fields.previous != "null") {
        return Rejection{
            Rule::first_previous,
            fmt::format("feed {}: a first message must have no previous one", short_id(facts.author))};
      }
      if (sequence != 1) {
        return Rejection{
            Rule::first_sequence,
            fmt::format("feed {}: a first message must have the sequence 1", short_id(facts.author))};
      }
      if (!timestamp) {
        return Rejection{Rule::first_timestamp,
                         fmt::format("feed {}: the first message has no timestamp", short_id(facts.author))};
      }
    }
    if (!fields.in_order)
      return Rejection{Rule::fields, "the message has not the seven fields in an allowed order"};
    if (!sequence || *sequence < 1 || *sequence > max_sequence || *sequence != std::floor(*sequence)) {
      return Rejection{Rule::sequence_range, "the sequence is no whole number from 1 to 2147483647"};
    }
    if (!previous && fields.previous != "null") {
      return Rejection{Rule::previous, "previous is neither null nor the key of a message"};
    }
    if (!timestamp) return Rejection{Rule::timestamp, "the timestamp is no number"};
    facts.sequence = static_cast<Seq>(*sequence);
    facts.previous = previous;
    facts.timestamp = *timestamp;
    return std::nullopt;
  }

  /// Rules 10 to 13: content, hash, size, type.
  static std::optional<Rejection> read_rest(const Fields& fields, const MessageFacts& facts,
                                            std::string_view text) {
    auto content = content_fault(fields.content);
    if (content && content->rule == Rule::content) return content;
    if (fields.hash != "\"sha256\"") return Rejection{Rule::hash, "hash is not \"sha256\""};
    if (const auto units = utf16_length(text); units > max_message_units) {
      return Rejection{Rule::size,
                       fmt::format("feed {}: message {} has {} units, more than {}", short_id(facts.author),
                                   facts.sequence, units, max_message_units)};
    }
    return content;
  }
};

std::variant<Inspected, Rejection> inspect(ByteView received, const SigningKey* hmac) {
  return MessageReader::read(received, hmac, false, std::nullopt);
}

std::variant<Verified, Rejection> verify(Inspected inspected, const std::optional<FeedState>& state) {
  if (auto fault = chain_fault(inspected.facts_, state)) return *std::move(fault);
  Verified verified;
  verified.facts_ = std::move(inspected.facts_);
  return verified;
}

std::variant<Verified, Rejection> verify(ByteView received, const std::optional<FeedState>& state,
                                         const SigningKey* hmac) {
  auto inspected = MessageReader::read(received, hmac, true, state);
  if (auto* rejection = std::get_if<Rejection>(&inspected)) return std::move(*rejection);
  return verify(std::move(std::get<Inspected>(inspected)), state);
}

Result<Verified> sign(const KeyPair& keys, const std::optional<FeedState>& state, double timestamp,
                      std::string_view content, const SigningKey* hmac) {
  if (auto fault = publish_fault(content)) return Error{Code::data, "cannot publish: " + *fault};
  if (state && state->sequence >= max_sequence) {
    return Error{Code::data, "cannot publish: the feed is full, it has 2147483647 messages"};
  }
  Verified verified;
  MessageFacts& facts = verified.facts_;
  facts.author = keys.id();
  facts.sequence = state ? state->sequence + 1 : 1;
  if (state) facts.previous = state->key;
  facts.timestamp = timestamp;

  std::string compact = "{\"previous\":";
  compact += state ? json_string(to_text(state->key)) : "null";
  fmt::format_to(std::back_inserter(compact),
                 ",\"sequence\":{},\"author\":\"{}\",\"timestamp\":", facts.sequence, to_text(facts.author));
  append_number(compact, timestamp);
  compact += ",\"hash\":\"sha256\",\"content\":";
  facts.content_begin = compact.size();
  facts.content_size = content.size();
  compact += content;
  compact += '}';
  thread_local std::string signed_text;
  if (auto made = canonical(compact, Layout::indented, signed_text); !made) {
    return Error{Code::data, "cannot publish: the content is " + made.error().text};
  }
  const Signature signature = keys.sign(as_bytes(signed_text), hmac);
  const std::string text = with_signature(signed_text, signature);
  if (const auto units = utf16_length(text); units > max_message_units) {
    return Error{Code::data,
                 fmt::format("cannot publish: the message would have {} characters, {} are the most", units,
                             max_message_units)};
  }
  facts.key = key_of(text);
  compact.pop_back();
  compact += ",\"signature\":\"";
  append_signature(compact, signature);
  compact += "\"}";
  facts.text = std::move(compact);
  return verified;
}

std::optional<MessagePlace> place_in_feed(std::string_view stored) {
  thread_local std::string text;
  if (!canonical(stored, Layout::indented, text)) return std::nullopt;
  const Fields fields = fields_of(text);
  const auto author = parse_feed_id(inside_quotes(fields.author));
  const auto sequence = number_of(fields.sequence);
  const auto previous = parse_message_key(inside_quotes(fields.previous));
  if (!fields.in_order || !author || !sequence || *sequence < 1 || *sequence > max_sequence ||
      (!previous && fields.previous != "null"))
    return std::nullopt;
  return MessagePlace{*author, static_cast<Seq>(*sequence), previous, key_of(text)};
}

std::size_t message_overhead_units() {
  static const std::size_t units = [] {
    const std::string compact = fmt::format(
        R"({{"previous":"{}","sequence":{},"author":"{}","timestamp":9999999999999.999,"hash":"sha256","content":0,"signature":"{}"}})",
        to_text(MessageKey{}), max_sequence, to_text(FeedId{}), to_text(Signature{}));
    return indented_length(compact) - 1;  // the content's own digit
  }();
  return units;
}

}  // namespace ssblog
