// SPDX-License-Identifier: MIT
#include "intake/path_pattern.h"

#include <doctest/doctest.h>

#include <chrono>

using namespace ssblog;

namespace {

std::vector<PathPattern> parsed(std::string_view text, bool relative = false) {
  auto patterns = PathPattern::parse(text, relative);
  REQUIRE(patterns);
  return *patterns;
}

struct Case {
  std::string_view pattern, path;
  bool matches;
};

}  // namespace

TEST_CASE("a pattern matches as people read it") {
  const Case cases[] = {
      {"/var/log/syslog", "/var/log/syslog", true},
      {"/var/log/syslog", "/var/log/syslog.1", false},
      {"/var/log/syslog", "/var/log", false},
      {"/var//log/./syslog", "/var/log/syslog", true},
      {"/var/log/*.log", "/var/log/a.log", true},
      {"/var/log/*.log", "/var/log/.log", false},
      {"/var/log/*.log", "/var/log/a.log.1", false},
      {"/var/log/*.log", "/var/log/nginx/a.log", false},
      {"/var/log/*", "/var/log/.hidden", false},
      {"/var/log/.*", "/var/log/.hidden", true},
      {"/var/log/?og", "/var/log/log", true},
      {"/var/log/?og", "/var/log/.og", false},
      {"/var/log/?og", "/var/log/äog", true},
      {"/var/log/??og", "/var/log/äog", false},
      {"/var/log/[a-c]x", "/var/log/bx", true},
      {"/var/log/[a-c]x", "/var/log/dx", false},
      {"/var/log/[!a-c]x", "/var/log/dx", true},
      {"/var/log/[^a-c]x", "/var/log/ax", false},
      {"/var/log/[]a]x", "/var/log/]x", true},
      {"/var/log/[a-]x", "/var/log/-x", true},
      {"/var/log/[ä-ü]x", "/var/log/öx", true},
      {"/var/log/[\\]]x", "/var/log/]x", true},
      {"/var/log/\\*", "/var/log/*", true},
      {"/var/log/\\*", "/var/log/a", false},
      {"/var/log/a*b*c", "/var/log/aXbXbc", true},
      {"/var/log/a*b*c", "/var/log/aXcXb", false},
      {"/var/log/*ab", "/var/log/aab", true},
      {"/srv/**/log", "/srv/log", true},
      {"/srv/**/log", "/srv/a/log", true},
      {"/srv/**/log", "/srv/a/b/c/log", true},
      {"/srv/**/log", "/srv/a/.git/log", false},
      {"/srv/**/log", "/srv/a/blog", false},
      {"/srv/**/a/**/b", "/srv/a/x/a/b", true},
      {"/srv/**/a/**/b", "/srv/b", false},
      {"/srv/**", "/srv/a", true},
      {"/srv/**", "/srv/a/b", true},
      {"/srv/**", "/srv", false},
      {"/srv/**", "/srv/a/.b", false},
      {"/srv/**/**/x", "/srv/x", true},
      {"/srv/a**b", "/srv/aXb", true},
      {"/srv/a**b", "/srv/a/b", false},
      {"/**/x.log", "/x.log", true},
      {"/srv/\xff*", "/srv/\xff\xfe", true},
      {"/srv/?", "/srv/\xff", true},
      {"/srv/a", "/srv/a/", false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.pattern);
    CAPTURE(one.path);
    CHECK(any_matches(parsed(one.pattern), one.path) == one.matches);
  }
}

TEST_CASE("braces make one pattern of each alternative, also nested, with slashes, and empty") {
  const auto texts = [](std::string_view pattern) {
    std::string all;
    for (const auto& one : parsed(pattern)) all += one.text() + " ";
    return all;
  };
  CHECK(texts("/a/{b,c}") == "/a/b /a/c ");
  CHECK(texts("/a/{b,c}{1,2}") == "/a/b1 /a/b2 /a/c1 /a/c2 ");
  CHECK(texts("{/var/log,/srv}/x") == "/var/log/x /srv/x ");
  CHECK(texts("/a/x{,.{1,2}}") == "/a/x /a/x.1 /a/x.2 ");
  CHECK(texts("/a/[{]x") == "/a/[{]x ");
  CHECK(texts("/a/\\{x,y\\}") == "/a/\\{x,y\\} ");
  CHECK(texts("/a/x}") == "/a/x} ");
}

TEST_CASE("a relative pattern means the last parts of a path") {
  const auto gz = parsed("*.{gz,xz}", true);
  CHECK(any_matches(gz, "/var/log/a.gz"));
  CHECK(any_matches(gz, "/a.xz"));
  CHECK_FALSE(any_matches(gz, "/var/a.gz/log"));
  const auto nested = parsed("old/*.log", true);
  CHECK(any_matches(nested, "/srv/.x/old/a.log"));
  CHECK_FALSE(any_matches(nested, "/srv/old/x/a.log"));
}

TEST_CASE("the root stands before the first sign") {
  const auto root = [](std::string_view pattern) { return parsed(pattern).front().root(); };
  CHECK(root("/var/log/*.log") == "/var/log");
  CHECK(root("/var/log/syslog") == "/var/log");
  CHECK(root("/var/*/syslog") == "/var");
  CHECK(root("/*") == "/");
  CHECK(root("/syslog") == "/");
  CHECK(root("/a\\*b/c/[x]/d") == "/a*b/c");
  const auto literal = parsed("/var/log/a\\[1\\].log").front();
  CHECK(literal.is_literal());
  CHECK(literal.path() == "/var/log/a[1].log");
  CHECK_FALSE(parsed("/var/*/syslog").front().is_literal());
  CHECK(parsed("/var/./log/./syslog").front().path() == "/var/log/syslog");
  for (const std::string_view folder : {"/var/log/", "/var/log/.", "/var/log/./.", "/var/log/.//"})
    CHECK_FALSE(PathPattern::parse(folder));
}

TEST_CASE("only folders below which something can match are looked into") {
  const auto below = [](std::string_view pattern, std::string_view path) {
    return parsed(pattern).front().may_match_below(path);
  };
  CHECK(below("/var/log/*.log", "/"));
  CHECK(below("/var/log/*.log", "/var"));
  CHECK(below("/var/log/*.log", "/var/log"));
  CHECK_FALSE(below("/var/log/*.log", "/var/log/nginx"));
  CHECK_FALSE(below("/var/log/*.log", "/srv"));
  CHECK(below("/srv/**/log", "/srv/a/b/c"));
  CHECK_FALSE(below("/srv/**/log", "/srv/a/.git"));
  CHECK(below("/srv/**", "/srv"));
  CHECK_FALSE(below("/srv/x", "/srv/x"));
}

TEST_CASE("a pattern that is none is refused with the reason") {
  const auto why = [](std::string_view pattern, bool relative = false) {
    const auto parsed = PathPattern::parse(pattern, relative);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == Code::config);
    return parsed.error().text;
  };
  CHECK(why("log/*.log").find("not absolute") != std::string::npos);
  CHECK(why("/a/{/b,c").find('{') != std::string::npos);
  CHECK(why("{/a,b}").find("not absolute") != std::string::npos);
  CHECK(why("/a/[b").find('[') != std::string::npos);
  CHECK(why("/a/[]").find('[') != std::string::npos);
  CHECK(why("/a/sr[/*a}[!0-9]?.tx").find("slash between") != std::string::npos);
  CHECK(why("a[b/c]d", true).find("slash between") != std::string::npos);
  CHECK(why("/var/log/").find("folder") != std::string::npos);
  CHECK(why("/a/../b").find("..") != std::string::npos);
  CHECK(why("/").find("folder") != std::string::npos);
  CHECK(why("", true).find("empty") != std::string::npos);
  CHECK(why(std::string_view("/a\0b", 4)).find("NUL") != std::string::npos);
  CHECK(why("/" + std::string(5000, 'a')).find("bytes") != std::string::npos);
  std::string many = "/a";
  for (int i = 0; i < 30; ++i) many += "{a,b}";
  CHECK(why(many).find("alternatives") != std::string::npos);
  std::string deep = "/a";
  for (int i = 0; i < 1000; ++i) deep += "{";
  CHECK(why(deep).find("braces") != std::string::npos);
  std::string parts;
  for (int i = 0; i < 64; ++i) parts += "/a";
  CHECK(why(parts).find("parts") != std::string::npos);
}

TEST_CASE("no pattern takes long") {
  std::string folders = "/", names = "/", path;
  for (int i = 0; i < 30; ++i) folders += "**/a/";
  folders += "x";
  for (int i = 0; i < 1000; ++i) names += "*a";
  names += "b";
  for (int i = 0; i < 1000; ++i) path += "/a";
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(any_matches(parsed(folders), path));
  CHECK_FALSE(any_matches(parsed(names), "/" + std::string(4000, 'a')));
  // A linear walk takes milliseconds, an exponential one years.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(100));
}
