// SPDX-License-Identifier: MIT
#include "intake/stream_template.h"

#include "feed/utf.h"

#include <doctest/doctest.h>

#include <random>

using namespace ssblog;

namespace {

Source source(const std::string& stream, const std::string& from = "", const std::string& to = "") {
  Source made;
  made.stream = stream;
  made.regex_from = from;
  made.regex_to = to;
  return made;
}

std::string named(const Source& source, const std::string& path = "/var/log/nginx/access.log") {
  auto name = StreamTemplate::parse(source);
  REQUIRE(name);
  StreamValues values;
  values.name = "web";
  values.path = path;
  values.host = "nas";
  values.time = 1'795'183'331'999;
  values.mtime = 0;
  values.ino = 42;
  values.dev = 2049;
  return name->of(values);
}

}  // namespace

TEST_CASE("a template is filled in") {
  CHECK(named(Source()) == "file:/var/log/nginx/access.log");
  CHECK(named(source("{name}/{basename}@{host}")) == "web/access.log@nas");
  CHECK(named(source("{time} {mtime} {ino}:{dev}")) == "2026-11-20T14:02:11Z 1970-01-01T00:00:00Z 42:2049");
  CHECK(named(source("plain")) == "plain");
}

TEST_CASE("a pattern rewrites the name") {
  CHECK(named(source("{path}", "^/var/log/(.*)\\.log$", "$1")) == "nginx/access");
  CHECK(named(source("{path}", "([a-z]+)/([a-z]+)", "$2-$1")) == "/log-var/nginx/access.log");
  CHECK(named(source("{path}", "access", "<$0> $$5")) == "/var/log/nginx/<access> $5.log");
  CHECK(named(source("{path}", "nothing like it", "x")) == "/var/log/nginx/access.log");
  CHECK(named(source("{path}", "(x)?nginx", "[$1]")) == "/var/log/[]/access.log");
  CHECK(named(source("{path}", ".*", "")) == "file");
}

TEST_CASE("a name is good text whatever the file is called") {
  CHECK(named(source("{path}"), "/a\nb\x1b[0m") == "/a b [0m");
  CHECK(named(source("{path}"), "/\xff") == "/\xef\xbf\xbd");
  const auto longest = named(source("{path}"), "/" + std::string(4000, 'a') + "/end");
  CHECK(longest.size() == StreamTemplate::longest);
  CHECK(longest.starts_with("..."));
  CHECK(longest.ends_with("/end"));
  std::mt19937 random(2);
  for (int i = 0; i < 2000; ++i) {
    std::string path = "/";
    for (auto n = random() % 400; n > 0; --n) path += static_cast<char>(random());
    const auto name = named(source("{basename}{path}", "(.)(.)", "$2$1$1"), path);
    CHECK(is_utf8(as_bytes(name)));
    CHECK(name.size() <= StreamTemplate::longest);
    CHECK_FALSE(name.empty());
    CHECK(name.find('\n') == std::string::npos);
  }
}

TEST_CASE("what cannot be filled in is refused at once") {
  const auto refused = [](const Source& wrong, std::string_view what) {
    const auto name = StreamTemplate::parse(wrong);
    REQUIRE_FALSE(name);
    CHECK(name.error().code == Code::config);
    CAPTURE(name.error().text);
    CHECK(name.error().text.find(what) != std::string::npos);
  };
  refused(source("{pth}"), "{pth}");
  refused(source("{path"), "without a }");
  refused(source("{}"), "{}");
  refused(source(""), "no name");
  refused(source("{path}", "a(b"), "a(b");
  refused(source("{path}", "(a)", "$2"), "0 to 1");
  refused(source("{path}", "(a)", "$"), "$$");
  refused(source("{path}", "", "x"), "regex-from");
  refused(source(std::string(2000, 'x')), "1024");
}
