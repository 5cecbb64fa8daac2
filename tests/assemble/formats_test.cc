// SPDX-License-Identifier: MIT
// tests/assemble/formats_test.cc - hostile text in every field of every format: what comes out parses back to what went in.
#include "assemble/format.h"
#include "assemble/format/line_fields.h"
#include "assemble/format_readers.h"
#include "assemble/world.h"

#include <optional>

using namespace ssblog;

namespace {

const std::vector<std::string> nasty = {
    "",
    " ",
    "   \t ",
    "plain",
    "a \"quoted\" \\ back\\slash ] [x y=\"z\"] '",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    std::string("nul\0here", 8),
    "cr\rlf? tab\tbell\a del\x7f",
    "\xe2\x80\xaeturned \xe2\x81\xa6 iso \xef\xbb\xbf bom \xc2\x9bm c1 \xe2\x80\xa8 ls",
    "2026-11-20T14:02:11.123Z nas@Xq3vT0aB nightly[stderr]: fake",
    "<13>1 2026-11-20T14:02:11.123Z h a p m [ssblog@32473 job=\"x\"] fake",
    "MESSAGE=fake",
    "{\"text\":\"fake\"}",
    "</script><img src=x onerror=alert(1)>",
    "\xff\xfe no utf-8 \xc3",
    "\xed\xa0\x80 surrogate",
    "half \xe2\x82",
    "\xf0\x9f\x98\x80 smile \xd0\xb6",
    "-",
    "=",
    "%s%n${jndi:ldap://x}",
    std::string(8192, 'x'),
    std::string(900, '\x01'),
    "\xe3\x80\x80\xe2\x80\x83",
};

/// Hosts that say all of it, as text and in the fields.
class HostileShelf {
 public:
  HostileShelf() {
    Host& host = hosts_.emplace_back(std::uint8_t{1}, Manner());
    Millis clock = 1'700'000'000'000;
    std::uint64_t offset = 0;
    const auto say = [&](Said said) {
      said.stamp = clock += 7;
      if (said.time == 0) said.time = said.stamp;
      host.say(std::move(said));
    };
    const auto chunk = [&](const std::string& bytes, const std::string& name, bool more) {
      Said said{.kind = Kind::chunk, .source = name, .job = name, .stream = name, .run = "0123456789abcdef"};
      said.bytes = bytes;
      said.offset = offset;
      said.more = more;
      offset += said.length();
      say(std::move(said));
    };
    for (const std::string& text : nasty) {
      if (text.size() > 4000) {
        // Over two messages, cut where a sequence may be cut.
        chunk(text.substr(0, 4000), "long", true);
        chunk(text.substr(4000), "long", false);
      } else {
        chunk(text, "stdout", false);
      }
      if (text.size() > 2 && text.size() < 100) {
        for (std::size_t cut = 1; cut < text.size(); ++cut) {
          chunk(text.substr(0, cut), "cut", true);
          chunk(text.substr(cut), "cut", false);
        }
      }
      const std::string name =
          is_utf8(as_bytes(text)) ? text.substr(0, text.starts_with('x') ? 1500 : 250) : "names are text";
      const std::string origin = name.size() > 99 ? "long" : name;  // all of them would fill a message
      say({.kind = Kind::alone,
           .source = name,
           .job = name,
           .stream = name,
           .bytes = "named",
           .env = origin,
           .service = origin,
           .function = origin});
      say({.kind = Kind::alone, .job = name, .bytes = "named alike", .env = "one"});
      say({.kind = Kind::alone, .job = name, .bytes = "named alike", .service = "one"});
      say({.kind = Kind::job, .source = name, .job = name, .run = name});
      say({.kind = Kind::loss, .source = name, .job = name, .stream = name, .run = name});
      if (!name.empty()) say({.kind = Kind::about, .name = name});
      offset += 5;  // a gap
    }
    chunk("the end", "stdout", false);
    shelf_.emplace(hosts_);
    shelf_->take_all();
  }
  Store& store() { return shelf_->store(); }

 private:
  std::vector<Host> hosts_;
  std::optional<Shelf> shelf_;
};

struct Written {
  std::string text;
  std::vector<Got> wanted;
};

Written write_all_lines(Store& store, const FormatOptions& options) {
  Written written;
  auto writer = make_writer(options, [&](std::string_view text) {
    written.text += text;
    return Result<void>();
  });
  REQUIRE(writer);
  auto sweep = Sweep::begin(store, {}, LinePosition{});
  REQUIRE(sweep);
  SweptLine line;
  for (;;) {
    auto more = sweep->next(line);
    REQUIRE(more);
    if (!*more) break;
    const SweptMessage& message = *line.message;
    Got got{iso(line.time),
            message.host,
            to_text(message.feed),
            std::string(kind_of(line)),
            message.record.source,
            message.record.destination,
            message.record.job,
            message.record.stream,
            std::string(level_of(line)),
            {}};
    got.sequence = message.row.sequence();
    got.line = line.position.line;
    got.env = message.record.env;
    got.service = message.record.service;
    got.function = message.record.function;
    REQUIRE(each_piece(*sweep, line, [&](std::string_view piece) {
      got.bytes += piece;
      return Result<void>();
    }));
    written.wanted.push_back(std::move(got));
    REQUIRE((*writer)->write(*sweep, line));
  }
  REQUIRE((*writer)->flush());
  CHECK((*writer)->written() == written.text.size());
  return written;
}

void check_same(const std::vector<Got>& got, std::vector<Got> wanted, bool has_lines = true) {
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (!has_lines) wanted[i].line = 0;
    CHECK(got[i] == wanted[i]);
  }
}

}  // namespace

TEST_CASE("hostile text comes back from every format as it went in") {
  HostileShelf shelf;
  FormatOptions options;

  options.format = Format::jsonl;
  Written written = write_all_lines(shelf.store(), options);
  CHECK(written.wanted.size() > 500);
  check_is_safe(written.text);
  check_same(read_jsonl(written.text), written.wanted, false);

  options.format = Format::gelf;
  written = write_all_lines(shelf.store(), options);
  check_is_safe(written.text);
  check_same(read_gelf(written.text), written.wanted);

  options.format = Format::ecs;
  written = write_all_lines(shelf.store(), options);
  check_is_safe(written.text);
  check_same(read_ecs(written.text), written.wanted);

  options.format = Format::loki;
  written = write_all_lines(shelf.store(), options);
  check_is_safe(written.text);
  check_same(read_loki(written.text), written.wanted);

  options.format = Format::logfmt;
  written = write_all_lines(shelf.store(), options);
  check_is_safe(written.text);
  check_same(read_logfmt(written.text), written.wanted);

  options.format = Format::journal_export;
  written = write_all_lines(shelf.store(), options);
  check_same(read_export(written.text), written.wanted);
}

TEST_CASE("hostile text comes back from syslog, by lines and counted in octets") {
  HostileShelf shelf;
  FormatOptions options;
  options.format = Format::syslog5424;
  Written written = write_all_lines(shelf.store(), options);
  check_is_safe(written.text);
  std::vector<Got> got;
  for (const std::string& line : lines_of(written.text)) got.push_back(read_syslog(line));
  check_same(got, written.wanted);

  options.octet_counted = true;
  written = write_all_lines(shelf.store(), options);
  got.clear();
  for (std::size_t at = 0; at < written.text.size();) {
    const auto blank = written.text.find(' ', at);
    const std::size_t size = std::stoull(written.text.substr(at, blank - at));
    got.push_back(read_syslog(written.text.substr(blank + 1, size)));
    at = blank + 1 + size;
  }
  check_same(got, written.wanted);
}

TEST_CASE("hostile text comes back from the text form and from templates") {
  HostileShelf shelf;
  Written written = write_all_lines(shelf.store(), {});
  check_is_safe(written.text);
  auto lines = lines_of(written.text);
  REQUIRE(lines.size() == written.wanted.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(lines[i].starts_with(written.wanted[i].time + " "));
    const auto end = lines[i].find(written.wanted[i].type == "log" ? "]: " : "]! ");
    REQUIRE(end != std::string::npos);
    CHECK(unescaped(lines[i].substr(end + 3)) == written.wanted[i].bytes);
  }

  FormatOptions options;
  options.line_template = "{{{feed}}} {sequence} {line} {job} {env}|{service}|{function}|{text}";
  written = write_all_lines(shelf.store(), options);
  check_is_safe(written.text);
  lines = lines_of(written.text);
  REQUIRE(lines.size() == written.wanted.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Got& wanted = written.wanted[i];
    const auto escaped = [](const std::string& value) {
      std::string text;
      escape_line(as_bytes(value), text);
      return text;
    };
    const std::string prefix = fmt::format("{{{}}} {} {} {} {}|{}|{}|", wanted.feed, wanted.sequence,
                                           wanted.line, escaped(wanted.job), escaped(wanted.env),
                                           escaped(wanted.service), escaped(wanted.function));
    REQUIRE(lines[i].starts_with(prefix));
    CHECK(unescaped(lines[i].substr(prefix.size())) == wanted.bytes);
  }
}

TEST_CASE("a level is a number where a format must have one") {
  SweptMessage message;
  SweptLine line;
  line.message = &message;
  const auto severity = [&](const char* level) {
    message.record.level = level;
    return severity_of(line);
  };
  message.record.kind = RecordKind::log;
  CHECK(severity("emerg") == 0);
  CHECK(severity("err") == 3);
  CHECK(severity("debug") == 7);
  CHECK(severity("") == 6);
  CHECK(severity("loud") == 6);
  line.level = '2';
  CHECK(severity("err") == 2);
  CHECK(level_of(line) == "crit");
  line.level = '-';
  line.structural = true;
  CHECK(severity("") == 4);
  CHECK(kind_of(line) == "gap");
  message.record.kind = RecordKind::job;
  CHECK(severity("") == 5);
}

TEST_CASE("options that a format would not heed are refused") {
  const auto code = [](const FormatOptions& options) {
    auto writer = make_writer(options, [](std::string_view) { return Result<void>(); });
    return writer ? std::optional<Code>() : writer.error().code;
  };
  const auto with = [](const char* format, const char* zone, const char* time, const char* line_template,
                       bool octets) {
    return FormatOptions{*format_of(format), {zone, time}, line_template, octets};
  };
  for (const std::string_view name : format_names())
    CHECK(!code(with(std::string(name).c_str(), "", "", "", false)));
  CHECK(!code(with("text", "Europe/Berlin", "%H:%M", "", false)));
  CHECK(!code(with("syslog5424", "Europe/Berlin", "", "", true)));
  CHECK(code(with("syslog5424", "", "short", "", false)) == Code::usage);
  CHECK(code(with("jsonl", "Europe/Berlin", "", "", false)) == Code::usage);
  CHECK(code(with("gelf", "", "unix", "", false)) == Code::usage);
  CHECK(code(with("text", "", "", "", true)) == Code::usage);
  CHECK(code(with("jsonl", "", "", "{text}", false)) == Code::usage);
  CHECK(code(with("text", "Europe/Nowhere", "", "", false)) == Code::usage);
  CHECK(code(with("text", "../../etc/passwd", "", "", false)) == Code::usage);
  CHECK(code(with("text", "", "%n", "", false)) == Code::usage);
  CHECK(code(with("text", "", std::string(300, 'x').c_str(), "", false)) == Code::usage);
  CHECK(format_of("xml").error().text ==
        "there is no format \"xml\"; there are text, jsonl, logfmt, syslog5424, gelf, ecs, loki, export");
  for (const char* bad : {"{", "}", "{nothing}", "a\nb", "{text", "{text}}", "{ text}"}) {
    CAPTURE(bad);
    CHECK(code(with("text", "", "", bad, false)) == Code::usage);
  }
}
