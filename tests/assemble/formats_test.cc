// SPDX-License-Identifier: MIT
// tests/assemble/formats_test.cc - hostile text in every field of every format: what comes out parses back to what went in.
//
// The parsers here share nothing with the writers but the escaped form of lines: nlohmann/json for what is JSON, and
// small readers of logfmt, RFC 5424 and the journal's export format, written from their specifications.
#include "assemble/escape.h"
#include "assemble/format.h"
#include "assemble/format/line_fields.h"
#include "assemble/time_text.h"
#include "assemble/world.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <optional>
#include <set>

using namespace ssblog;
using nlohmann::json;

namespace {

/// A line, as far as a format says it.
struct Got {
  std::string time, host, feed, type, source, destination, job, stream, level, bytes;
  std::uint64_t sequence = 0, line = 0;
  bool operator==(const Got&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Got& got) {
  return out << json{got.time,        got.host, got.feed,   got.type,  got.source,
                     got.destination, got.job,  got.stream, got.level, to_hex(as_bytes(got.bytes)),
                     got.sequence,    got.line}
                    .dump(-1, ' ', true, json::error_handler_t::replace);
}

std::string iso(Millis time) {
  std::string text;
  append_utc_time(text, time);
  return text;
}

const std::vector<std::string> nasty = {
    "",
    " ",
    "   \t ",
    "plain",
    "a \"quoted\" \\ back\\slash ] [x y=\"z\"] '",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    std::string("nul\0here", 8),
    "cr\rlf? tab\tbell\a del\x7f",
    "\xe2\x80\xae"
    "bidi \xe2\x81\xa6 iso \xef\xbb\xbf bom \xc2\x9b"
    "31m c1 \xe2\x80\xa8 ls",
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
      say({.kind = Kind::alone, .source = name, .job = name, .stream = name, .bytes = "named"});
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

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    REQUIRE(end != std::string::npos);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string unescaped(const std::string& text) {
  const auto bytes = unescape_line(text);
  REQUIRE(bytes);
  return std::string(as_text(*bytes));
}

/// Nothing that a terminal would obey leaves in what is read as text.
void check_is_safe(const std::string& text) {
  std::string escaped;
  for (const std::string& line : lines_of(text)) {
    escaped.clear();
    escape_line(as_bytes(line), escaped);
    const auto backslashes = std::count(line.begin(), line.end(), '\\');
    CHECK(escaped.size() == line.size() + static_cast<std::size_t>(backslashes));
  }
}

std::vector<Got> read_jsonl(const std::string& text) {
  std::vector<Got> all;
  for (const std::string& line : lines_of(text)) {
    const json object = json::parse(line);
    Got got{object["time"],
            object["host"],
            object["id"],
            object["type"],
            object.value("source", ""),
            object.value("destination", ""),
            object.value("job", ""),
            object.value("stream", ""),
            object.value("level", ""),
            {}};
    got.sequence = object["sequence"];
    CHECK(object.contains("text") != object.contains("base64"));
    if (object.contains("text")) got.bytes = object["text"];
    if (object.contains("base64"))
      got.bytes = as_text(from_base64(object["base64"].get<std::string>()).value());
    all.push_back(std::move(got));
  }
  return all;
}

std::vector<Got> read_gelf(const std::string& text) {
  static const std::set<std::string> standard = {"version",      "host",  "short_message",
                                                 "full_message", "level", "timestamp"};
  std::vector<Got> all;
  for (const std::string& line : lines_of(text)) {
    const json object = json::parse(line);
    CHECK(object["version"] == "1.1");
    CHECK(!object["host"].get<std::string>().empty());
    CHECK(!object["short_message"].get<std::string>().empty());
    CHECK(object["level"].is_number_integer());
    CHECK(object["timestamp"].is_number());
    for (const auto& [name, value] : object.items()) {
      CHECK((standard.count(name) == 1 || (name.starts_with('_') && name != "_id")));
      CHECK((value.is_string() || value.is_number()));
    }
    Got got{iso(std::llround(object["timestamp"].get<double>() * 1000)),
            object.value("_host", ""),
            object["_feed"],
            object["_type"],
            object.value("_source", ""),
            object.value("_destination", ""),
            object.value("_job", ""),
            object.value("_stream", ""),
            object.value("_level", ""),
            object.value("full_message", object["short_message"].get<std::string>())};
    got.sequence = object["_sequence"];
    got.line = object["_line"];
    if (object.contains("_escaped")) got.bytes = unescaped(got.bytes);
    all.push_back(std::move(got));
  }
  return all;
}

std::vector<Got> read_ecs(const std::string& text) {
  std::vector<Got> all;
  std::set<std::string> ids;
  const auto lines = lines_of(text);
  REQUIRE(lines.size() % 2 == 0);
  for (std::size_t i = 0; i < lines.size(); i += 2) {
    const json action = json::parse(lines[i]);
    REQUIRE(action.size() == 1);
    const std::string id = action["create"]["_id"];
    CHECK(id.size() <= 512);
    CHECK(ids.insert(id).second);
    const json object = json::parse(lines[i + 1]);
    const json& own = object["ssblog"];
    Got got{object["@timestamp"],
            object.contains("host") ? object["host"]["name"].get<std::string>() : "",
            own["feed"],
            own["type"],
            own.value("source", ""),
            own.value("destination", ""),
            own.value("job", ""),
            own.value("stream", ""),
            object.contains("log") ? object["log"]["level"].get<std::string>() : "",
            object["message"]};
    got.sequence = own["sequence"];
    got.line = own["line"];
    CHECK(object["ecs"]["version"].is_string());
    if (object.contains("tags")) got.bytes = unescaped(got.bytes);
    all.push_back(std::move(got));
  }
  return all;
}

std::vector<Got> read_loki(const std::string& text) {
  std::vector<Got> all;
  std::set<std::string> times;
  for (const std::string& line : lines_of(text)) {
    const json body = json::parse(line);
    REQUIRE(body.size() == 1);
    for (const json& stream : body["streams"]) {
      const json& labels = stream["stream"];
      for (const auto& [name, value] : labels.items()) CHECK(value.get<std::string>().size() <= 2048);
      CHECK(!stream["values"].empty());
      for (const json& value : stream["values"]) {
        REQUIRE(value.size() == 3);
        const json& own = value[2];
        const std::string time = value[0];
        CHECK(times.insert(time).second);
        const auto name = [&](const std::string& label) {
          return own.contains("full_" + label) ? own["full_" + label].get<std::string>()
                                               : labels.value(label, "");
        };
        Got got{iso(std::stoll(time.substr(0, time.size() - 6))),
                name("host"),
                own["feed"],
                own["type"],
                own.value("source", ""),
                own.value("destination", ""),
                name("job"),
                name("stream"),
                own.value("level", ""),
                value[1]};
        got.sequence = std::stoull(own["sequence"].get<std::string>());
        got.line = std::stoull(own["line"].get<std::string>());
        if (own.contains("escaped")) got.bytes = unescaped(got.bytes);
        all.push_back(std::move(got));
      }
    }
  }
  return all;
}

std::vector<Got> read_logfmt(const std::string& text) {
  std::vector<Got> all;
  for (const std::string& line : lines_of(text)) {
    std::map<std::string, std::string> values;
    for (std::size_t at = 0; at < line.size();) {
      const auto equals = line.find('=', at);
      REQUIRE(equals != std::string::npos);
      const std::string name = line.substr(at, equals - at);
      at = equals + 1;
      std::size_t end = at;
      std::string value;
      if (at < line.size() && line[at] == '"') {
        for (++end; end < line.size() && line[end] != '"'; ++end) end += line[end] == '\\' ? 1 : 0;
        ++end;
        value = json::parse(line.substr(at, end - at));
      } else {
        end = std::min(line.find(' ', at), line.size());
        value = line.substr(at, end - at);
        CHECK(value.find_first_of("\"=") == std::string::npos);
      }
      CHECK(values.try_emplace(name, value).second);
      if (end < line.size()) CHECK(line[end] == ' ');
      at = end + 1;
    }
    Got got{values["time"],        values["host"], values["id"],     values["type"],  values["source"],
            values["destination"], values["job"],  values["stream"], values["level"], values["text"]};
    got.sequence = std::stoull(values["sequence"]);
    got.line = std::stoull(values["line"]);
    if (values.contains("escaped")) got.bytes = unescaped(got.bytes);
    all.push_back(std::move(got));
  }
  return all;
}

/// One message of RFC 5424, by its grammar.
Got read_syslog(const std::string& message) {
  std::size_t at = 0;
  const auto upto = [&](char end) {
    const auto found = message.find(end, at);
    REQUIRE(found != std::string::npos);
    const std::string part = message.substr(at, found - at);
    at = found + 1;
    return part;
  };
  REQUIRE(message[at++] == '<');
  const int priority = std::stoi(upto('>'));
  CHECK((priority >= 8 && priority < 16));
  REQUIRE(upto(' ') == "1");
  Got got;
  got.time = upto(' ');
  for (const std::size_t longest : {255, 48, 128, 32}) {
    const std::string field = upto(' ');
    CHECK((!field.empty() && field.size() <= longest));
    CHECK(std::all_of(field.begin(), field.end(), [](char c) { return c >= 33 && c <= 126; }));
  }
  REQUIRE(message.compare(at, 14, "[ssblog@32473 ") == 0);
  at += 13;
  std::map<std::string, std::string> values;
  while (message[at] == ' ') {
    ++at;
    const std::string name = upto('=');
    REQUIRE(message[at++] == '"');
    std::string value;
    for (; message[at] != '"'; ++at) {
      REQUIRE(message[at] != ']');
      if (message[at] == '\\') ++at;
      value += message[at];
    }
    ++at;
    CHECK(values.try_emplace(name, unescaped(value)).second);
  }
  REQUIRE(message.compare(at, 2, "] ") == 0);
  got.bytes = message.substr(at + 2);
  if (values.contains("escaped")) got.bytes = unescaped(got.bytes);
  got.host = values["host"];
  got.feed = values["id"];
  got.type = values["type"];
  got.source = values["source"];
  got.destination = values["destination"];
  got.job = values["job"];
  got.stream = values["stream"];
  got.level = values["level"];
  got.sequence = std::stoull(values["sequence"]);
  got.line = std::stoull(values["line"]);
  return got;
}

std::vector<Got> read_export(const std::string& text) {
  std::vector<Got> all;
  std::map<std::string, std::string> values;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.empty()) {
      Got got{iso(std::stoll(values["__REALTIME_TIMESTAMP"]) / 1000),
              values["SSBLOG_HOST"],
              values["SSBLOG_FEED"],
              values["SSBLOG_TYPE"],
              values["SSBLOG_SOURCE"],
              values["SSBLOG_DESTINATION"],
              values["SSBLOG_JOB"],
              values["SSBLOG_STREAM"],
              values["SSBLOG_LEVEL"],
              values["MESSAGE"]};
      got.sequence = std::stoull(values["SSBLOG_SEQUENCE"]);
      got.line = std::stoull(values["SSBLOG_LINE"]);
      all.push_back(std::move(got));
      values.clear();
      continue;
    }
    const auto equals = line.find('=');
    if (equals != std::string::npos) {
      CHECK(values.try_emplace(line.substr(0, equals), line.substr(equals + 1)).second);
      continue;
    }
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < 8; ++i)
      size |= static_cast<std::uint64_t>(static_cast<unsigned char>(text.at(at + i))) << (8 * i);
    CHECK(values.try_emplace(line, text.substr(at + 8, size)).second);
    at += 8 + size;
    REQUIRE(text.at(at) == '\n');
    ++at;
  }
  CHECK(values.empty());
  return all;
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
  options.line_template = "{{{feed}}} {sequence} {line} {job}|{text}";
  written = write_all_lines(shelf.store(), options);
  check_is_safe(written.text);
  lines = lines_of(written.text);
  REQUIRE(lines.size() == written.wanted.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Got& wanted = written.wanted[i];
    std::string job;
    escape_line(as_bytes(wanted.job), job);
    const std::string prefix =
        fmt::format("{{{}}} {} {} {}|", wanted.feed, wanted.sequence, wanted.line, job);
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
