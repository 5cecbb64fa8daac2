// SPDX-License-Identifier: MIT
#include "cli/validate_door.h"

#include "feed/message.h"
#include "vectors.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace ssblog;

namespace {

/// The question of a vector; `hmac` and `state` as they are spelled there.
std::string question(std::string_view state, std::string_view hmac, std::string_view message) {
  return fmt::format(R"({{"state":{},"hmacKey":{},"message":{}}})", state, hmac, message);
}

std::string question_of(std::string_view vector) {
  return question(member(vector, "state"), member(vector, "hmac"), wtf8(vector, "message"));
}

struct Answer {
  bool valid = false;
  std::optional<std::string> id, error;
};

Answer ask(const std::string& line) {
  const std::string answer = answer_validate(line);
  CAPTURE(answer);
  const auto same = canonical(answer, Layout::compact);
  REQUIRE(same);
  REQUIRE(*same == answer);
  Answer said{member(answer, "valid") == "true", text_of(member(answer, "id")),
              text_of(member(answer, "error"))};
  REQUIRE(said.valid == said.id.has_value());
  REQUIRE(said.valid == !said.error.has_value());
  return said;
}

}  // namespace

TEST_CASE("debug validate says of the vectors' messages what the reference says") {
  const auto file = vectors("messages.json");
  std::size_t asked = 0;
  for (const auto* list : {"valid", "hmac_signed"}) {
    for (Items items(member(file, list)); items.next(); ++asked) {
      const std::string name = wtf8(items.value(), "name");
      CAPTURE(name);
      const Answer answer = ask(question_of(items.value()));
      if (name.find("ssb-db refuses it") != std::string::npos) {
        CHECK_FALSE(answer.valid);
      } else {
        CHECK(answer.id == wtf8(items.value(), "key"));
      }
    }
  }
  for (Items items(member(file, "invalid")); items.next(); ++asked) {
    const std::string name = wtf8(items.value(), "name");
    CAPTURE(name);
    const Answer answer = ask(question_of(items.value()));
    CHECK_FALSE(answer.valid);
    if (wtf8(items.value(), "rule") == "hmac key") CHECK(answer.error->find("HMAC") != std::string::npos);
  }
  CHECK(asked == 179);
  for (Items items(member(file, "forks")); items.next();) {
    const auto state = member(items.value(), "state");
    const Answer a = ask(question(state, "null", wtf8(items.value(), "a")));
    const Answer b = ask(question(state, "null", wtf8(items.value(), "b")));
    REQUIRE(a.valid);
    REQUIRE(b.valid);
    const auto after = [&](const Answer& before) {
      return ask(question(fmt::format(R"({{"id":"{}","sequence":2}})", *before.id), "null",
                          wtf8(items.value(), "after_b")));
    };
    CHECK(after(b).valid);
    CHECK_FALSE(after(a).valid);
  }
}

TEST_CASE("an HMAC key that is none is told only when all before it is good") {
  const auto file = vectors("messages.json");
  Items signed_with(member(file, "hmac_signed"));
  REQUIRE(signed_with.next());
  const std::string message = wtf8(signed_with.value(), "message");
  CHECK(ask(question("null", member(signed_with.value(), "hmac"), message)).valid);
  for (const auto* key : {"5", "true", "false", "{}", "[]", "\"\"", "\"AAAA\"", "{\"a\":\"\\ud800\"}",
                          "\"QpMkUOSJY1g1JCxf7VqSR1vTVgFPq82U5M902mcoWe4\"",
                          "\"QpMkUOSJY1g1JCxf7VqSR1vTVgFPq82U5M902mcoWe4=\\n\""}) {
    CAPTURE(key);
    const Answer whole = ask(question("null", key, message));
    REQUIRE(whole.error);
    CHECK(whole.error->find("HMAC") != std::string::npos);
    const Answer other = ask(question("null", key, "{}"));
    REQUIRE(other.error);
    CHECK(other.error->find("author") != std::string::npos);
  }
}

TEST_CASE("what is no question is answered as an invalid message") {
  for (const auto* line :
       {"", " ", "nonsense", "{", "[]", "5", "null", "{}", R"({"message":null})", R"({"message":5})",
        R"({"message":"\ud800"})", "{\"message\":{}}\xff", R"({"state":5,"message":{}})",
        R"({"state":{},"message":{}})", R"({"state":{"id":"%x","sequence":1},"message":{}})",
        R"({"state":[],"message":{}})", R"({"state":null,"hmacKey":null})"}) {
    CAPTURE(line);
    CHECK_FALSE(ask(line).valid);
  }
  CHECK(answer_validate(std::string(100'000, '[')).starts_with("{\"valid\":false"));
  CHECK(answer_validate(R"({"message":{"a":")" + std::string(200'000, 'x') + "\"}}")
            .starts_with("{\"valid\":false"));
  CHECK(refuse_long_question().starts_with("{\"valid\":false"));
}

TEST_CASE("the order of the message's keys and its lone surrogates survive the question") {
  const auto keys = KeyPair::generate();
  for (const auto* content :
       {R"({"type":"post","text":"a\ud800b"})", R"({"2":1,"1":2,"type":"post","z":0,"a":1})",
        R"({"type":"post","\udc00":"\ud83d\ude00"})"}) {
    CAPTURE(content);
    const auto made = canonical(content, Layout::compact);
    REQUIRE(made);
    const auto message = sign(keys, std::nullopt, 5, *made, nullptr);
    REQUIRE(message);
    CHECK(ask(question("null", "null", (*message)->text)).id == to_text((*message)->key));
    CHECK(ask(fmt::format("{{ \"message\" : {} }}\r", (*message)->text)).valid);
  }
}
