// SPDX-License-Identifier: MIT
#include "feed/record.h"

#include "feed/bytes.h"
#include "feed/json.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <limits>

using namespace ssblog;

namespace {

constexpr double signed_at = 1700000000123.5;
constexpr Millis signed_ms = 1700000000123;

Record read(std::string_view json, double timestamp = signed_at) {
  CAPTURE(json);
  const auto content = canonical(json, Layout::compact);
  REQUIRE(content);
  Record record;
  read_record(*content, timestamp, record);
  return record;
}

/// A log with this text and these members of `chunk` behind a good run and offset.
Record chunk(std::string_view text, std::string_view members) {
  return read(fmt::format(
      R"({{"type":"log","stream":"stdout","text":{},"chunk":{{"run":"9f3c1a5be07d2c44","offset":7{}}}}})",
      json_string(text), members));
}

/// A log whose `chunk` is the whole of this JSON.
Record chunk_is(std::string_view text, std::string_view json) {
  return read(fmt::format(R"({{"type":"log","text":{},"chunk":{}}})", json_string(text), json));
}

/// As if `chunk` were absent: the text alone, at the time of the message.
void check_plain(const Record& record, std::string_view text) {
  CHECK(record.kind == RecordKind::log);
  CHECK_FALSE(record.chunk);
  CHECK(record.bytes == text);
  CHECK(record.ends_line());
  CHECK(record.length() == text.size() + 1);
  CHECK(record.time == signed_ms);
  CHECK(record.steps.empty());
  CHECK(record.levels == "");
  CHECK(record.boot == "");
  CHECK_FALSE(record.up);
}

using Steps = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a chunk is read with all that it says") {
  const Record record = read(
      R"({"type":"log","source":"nas","destination":"offsite","job":"nightly","stream":"stderr","level":"err",
          "text":"first line\nsecond line","chunk":{"run":"9f3c1a5be07d2c44","offset":4096,"time":1600000000000,
          "time_from":"line","at":"25","levels":"3-","boot":"deadbeef","up":12}})");
  CHECK(record.kind == RecordKind::log);
  CHECK(record.type == "log");
  CHECK(record.source == "nas");
  CHECK(record.destination == "offsite");
  CHECK(record.job == "nightly");
  CHECK(record.stream == "stderr");
  CHECK(record.level == "err");
  REQUIRE(record.chunk);
  CHECK(record.chunk->run == "9f3c1a5be07d2c44");
  CHECK(record.chunk->offset == 4096);
  CHECK_FALSE(record.chunk->more);
  CHECK_FALSE(record.chunk->end);
  CHECK(record.bytes == "first line\nsecond line");
  CHECK(record.lines == 2);
  CHECK(record.length() == 23);
  CHECK(record.time == 1600000000000);
  CHECK(record.steps == Steps{0, 25});
  CHECK(record.levels == "3-");
  CHECK(record.boot == "deadbeef");
  CHECK(record.up == 12);
}

TEST_CASE("an uptime counts only with a boot, and only as a number that can be") {
  const auto read_with = [](std::string_view fields) {
    return read(R"({"type":"log","text":"x","chunk":{"run":"9f3c1a5be07d2c44","offset":0,)" +
                std::string(fields) + "}}");
  };
  for (const char* fields : {R"("up":5)", R"("boot":"deadbee","up":5)", R"("boot":"DEADBEEF","up":5)",
                             R"("boot":"deadbeef0","up":5)", R"("boot":7,"up":5)"}) {
    CAPTURE(fields);
    const Record record = read_with(fields);
    REQUIRE(record.chunk);
    CHECK(record.boot.empty());
    CHECK_FALSE(record.up);
  }
  for (const char* up : {"-1", "1.5", "\"5\"", "9007199254740992", "1e3"}) {
    CAPTURE(up);
    const Record record = read_with(R"("boot":"deadbeef","up":)" + std::string(up));
    CHECK(record.boot == "deadbeef");
    CHECK((!record.up || *record.up == 1000));
  }
}

TEST_CASE("a record that is read again keeps nothing of the one before") {
  Record record;
  read_record(
      R"({"type":"log","source":"a","destination":"b","job":"c","stream":"d","level":"e","env":"f","service":"g","fn":"h","text":"x\ny","chunk":{"run":"9f3c1a5be07d2c44","offset":1,"end":true,"time":5,"at":"1","levels":"12","boot":"00000001","up":7}})",
      signed_at, record);
  REQUIRE(record.chunk);
  read_record(R"({"type":"job","run":"r","time":9})", signed_at, record);
  read_record(R"({"type":"about","about":"@a","name":"n"})", signed_at, record);
  read_record(R"({"type":"log","text":""})", signed_at, record);
  check_plain(record, "");
  CHECK(record.lines == 1);
  CHECK(record.source + record.destination + record.job + record.stream + record.level == "");
  CHECK(record.env + record.service + record.function == "");
  CHECK(record.run + record.note + record.about + record.name == "");
}

TEST_CASE("environment, service and function are read by their long names and by their short ones") {
  const auto names_of = [](std::string_view json) {
    const Record record = read(json);
    return std::vector<std::string>{record.env, record.service, record.function};
  };
  using Names = std::vector<std::string>;
  CHECK(names_of(R"({"type":"log","text":"x","env":"prod","service":"api","function":"main"})") ==
        Names{"prod", "api", "main"});
  CHECK(names_of(R"({"type":"job","env":"prod","svc":"api","fn":"main"})") == Names{"prod", "api", "main"});
  // The long name counts wherever it stands, even if it says nothing.
  CHECK(names_of(R"({"type":"log","service":"long","svc":"short","fn":"short","function":"long"})") ==
        Names{"", "long", "long"});
  CHECK(names_of(R"({"type":"log","service":"","svc":"short"})") == Names{"", "", ""});
  CHECK(names_of(R"({"type":"log","env":7,"service":{"name":"api"},"fn":["a"]})") ==
        Names{"7", R"({"name":"api"})", R"(["a"])"});
  // Not those of what lies deeper.
  CHECK(names_of(R"({"type":"log","text":"x","more":{"env":"prod"}})") == Names{"", "", ""});
}

TEST_CASE("a log without chunk is its text and a newline, at the time of the message") {
  check_plain(read(R"({"type":"log","text":"hello"})"), "hello");
  check_plain(read(R"({"type":"log","text":""})"), "");
  const Record record = read(R"({"type":"log","text":"a\nb\n"})");
  check_plain(record, "a\nb\n");
  CHECK(record.lines == 3);
}

TEST_CASE("a bad run makes the chunk count as absent") {
  for (const std::string_view run :
       {R"("")", R"("9f3c1a5be07d2c4")", R"("9f3c1a5be07d2c444")", R"("9F3C1A5BE07D2C44")",
        R"("9f3c1a5be07d2c4g")", R"(" f3c1a5be07d2c44")", R"("9f3c1a5be07d2c4\n")",
        R"("9f3c1a5be07d2c4\u0000")", R"("9f3c1a5be07d2c4\ud800")", "9", "null", "true",
        R"(["9f3c1a5be07d2c44"])"}) {
    CAPTURE(run);
    check_plain(chunk_is("x", fmt::format(R"({{"run":{},"offset":0,"time":5,"end":true}})", run)), "x");
  }
  check_plain(chunk_is("x", R"({"offset":0})"), "x");
  CHECK(chunk_is("x", R"({"run":"0123456789abcdef","offset":0})").chunk);
}

TEST_CASE("an offset is an integer from 0 to 2^53-1, or the chunk counts as absent") {
  for (const std::string_view offset :
       {"-1", "0.5", "9007199254740992", "1e16", "1e400", R"("0")", "null", "true", "[0]", "{}"}) {
    CAPTURE(offset);
    check_plain(chunk_is("x", fmt::format(R"({{"run":"9f3c1a5be07d2c44","offset":{},"more":true}})", offset)),
                "x");
  }
  check_plain(chunk_is("x", R"({"run":"9f3c1a5be07d2c44"})"), "x");
  const auto offset_of = [](std::string_view offset) {
    const Record record = chunk_is("x", fmt::format(R"({{"run":"9f3c1a5be07d2c44","offset":{}}})", offset));
    REQUIRE(record.chunk);
    return record.chunk->offset;
  };
  CHECK(offset_of("0") == 0);
  CHECK(offset_of("-0") == 0);
  CHECK(offset_of("1.5e1") == 15);
  CHECK(offset_of("7.0") == 7);
  CHECK(offset_of("9007199254740991") == max_offset);
}

TEST_CASE("more and end are booleans and not both true, or the chunk counts as absent") {
  for (const std::string_view flags :
       {R"(,"more":1)", R"(,"more":"true")", R"(,"more":null)", R"(,"end":0)", R"(,"end":"")", R"(,"end":[])",
        R"(,"more":true,"end":true)", R"(,"more":false,"end":null)"}) {
    CAPTURE(flags);
    check_plain(chunk("x", flags), "x");
  }
  const auto ending = [](std::string_view flags) {
    const Record record = chunk("abc", flags);
    REQUIRE(record.chunk);
    CHECK(record.length() == (record.ends_line() ? 4 : 3));
    return std::make_pair(record.chunk->more, record.chunk->end);
  };
  CHECK(ending("") == std::make_pair(false, false));
  CHECK(ending(R"(,"more":false,"end":false)") == std::make_pair(false, false));
  CHECK(ending(R"(,"more":true)") == std::make_pair(true, false));
  CHECK(ending(R"(,"more":true,"end":false)") == std::make_pair(true, false));
  CHECK(ending(R"(,"end":true)") == std::make_pair(false, true));
}

TEST_CASE("an unknown encoding makes the chunk count as absent") {
  for (const std::string_view encoding :
       {R"("utf-8")", R"("LATIN1")", R"("base64url")", R"("")", "null", "false", "0", "[]"}) {
    CAPTURE(encoding);
    check_plain(chunk("AAAA", fmt::format(R"(,"encoding":{})", encoding)), "AAAA");
  }
}

TEST_CASE("latin1 is one byte for each code unit up to 255") {
  std::string all_units;
  std::string all_bytes;
  for (int unit = 0; unit < 256; ++unit) {
    if (unit < 0x80) {
      all_units += static_cast<char>(unit);
    } else {
      all_units += static_cast<char>(0xc0 | unit >> 6);
      all_units += static_cast<char>(0x80 | (unit & 0x3f));
    }
    all_bytes += static_cast<char>(unit);
  }
  const Record record = chunk(all_units, R"(,"encoding":"latin1")");
  REQUIRE(record.chunk);
  CHECK(record.bytes == all_bytes);
  CHECK(record.lines == 2);
  CHECK(record.length() == 257);
  for (const std::string_view above : {"\u0100", "a\u0100", "\xc3\xbf\xc4\x80", "\u65e5", "\U0001f600"}) {
    CAPTURE(above);
    check_plain(chunk(above, R"(,"encoding":"latin1")"), above);
  }
  // A lone surrogate is above 255 too.
  check_plain(
      read(
          R"({"type":"log","text":"a\ud800","chunk":{"run":"9f3c1a5be07d2c44","offset":0,"encoding":"latin1"}})"),
      "a\ufffd");
}

TEST_CASE("base64 is padded and canonical, or the chunk counts as absent") {
  const Record record = chunk("AAEKCv8=", R"(,"encoding":"base64")");
  REQUIRE(record.chunk);
  CHECK(record.bytes == std::string("\0\1\n\n\xff", 5));
  CHECK(record.lines == 3);  // cut after decoding
  const Record empty = chunk("", R"(,"encoding":"base64","more":true)");
  REQUIRE(empty.chunk);
  CHECK(empty.length() == 0);
  for (const std::string_view wrong : {"AAEKCv8", "AAEKCv9=", "AAEKCv8==", "AAEK Cv8=", "AAEKCv8=\n",
                                       "AAEKCv_=", "A", "====", "AAEKCv8=AAEKCv8="}) {
    CAPTURE(wrong);
    check_plain(chunk(wrong, R"(,"encoding":"base64")"), wrong);
  }
}

TEST_CASE("a chunk that is no object counts as absent") {
  for (const std::string_view json :
       {"null", "true", "5", R"("x")", "[]", R"([{"run":"9f3c1a5be07d2c44","offset":0}])", "{}"}) {
    CAPTURE(json);
    check_plain(chunk_is("x", json), "x");
  }
}

TEST_CASE("a bad time is left out alone") {
  for (const std::string_view time :
       {"-1", "0.5", "253402300800000", "1e300", R"("5")", "null", "true", "[5]"}) {
    CAPTURE(time);
    const Record record =
        chunk("x\ny", fmt::format(R"(,"time":{},"at":"4","levels":"12","more":true)", time));
    REQUIRE(record.chunk);
    CHECK(record.chunk->more);
    CHECK(record.time == signed_ms);
    CHECK(record.steps == Steps{0, 4});
    CHECK(record.levels == "12");
  }
  CHECK(chunk("x", R"(,"time":0)").time == 0);
  CHECK(chunk("x", R"(,"time":253402300799999)").time == max_time);
}

TEST_CASE("at has a step for each line but the first, or for each line") {
  const auto steps = [](std::string_view text, std::string_view at) {
    const Record record = chunk(text, fmt::format(R"(,"time":5,"at":{},"levels":"-")", at));
    REQUIRE(record.chunk);
    CHECK(record.time == 5);
    return record.steps;
  };
  CHECK(steps("a\nb\nc", R"("10 -20")") == Steps{0, 10, -20});
  CHECK(steps("a\nb\nc", R"("10 +")") == Steps{0, 10, 0});
  CHECK(steps("a\nb\nc", R"("+ 10 -20")") == Steps{0, 10, -20});
  CHECK(steps("a", R"("+")") == Steps{0});
  CHECK(steps("a\nb", R"("0")") == Steps{0, 0});
  CHECK(steps("a\nb", R"("253402300799999")") == Steps{0, max_time});
}

TEST_CASE("at of a wrong count or form is left out alone") {
  for (const std::string_view at :
       {R"("")", R"("1")", R"("1 2 3 4")", R"("1  2")", R"(" 1 2")", R"("1 2 ")", R"("1,2")", R"("1 x")",
        R"("+1 2")", R"("1.5 2")", R"("1e3 2")", R"("++ 1")", R"("1 -")", R"("1\t2")",
        R"("1 99999999999999999999")", "1", "[1,2]", "null", "{}"}) {
    CAPTURE(at);
    const Record record = chunk("a\nb\nc", fmt::format(R"(,"time":5,"at":{},"levels":"123","end":true)", at));
    REQUIRE(record.chunk);
    CHECK(record.chunk->end);
    CHECK(record.time == 5);
    CHECK(record.steps.empty());
    CHECK(record.levels == "123");
  }
}

TEST_CASE("levels of a wrong count or form are left out alone") {
  CHECK(chunk("a\nb", R"(,"levels":"07")").levels == "07");
  CHECK(chunk("a\nb", R"(,"levels":"--")").levels == "--");
  for (const std::string_view levels : {R"("")", R"("0")", R"("012")", R"("08")", R"("0 ")", R"("0a")",
                                        R"("0\u0000")", R"("é")", "12", R"(["0","1"])", "null"}) {
    CAPTURE(levels);
    const Record record = chunk("a\nb", fmt::format(R"(,"time":5,"at":"6","levels":{})", levels));
    REQUIRE(record.chunk);
    CHECK(record.levels == "");
    CHECK(record.time == 5);
    CHECK(record.steps == Steps{0, 6});
  }
}

TEST_CASE("unknown keys are skipped") {
  const Record record = chunk("x", R"(,"0":[1],"later":{"run":"zz"},"__proto__":1,"Time":7)");
  REQUIRE(record.chunk);
  CHECK(record.chunk->offset == 7);
  CHECK(record.time == signed_ms);
  CHECK(read(R"({"3":1,"type":"log","text":"x","timestamp":4,"offset":9,"run":"r"})").bytes == "x");
}

TEST_CASE("a chunk has one line more than its decoded text has newlines") {
  CHECK(chunk("", "").lines == 1);
  CHECK(chunk("\n", "").lines == 2);
  CHECK(chunk("a\nb\n", R"(,"more":true)").lines == 3);
  CHECK(chunk("Cgo=", R"(,"encoding":"base64")").lines == 3);
  CHECK(chunk("a\r\nb", "").lines == 2);
}

TEST_CASE("a lone surrogate is U+FFFD in bytes") {
  const Record record = read(
      R"({"type":"log","stream":"\udc00","text":"a\ud800b\udfff","chunk":{"run":"9f3c1a5be07d2c44","offset":0,"more":true}})");
  REQUIRE(record.chunk);
  CHECK(record.bytes ==
        "a\ufffd"
        "b\ufffd");
  CHECK(record.length() == 8);
  CHECK(record.stream == "\ufffd");
  CHECK(read(R"({"type":"log","text":"\ud83d\ude00"})").bytes == "\U0001f600");
}

TEST_CASE("a log without a text is shown as its compact JSON, whatever its chunk says") {
  for (const std::string_view json :
       {R"({"type":"log"})", R"({"type":"log","text":5})", R"({"type":"log","text":null})",
        R"({"type":"log","text":["a"]})",
        R"({"type":"log","text":{"a":1},"chunk":{"run":"9f3c1a5be07d2c44","offset":0,"more":true,"time":5}})",
        R"({"type":"log","chunk":{"run":"9f3c1a5be07d2c44","offset":0,"encoding":"base64"}})"}) {
    check_plain(read(json), json);
  }
  check_plain(read("{ \"type\" : \"log\", \"x\" : \"\\u000A\\ud800\" }"), R"({"type":"log","x":"\n\ud800"})");
}

TEST_CASE("a field that is no text counts as its compact JSON, an absent one as empty") {
  const Record record =
      read(R"({"type":"log","source":5,"destination":{"a":[1, 2]},"job":null,"level":true,"text":"x"})");
  CHECK(record.source == "5");
  CHECK(record.destination == R"({"a":[1,2]})");
  CHECK(record.job == "null");
  CHECK(record.level == "true");
  CHECK(record.stream == "");
  CHECK(read(R"({"type":"log","stream":["stdout"],"text":"x"})").stream == R"(["stdout"])");
}

TEST_CASE("the kind of a record is its type") {
  CHECK(read(R"({"type":"log"})").kind == RecordKind::log);
  CHECK(read(R"({"type":"job"})").kind == RecordKind::job);
  CHECK(read(R"({"type":"loss"})").kind == RecordKind::loss);
  CHECK(read(R"({"type":"about"})").kind == RecordKind::about);
  for (const std::string_view other :
       {R"({"type":"logs"})", R"({"type":"Log"})", R"({"type":["log"]})", R"({"type":null})", "{}",
        R"("AAAA.box")", R"({"a":{"type":"log"}})"}) {
    CAPTURE(other);
    const Record record = read(other);
    CHECK(record.kind == RecordKind::other);
    CHECK(record.note == other);
  }
  CHECK(read(R"({"text":"x","type":"loss"})").kind == RecordKind::loss);
}

TEST_CASE("a job says what happened, its run and its own time") {
  const Record record = read(
      R"({"type":"job","job":"nightly","source":"nas","destination":"offsite","run":"9f3c1a5be07d2c44","event":"end","time":1600000000000,"status":0,"duration":12,"lines":3})");
  CHECK(record.job == "nightly");
  CHECK(record.run == "9f3c1a5be07d2c44");
  CHECK(record.time == 1600000000000);
  CHECK(record.lines == 1);
  CHECK(record.note.find("event=end") != std::string::npos);
  CHECK(record.note.find("status=0") != std::string::npos);
  CHECK(record.note.find('\n') == std::string::npos);
  CHECK(read(R"({"type":"job","run":5})").run == "");
  CHECK(read(R"({"type":"job","run":"any text"})").run == "any text");
  CHECK(read(R"({"type":"job","time":-1})").time == signed_ms);
  CHECK(read(R"({"type":"job","time":1.5})").time == signed_ms);
  CHECK(read(R"({"type":"job"})").time == signed_ms);
}

TEST_CASE("a loss says how much and where") {
  const Record record = read(
      R"({"type":"loss","stream":"kernel","run":"9f3c1a5be07d2c44","offset":77,"time":5,"bytes":123,"reason":"wrapped"})");
  CHECK(record.stream == "kernel");
  CHECK(record.run == "9f3c1a5be07d2c44");
  CHECK(record.time == 5);
  for (const std::string_view part : {"offset=77", "bytes=123", "reason=wrapped"}) {
    CAPTURE(part);
    CHECK(record.note.find(part) != std::string::npos);
  }
}

TEST_CASE("an about names something when both are texts") {
  const Record record = read(R"({"type":"about","about":"@x","name":"nas"})");
  CHECK(record.about == "@x");
  CHECK(record.name == "nas");
  CHECK(read(R"({"type":"about","about":"@x","name":5})").name == "");
  CHECK(read(R"({"type":"about","about":5,"name":"nas"})").name == "");
  CHECK(read(R"({"type":"about","name":"nas"})").name == "");
}

TEST_CASE("a message's time is cut to whole ms from 0 to the end of the year 9999") {
  CHECK(clamp_time(-1) == 0);
  CHECK(clamp_time(-0.0) == 0);
  CHECK(clamp_time(0.999) == 0);
  CHECK(clamp_time(1.999) == 1);
  CHECK(clamp_time(1514517067954.001) == 1514517067954);
  CHECK(clamp_time(253402300799999.0) == max_time);
  CHECK(clamp_time(253402300800000.0) == max_time);
  CHECK(clamp_time(1e300) == max_time);
  CHECK(clamp_time(std::numeric_limits<double>::infinity()) == max_time);
  CHECK(clamp_time(-std::numeric_limits<double>::infinity()) == 0);
  CHECK(clamp_time(std::numeric_limits<double>::quiet_NaN()) == 0);
  CHECK(read(R"({"type":"log","text":"x"})", -5).time == 0);
  CHECK(read(R"({"type":"log","text":"x"})", 1e21).time == max_time);
}
