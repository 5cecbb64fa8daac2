// SPDX-License-Identifier: MIT
#include "cli/own_options.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ssblog;

namespace {

using Words = std::vector<std::string>;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr OwnOption table[] = {{"path", true},       {"caps.shs", true}, {"timeout", true},
                               {"no-redact", false}, {"json", false},    {"field.", true}};

OwnOptions taken(const Words& words) {
  auto options = own_options(words, table);
  REQUIRE_MESSAGE(options, (options ? std::string() : options.error().text));
  return *options;
}

std::string refused(const Words& words) {
  const auto options = own_options(words, table);
  REQUIRE(!options);
  CHECK(options.error().code == Code::usage);
  return options.error().text;
}

}  // namespace

TEST_CASE("own options are taken out and the other words keep their order") {
  const auto options =
      taken({"--type", "log", "--path", "/x", "--json", "--text=y", "--caps.shs=k=", "word", "--no-redact"});
  CHECK(options.rest == Words{"--type", "log", "--text=y", "word"});
  CHECK(options.value("path") == "/x");
  CHECK(options.value("caps.shs") == "k=");
  CHECK(options.has("json"));
  CHECK(options.has("no-redact"));
  CHECK_FALSE(options.has("timeout"));
  CHECK(options.fields.empty());
}

TEST_CASE("the last of several values wins") {
  CHECK(taken({"--path", "a", "--path=b"}).value("path") == "b");
  CHECK(taken({"--path=a", "--path="}).value("path") == "");
}

TEST_CASE("a lone -- and all behind it stay as they are") {
  const auto options = taken({"--a=b", "--json", "--", "--path", "/x", "--", "--timeout"});
  CHECK(options.rest == Words{"--a=b", "--", "--path", "/x", "--", "--timeout"});
  CHECK(options.values.size() == 1);
}

TEST_CASE("words that look odd pass through") {
  const Words words = {"--text", "-hello", "--pat=h", "--pathx",       "y",
                       "-",      "--text", "---path", "--field",       "z",
                       "--caps", "",       "-json",   "--text=--path", "--a=--json"};
  CHECK(taken(words).rest == words);
}

TEST_CASE("an own option is one wherever sbot would see a flag") {
  const auto options = taken({"--text", "--path", "/x", "--text", "-"});
  CHECK(options.rest == Words{"--text", "--text", "-"});
  CHECK(options.value("path") == "/x");
}

TEST_CASE("a missing or superfluous value is an error that names the option") {
  CHECK(refused({"--path"}).find("--path") != std::string::npos);
  CHECK(refused({"--timeout", "--", "5"}).find("--timeout=") != std::string::npos);
  CHECK(refused({"--timeout", "-5"}).find("--timeout=") != std::string::npos);
  CHECK(refused({"--path", "--json"}).find("--path") != std::string::npos);
  CHECK(refused({"--json=yes"}).find("--json") != std::string::npos);
  CHECK(taken({"--timeout=-5"}).value("timeout") == "-5");
  CHECK(taken({"--path", "-", "--timeout", ""}).value("path") == "-");
}

TEST_CASE("an option in the negative never becomes content") {
  CHECK(refused({"--no-json"}).find("--json") != std::string::npos);
  CHECK(refused({"--no-path=x"}).find("--path") != std::string::npos);
  CHECK(taken({"--no-following"}).rest == Words{"--no-following"});
}

TEST_CASE("forced fields come in their order, as text") {
  const auto options = taken(
      {"--field.path", "/x", "--field.n=5", "--x", "--field.path=y\xff", "--field.a.b", "", "--field.e=a=b"});
  CHECK(options.fields == Fields{{"path", "/x"}, {"n", "5"}, {"path", "y\ufffd"}, {"a.b", ""}, {"e", "a=b"}});
  CHECK(options.rest == Words{"--x"});
  CHECK(options.values.empty());
  CHECK(refused({"--field.=x"}).find("--field.NAME") != std::string::npos);
  CHECK(refused({"--field.x"}).find("--field.x") != std::string::npos);
}

TEST_CASE("a word is never given to a flag that it did not follow") {
  // Without the option the rest would read `--following hello`.
  CHECK(refused({"--following", "--json", "hello"}).find("--following") != std::string::npos);
  CHECK(refused({"-abc", "--path", "/x", "hello"}).find("-abc") != std::string::npos);
  CHECK(taken({"--following", "--json", "--x"}).rest == Words{"--following", "--x"});
  CHECK(taken({"--following=", "--json", "hello"}).rest == Words{"--following=", "hello"});
  CHECK(taken({"--text", "---x", "--json", "hello"}).rest == Words{"--text", "---x", "hello"});
  CHECK(taken({"hello", "--json", "there"}).rest == Words{"hello", "there"});
}
