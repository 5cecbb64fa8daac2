// SPDX-License-Identifier: MIT
#include "cli/validate_door.h"

#include "feed/json.h"
#include "feed/message.h"
#include "feed/utf.h"

#include <fmt/format.h>

#include <optional>

namespace ssblog {
namespace {

std::string refused(std::string_view why) {
  return fmt::format(R"({{"valid":false,"id":null,"error":{}}})", json_string(why));
}

/// The state of a question; nothing in it for null, nothing at all when it is none.
std::optional<std::optional<FeedState>> state_of(std::string_view value) {
  if (value.empty() || value == "null") return std::optional<FeedState>();
  const auto id = text_of(member(value, "id"));
  const auto key = id ? parse_message_key(*id) : std::nullopt;
  const auto sequence = integer_of(member(value, "sequence"));
  if (!key || !sequence || *sequence < 0 || *sequence > max_sequence) return std::nullopt;
  return FeedState{static_cast<Seq>(*sequence), *key};
}

/// The verdict where the HMAC key is none: whatever is wrong before it is told first (rule 14).
Rejection without_key(std::string_view message, const std::optional<FeedState>& state) {
  const auto checked = verify(as_bytes(message), state, nullptr);
  if (const auto* rejection = std::get_if<Rejection>(&checked);
      rejection && rejection->rule != Rule::signature)
    return *rejection;
  return {Rule::hmac_key, "the HMAC key is not the canonical base64 of 32 bytes"};
}

}  // namespace

std::string answer_validate(std::string_view question) {
  const auto parsed = is_utf8(as_bytes(question))
                          ? canonical(question, Layout::compact)
                          : canonical(decode_utf8(as_bytes(question)), Layout::compact);
  if (!parsed) return refused("the line is no JSON: " + parsed.error().text);
  const auto message = member(*parsed, "message");
  if (message.empty()) return refused("the line has no \"message\"");
  const auto state = state_of(member(*parsed, "state"));
  if (!state) return refused("the state is neither null nor {\"id\", \"sequence\"} of a message");

  const auto spelled = member(*parsed, "hmacKey");
  const bool has_key = !spelled.empty() && spelled != "null";
  const auto text = text_of(spelled);
  const auto key = text ? parse_signing_key(*text) : Result<SigningKey>(Error{});
  if (has_key && !key) return refused(without_key(message, *state).text);

  const auto checked = verify(as_bytes(message), *state, has_key ? &*key : nullptr);
  if (const auto* rejection = std::get_if<Rejection>(&checked)) return refused(rejection->text);
  return fmt::format(R"({{"valid":true,"id":"{}","error":null}})", to_text(std::get<Verified>(checked)->key));
}

std::string refuse_long_question() { return refused("the line is longer than any message can be"); }

}  // namespace ssblog
