// SPDX-License-Identifier: MIT
#include "cli/settings.h"
#include "cli/source_presets.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

/// The mistakes of a text, without the name of the file.
std::vector<std::string> mistakes_of(std::string_view text) {
  std::vector<Error> mistakes;
  read_settings(text, "c", true, mistakes);
  std::vector<std::string> texts;
  for (const Error& mistake : mistakes) {
    CHECK(mistake.code == Code::config);
    texts.push_back(mistake.text.substr(std::string_view("c, ").size()));
  }
  return texts;
}

}  // namespace

TEST_CASE("a source has all that its table says") {
  const auto settings = parse_settings(R"TOML(
[files]
scan-interval = "1m"
restat-interval = "500ms"
[[source]]
name = "one"
paths = "/a"
[[source]]
name = "two"
paths = ["/b/*.log", "/c/**"]
exclude = ["*.gz"]
stream = "{name}"
regex-from = "(.)"
regex-to = "$1"
job = "j"
destination = "d"
level = "err"
record-start = "^\\d"
record-flush = "2s"
partial-flush = "100ms"
time-zone = "Europe/Berlin"
start = "end"
rotated = false
on-full = "drop-newest"
most-behind = "64K"
[[source]]
name = "three"
pattern = ["/d"]
rename = "x"
regex_from = "x"
regex_to = "y"
raw = true
)TOML",
                                       "c", true);
  REQUIRE_MESSAGE(settings, settings.error().text);
  CHECK(settings->files.scan_interval == 60s);
  CHECK(settings->files.restat_interval == 500ms);
  REQUIRE(settings->sources.size() == 3);
  const Source& one = settings->sources[0];
  CHECK(one.name == "one");
  CHECK(one.paths == std::vector<std::string>{"/a"});
  CHECK(one.stream == "file:{path}");
  CHECK(one.multiline == Multiline::automatic);
  const Source& two = settings->sources[1];
  CHECK(two.paths.size() == 2);
  CHECK(two.exclude == std::vector<std::string>{"*.gz"});
  CHECK(two.stream == "{name}");
  CHECK(two.job == "j");
  CHECK(two.destination == "d");
  CHECK(two.level == "err");
  CHECK(two.multiline == Multiline::pattern);
  CHECK(two.record_start == "^\\d");
  CHECK(two.record_flush == 2s);
  CHECK(two.partial_flush == 100ms);
  CHECK(two.time_zone == "Europe/Berlin");
  CHECK(two.from_end);
  CHECK_FALSE(two.rotated);
  CHECK(two.when_full == WhenFull::drop_newest);
  CHECK(two.most_behind == 65536);
  const Source& three = settings->sources[2];
  CHECK(three.paths == std::vector<std::string>{"/d"});
  CHECK(three.stream == "x");
  CHECK(three.regex_from == "x");
  CHECK(three.regex_to == "y");
  CHECK(three.raw);
}

TEST_CASE("each mistake in a source is told, with its line") {
  const auto only = [](std::string_view lines, std::string_view what) {
    const auto mistakes = mistakes_of(fmt::format("[[source]]\nname = \"a\"\npaths = \"/a\"\n{}\n", lines));
    CAPTURE(lines);
    REQUIRE(mistakes.size() == 1);
    CAPTURE(mistakes[0]);
    CHECK(mistakes[0].starts_with("line 4: "));
    CHECK(mistakes[0].find(what) != std::string::npos);
  };
  only("nam = 1", "unknown key \"source.nam\"");
  only("path = \"/b\"", "line 3");
  only("exclude = 5", "list of texts");
  only("exclude = [\"a\", 5]", "text in quotes");
  only("exclude = \"[\"", "[ without a ]");
  only("stream = \"{x}\"", "{x}");
  only("stream = 1", "text in quotes");
  only("regex-from = \"(\"", "regex-from");
  only("regex-to = \"x\"", "regex-from");
  only("level = \"bad\"", "emerg");
  only("raw = \"yes\"", "true or false");
  only("multiline = \"x\"", "\"auto\"");
  only("multiline = \"pattern\"", "record-start");
  only("record-start = \"(\"", "RE2");
  only("record-flush = 5", "text in quotes");
  only("record-flush = \"5x\"", "5x");
  only("partial-flush = \"2d\"", "a day");
  only("time-zone = \"Nowhere\"", "Nowhere");
  only("start = \"middle\"", "\"beginning\"");
  only("on-full = \"explode\"", "\"block\"");
  only("most-behind = \"1M\"", "on-full");
  only("most-behind = \"1X\"\non-full = \"drop-newest\"", "1X");
}

TEST_CASE("raw bytes have no lines to be cut or timed") {
  const auto mistakes = mistakes_of(
      "[[source]]\nname = \"a\"\npaths = \"/a\"\nraw = true\ntime-zone = \"UTC\"\nrecord-start = \"x\"\n");
  REQUIRE(mistakes.size() == 2);
  CHECK(mistakes[0].find("source.time-zone") != std::string::npos);
  CHECK(mistakes[1].find("source.record-start") != std::string::npos);
}

TEST_CASE("secrets are masked unless told, and never in raw bytes") {
  const auto plain =
      parse_settings("[[source]]\nname = \"a\"\npaths = \"/a\"\nredact-patterns = [\"x(y)\"]\n", "c", true);
  REQUIRE(plain);
  CHECK(plain->sources[0].redact);
  CHECK(plain->sources[0].redact_patterns == std::vector<std::string>{"x(y)"});
  const std::string raw = "[[source]]\nname = \"a\"\npaths = \"/a\"\nraw = true\n";
  CHECK(mistakes_of(raw + "redact = false\n").empty());
  CHECK(mistakes_of(raw + "redact = true\n").size() == 1);
  CHECK(mistakes_of(raw + "redact-patterns = [\"x\"]\n").size() == 1);
}

TEST_CASE("all mistakes of a file are told, in the order of its lines") {
  const auto mistakes = mistakes_of(
      "[[source]]\nname = \"b\"\npaths = [\"x\"]\n[[source]]\nname = \"b\"\n[[source]]\npaths = "
      "[]\n[lan]\nfoo = 1\n"
      "[network]\nport = 70000\nkey = \"short\"\n[files]\nscan-interval = \"1ms\"\nx = 1\n[publish]\nmode = "
      "\"9\"\n");
  const std::string_view wanted[] = {
      "line 3: ",  "line 4: ",  "line 5: ",  "line 6: ",  "line 7: ", "line 9: ",
      "line 11: ", "line 12: ", "line 14: ", "line 15: ", "line 17: "};
  REQUIRE(mistakes.size() == std::size(wanted));
  for (std::size_t i = 0; i < mistakes.size(); ++i) {
    CAPTURE(mistakes[i]);
    CHECK(mistakes[i].starts_with(wanted[i]));
  }
  CHECK(mistakes_of("[source]\nname = \"a\"\n")[0].find("[[source]]") != std::string::npos);
  CHECK(mistakes_of("source = [1]\n")[0].find("[[source]]") != std::string::npos);
  CHECK(mistakes_of("source = [\n").size() == 1);
}

TEST_CASE("a file of many dots is refused only where keys could be deep") {
  std::string paths = "[[source]]\nname = \"a\"\npaths = [";
  for (int i = 0; i < 40; ++i) paths += fmt::format("\"/var/log/a.{}.log\", ", i);
  CHECK(mistakes_of(paths + "]\n").empty());
  std::string deep = "a";
  for (int i = 0; i < 30'000; ++i) deep += ".a";
  for (const std::string& text :
       {deep + " = 1\n", "x = \"\"\"\n\"\"\"\ny = {" + deep + " = 1}\n",
        "x = ['''\n''', {" + deep + " = 1}]\n", "x = [\"\"\"a\"\"\"\"\", {" + deep + " = 1}]\n",
        "x = \"\\\"\" # \"\n" + deep + " = 1\n", "x = 'a'\n[" + deep + "]\n"}) {
    const auto mistakes = mistakes_of(text);
    REQUIRE(mistakes.size() == 1);
    CHECK(mistakes[0].find("too many dots") != std::string::npos);
  }
}

TEST_CASE("where a text is quoted cannot be mistaken") {
  for (const std::string text :
       {"name = 2|a\"; \xc5\xbc;\"", "name = a'b'", "na'me' = 1", "name = \"a\"\"b\"", "name = '''a'''b'"}) {
    CAPTURE(text);
    CHECK(mistakes_of(text + "\n").size() == 1);
  }
  for (const std::string text : {"name = \"\xc5\xbc\" # \xc5\xbc \"", "\xef\xbb\xbf\"name\" = 'a'",
                                 "\"name\"=\"a\"\r\n'port'='''1'''", "[lan]\ninterfaces=['a',\"b\"]"}) {
    CAPTURE(text);
    for (const std::string& mistake : mistakes_of(text + "\n"))
      CHECK(mistake.find("quote") == std::string::npos);
  }
}

TEST_CASE("what costs time is looked at only when asked for") {
  const std::string_view text = "[[source]]\nname = \"a\"\npaths = \"relative\"\n";
  const auto quick = parse_settings(text, "c");
  REQUIRE(quick);
  const auto checked = check_source(quick->sources[0]);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().text.find("the source a: ") == 0);
  CHECK_FALSE(parse_settings(text, "c", true));
}

TEST_CASE("the ready sources are good") {
  for (const SourcePreset& preset : source_presets()) {
    CAPTURE(preset.name);
    CHECK(mistakes_of(preset.text).empty());
    CHECK(preset.text.find("[[source]]") != std::string_view::npos);
  }
}

TEST_CASE("what the parser would end the program over is a mistake with its line") {
  for (const char* text :
       {"[", "[\n", "[\nfiles]", "[[\n", "[ = ]", "[\xc3\xa9]", "[.]", "  [[ . ]]", "[#]", "[[[\"a\"]"}) {
    CAPTURE(text);
    const auto mistakes = mistakes_of(std::string("hops = 1 # [.\n") + text);
    REQUIRE_FALSE(mistakes.empty());
    CHECK(mistakes.front().find("line ") != std::string::npos);
  }
  CHECK(mistakes_of("n\xd1\x96me = \"a\"\n").size() == 1);
  CHECK(mistakes_of("\xef\xbb\xbfname = \"\xc3\xa9\" # \xc3\xa9\n").empty());
  // In quotes, and in a list, a bracket is no table.
  CHECK(mistakes_of("name = \"\"\"\n[.\"\"\"\n[\"lan\"]\ndiscover = true\n").empty());
  CHECK(mistakes_of("[[source]]\nname = \"a\"\npaths = [\n  \"/a\",\n]\n").empty());
}
