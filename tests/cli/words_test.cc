// SPDX-License-Identifier: MIT
#include "cli/words.h"

#include "cli/flag_word.h"
#include "feed/json.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace ssblog;

namespace {

using Words = std::vector<std::string>;

std::string args_of(const Words& words) {
  auto call = parse_call(words);
  REQUIRE_MESSAGE(call, (call ? std::string() : call.error().text));
  return call->args;
}

Error error_of(const Words& words) {
  const auto call = parse_call(words);
  REQUIRE(!call);
  return call.error();
}

}  // namespace

TEST_CASE("words become the call that minimist and muxrpcli make of them") {
  const char* folder = std::getenv("SSBLOG_VECTORS");
  REQUIRE(folder != nullptr);
  std::ifstream file(std::string(folder) + "/cli.json");
  REQUIRE(file);
  const auto vectors = nlohmann::ordered_json::parse(file);
  REQUIRE(vectors["cases"].size() > 90);

  for (const auto& example : vectors["cases"]) {
    CAPTURE(example["argv"].dump());
    const auto words = example["argv"].get<Words>();
    auto call = parse_call(words);
    if (example.contains("error")) {
      REQUIRE(!call);
      CHECK(call.error().code == Code::usage);
      continue;
    }
    REQUIRE(call);
    CHECK(call->command == example["command"].get<Words>());
    CHECK(call->args == example["args_text"].get<std::string>());
    REQUIRE(call->config.has_value() == example.contains("config"));
    if (call->config) CHECK(*call->config == example["config"].dump());
  }
}

TEST_CASE("the flags of publish are those of the call, one by one") {
  const char* folder = std::getenv("SSBLOG_VECTORS");
  REQUIRE(folder != nullptr);
  std::ifstream file(std::string(folder) + "/cli.json");
  REQUIRE(file);
  const auto vectors = nlohmann::ordered_json::parse(file);

  for (const auto& example : vectors["cases"]) {
    auto words = example["argv"].get<Words>();
    if (words.empty() || words[0] != "publish") continue;
    CAPTURE(example["argv"].dump());
    words.erase(words.begin());
    auto flags = parse_flags(words);
    REQUIRE(bool(flags) == !example.contains("error"));
    if (!flags) continue;

    std::string object;
    for (const Flag& flag : flags->flags) {
      object += object.empty() ? '{' : ',';
      object += json_string(flag.name) + ':' + flag.value;
    }
    std::string args;
    for (const std::string& word : flags->words) args += (args.empty() ? "" : ",") + word;
    if (!object.empty()) args += (args.empty() ? "" : ",") + object + '}';
    auto text = canonical('[' + args + ']', Layout::compact);
    REQUIRE(text);
    CHECK(*text == example["args_text"].get<std::string>());
  }
}

TEST_CASE("flags come in the order of their first appearance") {
  const auto flags = parse_flags(Words{"--b.x", "1", "--a", "2", "--7", "s", "--b.y", "3", "--a", "4"});
  REQUIRE(flags);
  REQUIRE(flags->flags.size() == 3);
  CHECK(flags->flags[0].name == "b");
  CHECK(flags->flags[0].value == R"({"x":1,"y":3})");
  CHECK(flags->flags[1].name == "a");
  CHECK(flags->flags[1].value == "[2,4]");
  CHECK(flags->flags[2].name == "7");
  CHECK(flags->flags[2].value == R"("s")");
}

TEST_CASE("a text name keeps its value as it was written") {
  constexpr std::string_view names[] = {"text", "job", "level"};
  const auto flags = parse_flags(
      Words{"--job", "007", "--text= 0x10 ", "--level", "", "--n", "007", "--job.x", "1e2"}, names);
  REQUIRE(!flags);  // job is a text and has no parts

  const auto good = parse_flags(Words{"--job", "007", "--text= 0x10 ", "--level", "", "--n", "007"}, names);
  REQUIRE(good);
  REQUIRE(good->flags.size() == 4);
  CHECK(good->flags[0].value == R"("007")");
  CHECK(good->flags[1].value == R"(" 0x10 ")");
  CHECK(good->flags[2].value == R"("")");
  CHECK(good->flags[3].value == "7");
  CHECK(good->bare.empty());
}

TEST_CASE("a text name without a value is named") {
  constexpr std::string_view names[] = {"text", "job", "level"};
  const auto flags = parse_flags(Words{"--job", "--x", "--no-level", "--text", "hello", "--text"}, names);
  REQUIRE(flags);
  CHECK(flags->bare == Words{"job", "level", "text"});
}

TEST_CASE("what stands behind a lone -- is handed on as it was") {
  const auto flags = parse_flags(Words{"--a=b", "--", "--path", "/x\xff", "--", "y"});
  REQUIRE(flags);
  CHECK(flags->flags.size() == 1);
  CHECK(flags->behind == Words{"--path", "/x\xff", "--", "y"});
  const auto call = parse_call(Words{"whoami", "--", "--path", "7", "word", "--", "--lost"});
  REQUIRE(call);
  CHECK(call->config == R"({"path":7})");
}

TEST_CASE("bytes that are not UTF-8 are read as node reads them") {
  CHECK(args_of({"publish", "--t", "a\xff\xe2\x82z"}) == "[{\"t\":\"a\ufffd\ufffdz\"}]");
  CHECK(args_of({"publish", "--\xff=1"}) == "[{\"\ufffd\":1}]");
  CHECK(args_of({"publish", "\xff"}) == "[\"\ufffd\"]");
}

TEST_CASE("short flags are UTF-16 units") {
  CHECK(args_of({"x", "-é", "1"}) == "[{\"é\":1}]");
  CHECK(args_of({"x", "-\U0001f600", "1"}) == R"([{"\ud83d":true,"\ude00":1}])");
  CHECK(args_of({"x", "-a\U0001f600"}) == "[{\"a\":\"\U0001f600\"}]");
  CHECK(args_of({"x", "-a-"}) == R"([{"a":"-"}])");
  CHECK(args_of({"x", "-a.5"}) == R"([{"a":0.5}])");
  CHECK(args_of({"x", "-hello"}) == R"([{"h":true,"e":true,"l":true,"o":true}])");
  CHECK(args_of({"x", "-a", ""}) == R"(["",{"a":true}])");
}

TEST_CASE("a line break ends the name of a flag") {
  CHECK(args_of({"x", "--a\nb=c", "d"}) == R"([{"a":"d"}])");
  CHECK(args_of({"x", "--a\u2028=c", "d"}) == R"([{"a":"d"}])");
  CHECK(args_of({"x", "--no-\na"}) == R"([{"no-":true}])");
  CHECK(args_of({"x", "--\na"}) == R"(["--\na"])");
}

TEST_CASE("the name of a flag ends at the first = that is not its first character") {
  CHECK(args_of({"x", "--=a", "1", "--b==c", "--no-d=e"}) == R"([{"=a":1,"b":"=c","no-d":"e"}])");
}

TEST_CASE("numbers are those of JavaScript") {
  CHECK(args_of({"x", "--n=0x1fffffffffffff8", "--m=0X", "--o=0xg"}) ==
        R"([{"n":144115188075855870,"m":"0X","o":"0xg"}])");
  std::string endless = "--n=0x";
  endless.append(300, 'f');
  CHECK(args_of({"x", endless}) == R"([{"n":null}])");
  CHECK(args_of({"x", "--n=-.5e+3", "--m=.", "--o=1e", "--p=00", "--q=+-1", "--r=1e-400"}) ==
        R"([{"n":-500,"m":".","o":"1e","p":0,"q":"+-1","r":0}])");
}

TEST_CASE("contradicting or endless flags are refused in words") {
  CHECK(error_of({"publish", "--a", "1", "--a.b", "2"}).code == Code::usage);
  CHECK(error_of({"publish", "--a", "1", "--a.b", "2"}).text.find("--a.b") != std::string::npos);
  CHECK(error_of({"publish", "--a", "--a.b.c", "2"}).code == Code::usage);
  CHECK(error_of({"publish", "--a", "1", "--a", "2", "--a.b", "3"}).code == Code::usage);
  CHECK(error_of({"publish", "--constructor", "x"}).code == Code::usage);
  CHECK(error_of({"publish", "--no-__proto__"}).code == Code::usage);
  CHECK(error_of({"publish", "--=a=b"}).code == Code::usage);
  std::string deep = "--a";
  for (int i = 0; i < 100000; ++i) deep += ".a";
  CHECK(error_of({"publish", deep, "1"}).code == Code::usage);
}

TEST_CASE("the deepest value that words can make is still read") {
  // Lists in lists: each part of a name adds one, and each repetition another.
  Words words{"x"};
  std::string name = "--a";
  for (int i = 0; i < 63; ++i) {
    words.insert(words.end(), {name, "1", name, "2"});
    name += ".0";
  }
  CHECK(parse_call(words));
}

TEST_CASE("parts of a name that JavaScript has for itself are dropped") {
  CHECK(args_of({"x", "--a.__proto__", "1", "--constructor.b", "2", "--toString", "3"}) ==
        R"([{"a":{},"toString":3}])");
}

TEST_CASE("a flag says whether it takes the next word") {
  CHECK(takes_next_word("--a"));
  CHECK(takes_next_word("-abc"));
  CHECK(takes_next_word("---a"));
  for (const char* word : {"--a=b", "--no-a", "-a5", "-a=b", "-", "a", "", "-a-"}) {
    CAPTURE(word);
    CHECK_FALSE(takes_next_word(word));
  }
}
