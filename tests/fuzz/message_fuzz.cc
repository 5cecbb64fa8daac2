// SPDX-License-Identifier: MIT
// fuzz/message_fuzz.cc - messages whose fields were changed and that were signed again, and any bytes.
//
// The promises: both ways to check agree, what is accepted is in its place and comes out the same when it is checked
// again as stored, and only its author can have made it.
#include "feed/json.h"
#include "feed/message.h"
#include "feed/utf.h"
#include "fuzz/input.h"

#include <string>
#include <vector>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

const KeyPair& author() {
  static const KeyPair keys = keys_of(1);
  return keys;
}

/// The feed before the message: one message long, or empty.
std::optional<FeedState> state_of(bool first) {
  if (first) return std::nullopt;
  static const auto before = sign(author(), std::nullopt, 1000, R"({"type":"post"})", nullptr);
  return before->state();
}

/// `ours`: who wrote the bytes has no key but ours.
void check(ByteView received, const std::optional<FeedState>& state, bool ours) {
  auto at_once = verify(received, state, nullptr);
  auto inspected = inspect(received, nullptr);
  if (auto* good = std::get_if<Inspected>(&inspected)) {
    const auto in_two = verify(std::move(*good), state);
    must(in_two.index() == at_once.index(), "both ways to check a message agree");
  } else {
    must(std::holds_alternative<Rejection>(at_once), "what is no message fits nowhere");
  }
  if (const auto* rejection = std::get_if<Rejection>(&at_once)) {
    must(!rejection->text.empty() && is_utf8(as_bytes(rejection->text)), "a refusal has a reason");
    return;
  }
  const Verified& message = std::get<Verified>(at_once);
  must(!ours || message->author == author().id(), "only its author can sign for a feed");
  must(message->sequence == (state ? state->sequence + 1 : 1), "a message is the next one");
  must(message->previous.has_value() == state.has_value() && (!state || *message->previous == state->key),
       "a message names the one before it");
  const auto compact = canonical(message->text, Layout::compact);
  must(compact && *compact == message->text, "what is stored is canonical");
  const auto content = canonical(message->content(), Layout::compact);
  must(content && *content == message->content(), "its content is, too");
  const auto again = verify(as_bytes(message->text), state, nullptr);
  must(std::holds_alternative<Verified>(again) && std::get<Verified>(again)->key == message->key,
       "what is stored is the message that was checked");
  const auto place = place_in_feed(message->text);
  must(place && place->author == message->author && place->sequence == message->sequence &&
           place->previous == message->previous && place->key == message->key,
       "a look at its place tells the same");
}

struct Field {
  std::string name, value;
};

std::string spelled(const std::vector<Field>& fields) {
  std::string text = "{";
  for (const Field& field : fields) {
    if (text.size() > 1) text += ',';
    text += '"' + field.name + "\":" + field.value;
  }
  return text + '}';
}

/// Fields of a good message, changed as the input says, and signed as they stand.
ByteBuf forged(Input& input, const std::optional<FeedState>& state) {
  std::vector<Field> fields = {{"previous", state ? json_string(to_text(state->key)) : "null"},
                               {"author", json_string(to_text(author().id()))},
                               {"sequence", state ? "2" : "1"},
                               {"timestamp", "1001.5"},
                               {"hash", R"("sha256")"},
                               {"content", R"({"type":"log","text":"a"})"}};
  for (std::size_t changes = input.byte() % 4; changes > 0; --changes) {
    const std::size_t at = input.byte() % fields.size();
    switch (input.byte() % 6) {
      case 0:
        std::swap(fields[at], fields[input.byte() % fields.size()]);
        break;
      case 1:
        if (fields.size() > 1) fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 2:
        fields.push_back(fields[at]);
        break;
      case 3:
        fields[at].value = json_string(decode_utf8(as_bytes(input.text())));
        break;
      case 4:
        fields[at].value = std::string(input.text());
        break;
      default:
        fields[at].name = decode_utf8(as_bytes(input.text(40)));
    }
  }
  if (input.coin())
    fields.back().value =
        R"({"type":"post","text":)" + json_string(decode_utf8(as_bytes(input.text()))) + "}";
  const std::string text = spelled(fields);
  const auto to_sign = canonical(text, Layout::indented);
  // What is no JSON is sent as it is, unsigned.
  if (!to_sign) return {text.begin(), text.end()};
  const Signature signature = author().sign(as_bytes(*to_sign), nullptr);
  fields.push_back({"signature", '"' + to_base64(signature) + ".sig.ed25519\""});
  std::string sent = spelled(fields);
  if (input.coin()) sent = canonical(sent, Layout::indented) ? *canonical(sent, Layout::indented) : sent;
  return {sent.begin(), sent.end()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto state = state_of(input.coin());
  if (input.coin()) {
    check(input.rest(), state, false);
  } else {
    ByteBuf bytes = forged(input, state);
    if (input.coin()) damage(bytes, input);
    check(bytes, state, true);
  }
  return 0;
}
