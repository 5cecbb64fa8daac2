// SPDX-License-Identifier: MIT
#include "feed/message.h"

#include "vectors.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <limits>

using namespace ssblog;

namespace {

using Checked = std::variant<Verified, Rejection>;

KeyPair writer() {
  std::array<std::uint8_t, 32> seed;
  seed.fill(7);
  return KeyPair::from_seed(seed);
}

/// What a vector says besides its message: the feed before it and the network's signing key.
struct Setting {
  std::optional<FeedState> state;
  std::optional<SigningKey> hmac;
  bool hmac_usable = true;
  const SigningKey* key() const { return hmac ? &*hmac : nullptr; }
};

std::optional<FeedState> state_of(std::string_view value) {
  if (!is_object(value)) return std::nullopt;
  const auto key = parse_message_key(wtf8(value, "id"));
  REQUIRE(key);
  return FeedState{static_cast<Seq>(number_of(member(value, "sequence")).value_or(0)), *key};
}

Setting setting_of(std::string_view vector) {
  Setting setting;
  setting.state = state_of(member(vector, "state"));
  if (is_string(member(vector, "hmac"))) {
    const auto key = parse_signing_key(wtf8(vector, "hmac"));
    setting.hmac_usable = bool(key);
    if (key) setting.hmac = *key;
  }
  return setting;
}

/// verify(bytes, state), held against inspect and verify(state): both must say yes or both no.
Checked check(std::string_view text, const std::optional<FeedState>& state, const SigningKey* hmac) {
  auto whole = verify(as_bytes(text), state, hmac);
  auto inspected = inspect(as_bytes(text), hmac);
  bool accepted = false;
  if (auto* good = std::get_if<Inspected>(&inspected)) {
    const FeedId author = good->author();
    const Seq sequence = good->sequence();
    const MessageKey key = good->key();
    const auto parts = verify(std::move(*good), state);
    if (const auto* verified = std::get_if<Verified>(&parts)) {
      accepted = true;
      CHECK((*verified)->author == author);
      CHECK((*verified)->sequence == sequence);
      CHECK((*verified)->key == key);
      if (const auto* other = std::get_if<Verified>(&whole)) {
        CHECK((*verified)->text == (*other)->text);
        CHECK((*verified)->timestamp == (*other)->timestamp);
        CHECK((*verified)->previous == (*other)->previous);
        CHECK((*verified)->content() == (*other)->content());
      }
    }
  }
  CHECK(accepted == std::holds_alternative<Verified>(whole));
  return whole;
}

/// The message that must be good.
Verified good(Checked checked) {
  if (const auto* rejection = std::get_if<Rejection>(&checked)) {
    CAPTURE(rejection->text);
    REQUIRE_FALSE(rejection);
  }
  return std::get<Verified>(std::move(checked));
}

/// Why the message, that must be bad, was refused.
Rejection bad(Checked checked) {
  REQUIRE(std::holds_alternative<Rejection>(checked));
  return std::get<Rejection>(std::move(checked));
}

/// Signed as it stands by the vectors' way of thinking, not by sign(): for messages that sign() refuses.
std::string forge(const KeyPair& keys, std::string_view fields, const SigningKey* hmac = nullptr) {
  const std::string compact = fmt::format("{{{}}}", fields);
  const auto text = canonical(compact, Layout::indented);
  REQUIRE(text);
  return fmt::format(R"({{{},"signature":"{}.sig.ed25519"}})", fields,
                     to_base64(keys.sign(as_bytes(*text), hmac)));
}

/// A first message with this content, properly signed.
std::string first_message(const KeyPair& keys, std::string_view content) {
  return forge(
      keys,
      fmt::format(R"("previous":null,"sequence":1,"author":"{}","timestamp":5,"hash":"sha256","content":{})",
                  to_text(keys.id()), content));
}

std::string text_content(std::string_view text) {
  return R"({"type":"log","text":)" + json_string(text) + '}';
}

/// True when ssb-validate takes it and ssb-db, which comes before it, does not (messages.md, below the rules).
bool refused_by_ssb_db(std::string_view name) {
  return name.find("ssb-db refuses it") != std::string_view::npos;
}

}  // namespace

TEST_CASE("a valid message is accepted, with the key and the length of the reference") {
  const auto file = vectors("messages.json");
  std::size_t count = 0;
  std::size_t refused = 0;
  for (const auto* list : {"valid", "hmac_signed"}) {
    for (Items items(member(file, list)); items.next(); ++count) {
      const std::string name = wtf8(items.value(), "name");
      CAPTURE(name);
      const Setting setting = setting_of(items.value());
      REQUIRE(setting.hmac_usable);
      const std::string text = wtf8(items.value(), "message");
      auto checked = check(text, setting.state, setting.key());
      if (refused_by_ssb_db(name)) {
        bad(std::move(checked));
        ++refused;
        continue;
      }
      const Verified message = good(std::move(checked));
      CHECK(to_text(message->key) == wtf8(items.value(), "key"));
      const auto indented = canonical(message->text, Layout::indented);
      REQUIRE(indented);
      CHECK(utf16_length(*indented) == *number_of(member(items.value(), "length_utf16")));
      CHECK(indented_length(message->text) == utf16_length(*indented));
      // What was signed is the same text without the signature.
      const std::string signed_text = wtf8(items.value(), "signed_text");
      CHECK(indented->substr(0, indented->rfind(",\n  \"signature\": ")) + "\n}" == signed_text);
      // Stored is the compact text of the whole, and its content stands where it is said to.
      const auto compact = canonical(text, Layout::compact);
      REQUIRE(compact);
      CHECK(message->text == *compact);
      CHECK(message->content() == member(*compact, "content"));
      CHECK(to_text(message->author) == wtf8(*compact, "author"));
      CHECK(message->sequence == *number_of(member(*compact, "sequence")));
      CHECK(message->timestamp == *number_of(member(*compact, "timestamp")));
      CHECK(message.state() == FeedState{message->sequence, message->key});
    }
  }
  CHECK(count == 54);
  CHECK(refused == 6);
}

TEST_CASE("an invalid message is refused, and is fatal when it is so for the reference") {
  const auto file = vectors("messages.json");
  std::size_t count = 0;
  std::size_t for_the_caller = 0;
  for (Items items(member(file, "invalid")); items.next(); ++count) {
    const std::string name = wtf8(items.value(), "name");
    CAPTURE(name);
    const Setting setting = setting_of(items.value());
    if (!setting.hmac_usable) {
      ++for_the_caller;
      CHECK(wtf8(items.value(), "rule") == "hmac key");
      continue;
    }
    const Rejection rejection = bad(check(wtf8(items.value(), "message"), setting.state, setting.key()));
    CAPTURE(rejection.text);
    CHECK(rejection.fatal() == (member(items.value(), "fatal") == "true"));
    CHECK(rejection.text != "");
    CHECK(rejection.text.back() != '.');
  }
  CHECK(count == 125);
  CHECK(for_the_caller == 3);
}

TEST_CASE("the rule that is told is the one that the message breaks") {
  // Those of the vectors' rules that name one of ours.
  const std::vector<std::pair<std::string_view, Rule>> rules = {
      {"author", Rule::author},     {"signature form", Rule::signature_form},
      {"previous", Rule::previous}, {"hash", Rule::hash},
      {"content type", Rule::type}, {"content", Rule::content},
      {"size", Rule::size},         {"signature", Rule::signature},
      {"hmac", Rule::signature}};
  const auto file = vectors("messages.json");
  std::size_t count = 0;
  for (Items items(member(file, "invalid")); items.next();) {
    const std::string name = wtf8(items.value(), "name");
    const std::string rule = wtf8(items.value(), "rule");
    if (name == "hash missing") continue;  // falls at the order of the fields
    for (const auto& [word, expected] : rules) {
      if (rule != word) continue;
      CAPTURE(name);
      const Setting setting = setting_of(items.value());
      CHECK(bad(check(wtf8(items.value(), "message"), setting.state, setting.key())).rule == expected);
      ++count;
    }
  }
  CHECK(count > 80);
}

TEST_CASE("the rules 4 to 8, 14 and 15 end a feed and no other") {
  for (int rule = 0; rule <= 16; ++rule) {
    CAPTURE(rule);
    const bool fatal = (rule >= 4 && rule <= 8) || rule == 14 || rule == 15;
    CHECK(Rejection{static_cast<Rule>(rule), ""}.fatal() == fatal);
  }
}

TEST_CASE("of two messages for one place the first that comes is kept") {
  const auto file = vectors("messages.json");
  std::size_t count = 0;
  for (Items items(member(file, "forks")); items.next(); ++count) {
    const auto before = state_of(member(items.value(), "state"));
    const std::string a = wtf8(items.value(), "a");
    const std::string b = wtf8(items.value(), "b");
    CHECK(good(check(b, before, nullptr)).state() != before);
    const auto after_a = good(check(a, before, nullptr)).state();
    CHECK_FALSE(bad(check(b, after_a, nullptr)).fatal());
    const auto follower = bad(check(wtf8(items.value(), "after_b"), after_a, nullptr));
    CHECK(follower.rule == Rule::previous);
    CHECK(follower.fatal());
    good(check(wtf8(items.value(), "after_b"), good(check(b, before, nullptr)).state(), nullptr));
  }
  CHECK(count == 1);
}

TEST_CASE("a signature of more than 64 bytes is refused") {
  const auto file = vectors("messages.json");
  std::size_t count = 0;
  for (Items items(member(file, "binding_dependent")); items.next(); ++count) {
    const Setting setting = setting_of(items.value());
    CHECK(bad(check(wtf8(items.value(), "message"), setting.state, nullptr)).rule == Rule::signature_form);
  }
  CHECK(count == 2);
}

TEST_CASE("what is signed is verified, fifty messages long, with and without a network's key") {
  const KeyPair keys = writer();
  const SigningKey network{{4, 5, 6}};
  for (const SigningKey* hmac : {static_cast<const SigningKey*>(nullptr), &network}) {
    std::optional<FeedState> state;
    for (Seq sequence = 1; sequence <= 50; ++sequence) {
      CAPTURE(sequence);
      const auto content =
          text_content(fmt::format("line {} \xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80 \"\\\n\x01", sequence));
      const double timestamp = 1700000000000.001 + sequence;
      const auto made = sign(keys, state, timestamp, content, hmac);
      REQUIRE(made);
      CHECK((*made)->sequence == sequence);
      CHECK((*made)->content() == content);
      CHECK((*made)->previous == (state ? std::optional(state->key) : std::nullopt));
      const Verified read = good(check((*made)->text, state, hmac));
      CHECK(read->text == (*made)->text);
      CHECK(read->key == (*made)->key);
      CHECK(read->author == keys.id());
      CHECK(read->timestamp == timestamp);
      CHECK(read->previous == (*made)->previous);
      CHECK(read->content() == content);
      CHECK(read->content_begin == (*made)->content_begin);
      // Only here does it belong.
      if (state) CHECK(bad(check((*made)->text, std::nullopt, hmac)).fatal());
      CHECK(bad(check((*made)->text, made->state(), hmac)).rule == Rule::sequence);
      CHECK(bad(check((*made)->text, state, hmac ? nullptr : &network)).rule == Rule::signature);
      state = made->state();
    }
  }
}

TEST_CASE("a message with any bit flipped is refused, or is the same message") {
  const KeyPair keys = writer();
  const auto first = sign(keys, std::nullopt, 1e21, text_content("one"), nullptr);
  REQUIRE(first);
  // With escapes and a number that have more than one spelling.
  const auto message = sign(keys, first->state(), 1e21, text_content("a\x1f\xc3\xa9\x01z"), nullptr);
  REQUIRE(message);
  const std::string& text = (*message)->text;
  std::size_t same = 0;
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    CAPTURE(bit);
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const auto checked = verify(as_bytes(flipped), first->state(), nullptr);
    if (const auto* accepted = std::get_if<Verified>(&checked)) {
      REQUIRE((*accepted)->text == text);
      ++same;
    }
  }
  CHECK(same == 2);  // 1E+21 and \u001F
}

TEST_CASE("a message cut at any byte is refused") {
  const auto message = sign(writer(), std::nullopt, 5, text_content("x"), nullptr);
  REQUIRE(message);
  const std::string& text = (*message)->text;
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    REQUIRE(bad(check(text.substr(0, length), std::nullopt, nullptr)).rule == Rule::json);
  }
}

TEST_CASE("a content type has 3 to 52 UTF-16 units") {
  const KeyPair keys = writer();
  const auto content = [](const std::string& type) { return R"({"type":)" + json_string(type) + '}'; };
  const auto astral = [](std::size_t count) {
    std::string text;
    for (; count > 0; --count) text += "\xf0\x9f\x98\x80";
    return text;
  };
  for (const auto& type :
       {std::string(3, 't'), std::string(52, 't'), astral(2), astral(26), "x" + astral(1)}) {
    CAPTURE(type);
    CHECK(sign(keys, std::nullopt, 1, content(type), nullptr));
    good(check(first_message(keys, content(type)), std::nullopt, nullptr));
  }
  for (const auto& type :
       {std::string(), std::string(2, 't'), std::string(53, 't'), astral(1), "x" + astral(26)}) {
    CAPTURE(type);
    const auto refused = sign(keys, std::nullopt, 1, content(type), nullptr);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::data);
    CHECK(bad(check(first_message(keys, content(type)), std::nullopt, nullptr)).rule == Rule::type);
  }
}

TEST_CASE("8192 units are a message and 8193 are not") {
  const KeyPair keys = writer();
  for (const std::string_view filler : {"x", "\xc3\xa9", "\xe6\x97\xa5"}) {
    CAPTURE(filler);
    const auto base = indented_length(first_message(keys, text_content("")));
    std::string text;
    for (std::size_t units = base; units < max_message_units; ++units) text += filler;
    const auto made = sign(keys, std::nullopt, 5, text_content(text), nullptr);
    REQUIRE(made);
    CHECK(indented_length((*made)->text) == 8192);
    good(check((*made)->text, std::nullopt, nullptr));
    text += filler;
    const auto refused = sign(keys, std::nullopt, 5, text_content(text), nullptr);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::data);
    CHECK(bad(check(first_message(keys, text_content(text)), std::nullopt, nullptr)).rule == Rule::size);
  }
}

TEST_CASE("what surrounds a content never takes more than is said") {
  const KeyPair keys = writer();
  const FeedState state{max_sequence - 1, MessageKey{{255, 254}}};
  for (const double timestamp : {0.0, 5.0, 1700000000000.001, 9999999999999.999}) {
    CAPTURE(timestamp);
    const std::string content = text_content("some text");
    const auto made = sign(keys, state, timestamp, content, nullptr);
    REQUIRE(made);
    CHECK(indented_length((*made)->text) <= message_overhead_units() + indented_length(content, 1));
    if (timestamp > 2e12) {
      CHECK(indented_length((*made)->text) == message_overhead_units() + indented_length(content, 1));
    }
  }
}

TEST_CASE("nothing is published that harms others or would have been private") {
  const KeyPair keys = writer();
  const auto published = [&keys](std::string_view content) {
    const auto made = sign(keys, std::nullopt, 5, content, nullptr);
    if (!made) CHECK(made.error().code == Code::data);
    // Those of others are accepted all the same.
    good(check(first_message(keys, content), std::nullopt, nullptr));
    return bool(made);
  };
  const auto box = [](std::size_t bytes) { return '"' + to_base64(ByteBuf(bytes)) + ".box\""; };
  CHECK_FALSE(published("\".box\""));
  CHECK_FALSE(published("\"AAAA.box\""));
  CHECK_FALSE(published(box(55)));
  CHECK_FALSE(published(box(56 + 49 + 15)));
  CHECK(published(box(56 + 49 + 16)));
  CHECK(published(box(500)));
  CHECK_FALSE(published(R"({"type":"post","recps":["@x"]})"));
  CHECK_FALSE(published(R"({"type":"post","recps":[]})"));
  CHECK_FALSE(published(R"({"type":"post","recps":null})"));
  CHECK(published(R"({"type":"post","inner":{"recps":[]}})"));
}

TEST_CASE("what is no content is not published") {
  for (const std::string_view content :
       {"", "null", "true", "5", "[]", R"(["log"])", "{}", R"({"type":5})", R"("text")", R"("text.box")",
        R"({"type":"log")", R"({"type":"log","x":})", R"({"type":"log"}{})"}) {
    CAPTURE(content);
    const auto made = sign(writer(), std::nullopt, 5, content, nullptr);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Code::data);
  }
}

TEST_CASE("a full feed takes no further message") {
  const KeyPair keys = writer();
  const FeedState nearly{max_sequence - 1, MessageKey{{1}}};
  const auto last = sign(keys, nearly, 5, text_content("x"), nullptr);
  REQUIRE(last);
  good(check((*last)->text, nearly, nullptr));
  CHECK_FALSE(sign(keys, last->state(), 5, text_content("x"), nullptr));
}

TEST_CASE("a first message needs a timestamp, and so does every other") {
  const KeyPair keys = writer();
  const FeedState state{1, MessageKey{{1}}};
  for (const std::string_view timestamp : {"null", "\"5\"", "true", "[]", "{}", "[5]"}) {
    CAPTURE(timestamp);
    const auto later = forge(
        keys,
        fmt::format(
            R"("previous":"{}","sequence":2,"author":"{}","timestamp":{},"hash":"sha256","content":{{"type":"log"}})",
            to_text(state.key), to_text(keys.id()), timestamp));
    const auto refused = bad(check(later, state, nullptr));
    CHECK(refused.rule == Rule::timestamp);
    CHECK_FALSE(refused.fatal());
  }
}

TEST_CASE("a sequence that is no number refuses the message without an end to the feed") {
  // ssb-db.add asks for a number before it looks at anything else.
  const KeyPair keys = writer();
  const FeedState state{1, MessageKey{{1}}};
  for (const std::string_view sequence : {"null", "\"2\"", "true", "[2]", "{}", "\"5\""}) {
    for (const MessageKey& previous : {state.key, MessageKey{{2}}}) {
      CAPTURE(sequence);
      const auto text = forge(
          keys,
          fmt::format(
              R"("previous":"{}","sequence":{},"author":"{}","timestamp":5,"hash":"sha256","content":{{"type":"log"}})",
              to_text(previous), sequence, to_text(keys.id())));
      CHECK_FALSE(bad(check(text, state, nullptr)).fatal());
    }
  }
}

TEST_CASE("bytes that are no UTF-8 count as U+FFFD, as they do when they are signed so") {
  const KeyPair keys = writer();
  std::string text = first_message(keys, text_content("a\xef\xbf\xbd"
                                                      "b"));
  const auto at = text.find("\xef\xbf\xbd");
  text.replace(at, 3, "\xff");
  const Verified message = good(check(text, std::nullopt, nullptr));
  CHECK(message->content() == text_content("a\xef\xbf\xbd"
                                           "b"));
}

TEST_CASE("more bytes than any message has are refused unread") {
  const KeyPair keys = writer();
  std::string text = first_message(keys, text_content("x"));
  text.insert(1, max_message_bytes - text.size(), ' ');
  good(check(text, std::nullopt, nullptr));
  text.insert(1, " ");
  CHECK(bad(check(text, std::nullopt, nullptr)).rule == Rule::size);
}

TEST_CASE("a relay cannot change a letter without the signature showing it") {
  // The key drops the high byte of each unit: o and U+016F have the same key (limits.md, section 4).
  const KeyPair keys = writer();
  const std::string honest = first_message(keys, text_content("foo"));
  std::string changed = honest;
  changed.replace(changed.find("foo"), 3,
                  "f\xc5\xaf"
                  "o");
  good(check(honest, std::nullopt, nullptr));
  CHECK(bad(check(changed, std::nullopt, nullptr)).rule == Rule::signature);
}
