// SPDX-License-Identifier: MIT
#include "feed/expectation.h"

#include "feed/json.h"
#include "feed/keys.h"

#include <doctest/doctest.h>

using namespace ssblog;

namespace {

FeedId some_feed() {
  FeedId id;
  id.bytes.fill(7);
  return id;
}

Expectation plain_rule(std::optional<Millis> every) {
  Expectation rule;
  rule.job = "x";
  rule.every = every;
  return rule;
}

Expectation full_rule() {
  Expectation rule;
  rule.job = "nightly \"photos\"";
  rule.host = some_feed();
  rule.source = "nas";
  rule.destination = "offsite";
  rule.calendar = "30 2 * * mon";
  rule.zone = "Europe/Berlin";
  rule.grace = 3 * 3'600'000;
  rule.longest = 6 * 3'600'000;
  rule.shortest = 60'000;
  rule.fail_after = 2;
  return rule;
}

}  // namespace

TEST_CASE("a rule that is written is read again") {
  for (const Expectation& rule : {full_rule(), plain_rule({}), plain_rule(86'400'000)}) {
    const std::string content = expectation_content(rule);
    CAPTURE(content);
    CHECK(*canonical(content, Layout::compact) == content);
    const auto said = read_expect(content);
    REQUIRE((said && said->rule));
    CHECK(*said->rule == rule);
    CHECK_FALSE(said->removes);
  }
}

TEST_CASE("what takes a rule back is read again") {
  MessageKey key;
  key.bytes.fill(9);
  const auto said = read_expect(removal_content(key));
  REQUIRE((said && said->removes));
  CHECK(*said->removes == key);
  CHECK_FALSE(said->rule);
}

TEST_CASE("the id of a rule depends on what it says, not on how it is spelled") {
  const auto id = [](std::string_view content) {
    const auto said = read_expect(content);
    REQUIRE((said && said->rule));
    return id_of(*said->rule);
  };
  const RuleId plain = id(R"({"type":"expect","job":"a","every":5000})");
  CHECK(id(R"({"every":5000,"later":{"x":[1]},"job":"a","type":"expect"})") == plain);
  CHECK(id(R"({"type":"expect","job":"a","every":5000,"grace":0,"failAfter":1,"source":""})") == plain);
  CHECK(id(R"({"type":"expect","job":"a","every":5001})") != plain);
  CHECK(id(R"({"type":"expect","job":"b","every":5000})") != plain);
  // For ever: other hosts have it in their feeds.
  CHECK(to_hex(plain.view()) == "bc64fd605717b4825701892dc7d206c387821cebcd88431371178e1ef3a307c4");
}

TEST_CASE("what is wrong in a part that decides is no rule") {
  for (const std::string_view content :
       {R"({"type":"expect"})", R"({"type":"expect","job":""})", R"({"type":"expect","job":7})",
        R"({"type":"expect","job":"a","every":999})", R"({"type":"expect","job":"a","every":1.5})",
        R"({"type":"expect","job":"a","every":"1d"})", R"({"type":"expect","job":"a","every":31622400001})",
        R"({"type":"expect","job":"a","every":5000,"calendar":"@daily"})",
        R"({"type":"expect","job":"a","zone":"UTC"})", R"({"type":"expect","job":"a","grace":-1})",
        R"({"type":"expect","job":"a","max":0})", R"({"type":"expect","job":"a","min":5,"max":4})",
        R"({"type":"expect","job":"a","failAfter":0})", R"({"type":"expect","job":"a","failAfter":101})",
        R"({"type":"expect","job":"a","host":"nas"})", R"({"type":"expect","removes":"nightly"})",
        R"({"type":"expects","job":"a"})"}) {
    CAPTURE(content);
    CHECK_FALSE(read_expect(content));
  }
  const std::string long_job(longest_rule_text + 1, 'x');
  CHECK_FALSE(read_expect(R"({"type":"expect","job":")" + long_job + R"("})"));
  CHECK(read_expect(R"({"type":"expect","job":")" + long_job.substr(1) + R"("})"));
}
