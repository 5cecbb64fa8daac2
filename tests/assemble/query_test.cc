// SPDX-License-Identifier: MIT
#include "assemble/query.h"

#include "assemble/line_filter.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace ssblog;

namespace {

constexpr Millis now = 1'700'000'000'000;

Query query_of(std::string_view text) {
  Query query;
  auto added = add_query(text, now, query);
  REQUIRE_MESSAGE(added, text);
  return query;
}

std::string refusal(std::string_view text) {
  Query query;
  auto added = add_query(text, now, query);
  REQUIRE_FALSE(added);
  CHECK(added.error().code == Code::usage);
  return added.error().text;
}

bool wants(std::string_view query, std::string_view line, std::optional<Level> level = std::nullopt) {
  auto filter = LineFilter::make(query_of(query).selection);
  REQUIRE(filter);
  return filter->wants(line, level);
}

}  // namespace

TEST_CASE("words of a query choose fields, times, levels and texts") {
  const Query query =
      query_of(R"(job:nightly -job:test* host:nas host:"web one" feed:abcdef since:-2h level:err
      "disk full" -quiet /time.?out \d+/ stream:stderr run:00aa*)");
  const Selection& selection = query.selection;
  CHECK(selection.job.wants("nightly"));
  CHECK_FALSE(selection.job.wants("other"));
  CHECK_FALSE(selection.job.wants("test1"));
  CHECK(selection.host.wants("nas"));
  CHECK(selection.host.wants("web one"));
  CHECK_FALSE(selection.host.wants("web"));
  CHECK(query.feeds == std::vector<std::string>{"abcdef"});
  CHECK(selection.since == now - 7'200'000);
  CHECK(selection.levels == LevelRange{0, 3});
  CHECK(selection.stream.wants("stderr"));
  const std::vector<TextRule> texts = {{"disk full", false, true, false},
                                       {"quiet", false, true, true},
                                       {R"(time.?out \d+)", true, true, false}};
  CHECK(selection.texts == texts);
  CHECK(selection.run.wants("00aa11bb22cc33dd"));
  CHECK_FALSE(selection.run.wants("10aa11bb22cc33dd"));
  CHECK(query.words == 12);
}

TEST_CASE("environment, service and function of a message choose it as its job does") {
  const auto chosen = [](std::string_view query, std::string_view fields) {
    Record record;
    read_record(fmt::format(R"({{"type":"log",{}"text":"x"}})", fields), 0, record);
    return query_of(query).selection.wants(record);
  };
  constexpr std::string_view api = R"("env":"prod","service":"api","function":"main",)";
  CHECK(chosen("env:prod service:api function:main", api));
  CHECK(chosen("env:prod service:api function:main", R"("env":"prod","svc":"api","fn":"main",)"));
  CHECK_FALSE(chosen("env:test", api));
  CHECK_FALSE(chosen("service:web", api));
  CHECK_FALSE(chosen("function:api", api));
  CHECK(chosen("env:p*d env:test", api));
  CHECK_FALSE(chosen("env:\"p*d\"", api));
  CHECK_FALSE(chosen("-env:prod", api));
  CHECK(chosen("-env:test -service:web", api));
  // What does not say it has none.
  CHECK(chosen("env:\"\" service:\"\" -function:main", ""));
  CHECK_FALSE(chosen("env:prod", ""));
  CHECK_FALSE(chosen("env:\"\"", api));
  CHECK(refusal("env:").find("env:\"\" is none") != std::string::npos);
  // The short names are no words: they are texts, as ever.
  CHECK(query_of("svc:api").selection.texts.front().text == "svc:api");
}

TEST_CASE("what is no key of ours is a text") {
  CHECK(query_of("status:500").selection.texts.front().text == "status:500");
  CHECK(query_of("http://nas/x").selection.texts.front().text == "http://nas/x");
  CHECK(query_of("/var/log/syslog").selection.texts.front().text == "/var/log/syslog");
  CHECK(query_of("\"job:x\"").selection.texts.front().text == "job:x");
  CHECK(query_of("- -- a").selection.texts.size() == 3);
  CHECK(query_of(R"("say \"a\\b\" \n")").selection.texts.front().text == R"(say "a\b" \n)");
  CHECK(query_of(R"(/a\/b\.c/ /usr/bin/)").selection.texts.front().text == R"(a/b\.c)");
  CHECK(query_of(R"(/usr/bin/)").selection.texts.front() == TextRule{"usr/bin", true, true, false});
  CHECK(query_of("").selection.texts.empty());
}

TEST_CASE("a word of a command line may have blanks, and is one word") {
  Query query;
  REQUIRE(add_word("disk full", now, query));
  REQUIRE(add_word("job:my job", now, query));
  REQUIRE(add_word("-not this", now, query));
  REQUIRE(add_word("/a b/", now, query));
  REQUIRE(add_word("\"job:x\"", now, query));
  REQUIRE(query.selection.texts.size() == 4);
  CHECK(query.selection.texts[0].text == "disk full");
  CHECK(query.selection.texts[1] == TextRule{"not this", false, true, true});
  CHECK(query.selection.texts[2] == TextRule{"a b", true, true, false});
  CHECK(query.selection.texts[3].text == "job:x");
  CHECK(query.selection.job.wants("my job"));
  CHECK_FALSE(add_word("", now, query));
}

TEST_CASE("a refusal names the word, where it stands, and what it should be") {
  CHECK(refusal("a level:bad").find("`level:bad`, at character 3: \"bad\" is no level") == 0);
  CHECK(refusal("x \"open").find("at character 3: it begins with a \" and has none at its end") !=
        std::string::npos);
  CHECK(refusal("/a(/").find("is no pattern of RE2") != std::string::npos);
  CHECK(refusal("since:never").find("`since:never`, at character 1") == 0);
  CHECK(refusal("-since:-2h").find("cannot be turned around") != std::string::npos);
  CHECK(refusal("job:").find("job:\"\" is none") != std::string::npos);
  CHECK(refusal("\"a\"b").find("leave a blank") != std::string::npos);
  CHECK(refusal("\xff").find("is not UTF-8") != std::string::npos);
  CHECK(refusal(std::string(5000, 'a')).find("4096 are the most") != std::string::npos);
  CHECK(refusal(std::string(2000, 'a')).find("too long") != std::string::npos);
  std::string many;
  for (int i = 0; i < 65; ++i) many += "a ";
  CHECK(refusal(many).find("64 words are the most") != std::string::npos);
  // Patterns that would need much memory are refused, not tried.
  CHECK(refusal("/((a{100}){100}){100}/").find("is no pattern of RE2") != std::string::npos);
}

TEST_CASE("a text without a capital is found in any case") {
  CHECK(wants("timeout", "A TimeOut came"));
  CHECK_FALSE(wants("Timeout", "a timeout came"));
  CHECK(wants("/t.meout/", "TIMEOUT"));
  CHECK(wants(R"(/\S+out/)", "TIMEOUT"));
  CHECK_FALSE(wants("/T.meout/", "timeout"));
  CHECK(wants("\xc3\xa4rger", "\xc3\x84RGER"));
  // Bytes that are no UTF-8 hide nothing.
  CHECK(wants("timeout", "\xff\xc3timeout\x80"));
  CHECK(wants("/^a.*b$/", "a \xe2\x82\xac b"));
  CHECK_FALSE(has_capital(R"(\pL\p{Greek}\S)", true));
  CHECK(has_capital(R"(\p{Greek}\SA)", true));
}

TEST_CASE("all words of a query hold for a line") {
  CHECK(wants("disk full -quiet", "the disk is full"));
  CHECK_FALSE(wants("disk full -quiet", "the disk is empty"));
  CHECK_FALSE(wants("disk -quiet", "Quiet: the disk"));
  CHECK_FALSE(wants("-/^a/", "abc"));
  CHECK(wants("level:err", "x", 3));
  CHECK(wants("level:err", "x", 0));
  CHECK_FALSE(wants("level:err", "x", 4));
  CHECK_FALSE(wants("level:err", "x"));
  CHECK(wants("level:warning..err", "x", 4));
  CHECK_FALSE(wants("level:err..warning", "x", 2));
  CHECK(wants("level:info..info", "x", 6));
  CHECK_FALSE(wants("level:debug level:err", "x", 4));
  // Behind this many bytes nothing is looked at.
  std::string line(LineFilter::most_looked_at, '.');
  CHECK_FALSE(wants("needle", line + "needle"));
  CHECK(wants("needle", line.substr(6) + "needle"));
}

TEST_CASE("records have levels, too") {
  Record record;
  const auto level_of = [&](std::string_view content) {
    read_record(content, 0, record);
    return level_of_structural(record);
  };
  CHECK(level_of(R"({"type":"job","event":"end","status":0})") == info_level);
  CHECK(level_of(R"({"type":"job","event":"end","status":2})") == err_level);
  CHECK(level_of(R"({"type":"job","event":"end","signal":"TERM"})") == err_level);
  CHECK(level_of(R"({"type":"job","event":"start"})") == info_level);
  CHECK(level_of(R"({"type":"loss","bytes":9})") == warning_level);
  CHECK(level_of(R"({"type":"about"})") == info_level);
}

TEST_CASE("names have wildcards") {
  const auto fits = [](std::string_view pattern, std::string_view name) {
    return WantedName{std::string(pattern), true}.fits(name);
  };
  CHECK(fits("*", ""));
  CHECK(fits("a*c", "abbc"));
  CHECK(fits("a*c", "ac"));
  CHECK_FALSE(fits("a*c", "abcd"));
  CHECK(fits("*b*b*", "abcab"));
  CHECK_FALSE(fits("*b*b*", "abc"));
  CHECK(fits("file:*/log", "file:/var/log"));
  CHECK_FALSE(WantedName{"a*", false}.fits("ab"));
}

TEST_CASE("a host is chosen by its name or its id") {
  FeedId id;
  id.bytes.fill(0xfb);  // base64: +/v7+/v7..., URL: -_v7-_v7...
  Selection selection;
  const auto fits = [&](std::string_view word, std::string_view name) {
    selection.host = NameChoice(std::string(word));
    return selection.wants_host(id, name);
  };
  CHECK(fits("nas", "nas"));
  CHECK_FALSE(fits("nas", "web"));
  CHECK(fits("-_v7-_v7", "web"));
  CHECK(fits("@-_v7-_", "web"));
  CHECK(fits(to_text(id), "web"));
  CHECK(fits("nas@-_v7-_v7", "nas"));
  CHECK_FALSE(fits("nas@-_v7-_v7", "web"));
  CHECK_FALSE(fits("-_v7", "web"));
  CHECK_FALSE(fits("", "web"));
  selection.host = NameChoice("nas");
  CHECK(selection.rules_out(id, {"web", "old"}));
  CHECK_FALSE(selection.rules_out(id, {"web", "nas"}));
}

TEST_CASE("equal selections have equal texts, others have not") {
  const auto text = [](std::string_view query) { return to_text(query_of(query).selection); };
  CHECK(text("a b job:x job:y") == text("job:y b job:x a"));
  const std::vector<std::string_view> all = {"",
                                             "a",
                                             "A",
                                             "-a",
                                             "/a/",
                                             "a b",
                                             "job:a",
                                             "-job:a",
                                             "job:a*",
                                             "job:\"a*\"",
                                             "host:a",
                                             "source:a",
                                             "level:err",
                                             "level:err..err",
                                             "\"a b\"",
                                             "stream:a",
                                             "job:a job:b",
                                             "destination:a",
                                             "env:a",
                                             "service:a",
                                             "function:a",
                                             "-env:a",
                                             "env:\"\""};
  for (const auto& one : all) {
    for (const auto& other : all) CHECK((text(one) == text(other)) == (one == other));
  }
  // The text of a selection without new words stays what it was: files that were made keep it.
  CHECK(to_text(Selection()) ==
        "feeds  source null destination null job null stream null since null until null");
  Selection selection;
  selection.job = "a";
  CHECK(to_text(selection) ==
        "feeds  source null destination null job \"a\" stream null since null until null");
}
