// SPDX-License-Identifier: MIT
#include "intake/line_cutter.h"
#include "intake/civil_date.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <random>

using namespace ssblog;

namespace {

constexpr Millis day_ms = 86'400'000;

LineCutter cutter(Multiline multiline = Multiline::automatic, const std::string& start = "",
                  const std::string& zone = "UTC") {
  Source source;
  source.multiline = multiline;
  source.record_start = start;
  source.time_zone = zone;
  auto made = LineCutter::create(source);
  REQUIRE(made);
  return std::move(*made);
}

/// Lines with how they join: "one\n+two\n". A piece without a newline ends with `|`.
struct Cut {
  std::string text;
  std::vector<LineStamp> stamps;
  std::string bytes;
  std::size_t lines = 0;
};

CutContext old_file(Millis modified, Millis begins = 0) {
  CutContext context;
  context.old = true;
  context.modified = modified;
  context.begins = begins;
  return context;
}

/// Gives `bytes` in blocks; what was left is given again with more. At the end all is due.
Cut cut_in(const LineCutter& by, std::string_view bytes, const std::function<std::size_t()>& block,
           CutContext context = {}, std::optional<Millis> latest = {}) {
  Cut cut;
  CutState state;
  state.latest = latest;
  std::vector<CutLine> lines;
  std::size_t begin = 0, end = 0;
  while (begin < bytes.size()) {
    const bool stalled = end == bytes.size();
    end = std::min(end + block(), bytes.size());
    context.at_end = end == bytes.size();
    context.record_due = context.line_due = stalled;
    const auto done = by.cut(bytes.substr(begin, end - begin), context, state, lines);
    std::size_t sum = 0;
    for (const CutLine& line : lines) {
      if (line.stamp.joins) cut.text += '+';
      cut.text += line.bytes;
      if (!line.bytes.ends_with('\n')) cut.text += '|';
      cut.stamps.push_back(line.stamp);
      cut.bytes += line.bytes;
      sum += line.bytes.size();
    }
    cut.lines += lines.size();
    REQUIRE(sum == done);
    begin += done;
    REQUIRE(end - begin <= LineCutter::most_record + 1'000'000);
    if (stalled) REQUIRE(done > 0);
  }
  REQUIRE(cut.bytes == bytes);
  return cut;
}

Cut cut_whole(const LineCutter& by, std::string_view bytes, const CutContext& context = {},
              std::optional<Millis> latest = {}) {
  return cut_in(
      by, bytes, [&] { return bytes.size(); }, context, latest);
}

/// How the lines join, one sign a line: `.` begins a record.
std::string joins(std::string_view bytes, const LineCutter& by) {
  std::string signs;
  for (const auto& stamp : cut_whole(by, bytes).stamps) signs += stamp.joins ? '+' : '.';
  return signs;
}

const char* const java_trace =
    "2026-11-20 14:02:11 ERROR failed\n"
    "java.lang.IllegalStateException: no way\n"
    "\tat a.B.c(B.java:1)\n"
    "\t... 12 more\n"
    "Caused by: java.io.IOException: disk\n"
    "\tat a.B.d(B.java:2)\n"
    "2026-11-20 14:02:12 INFO next\n";

}  // namespace

TEST_CASE("stack traces are one record, and what follows is another") {
  const LineCutter by = cutter();
  CHECK(joins(java_trace, by) == ".+++++.");
  CHECK(joins("Exception in thread \"main\" java.lang.Error: x\n\tat a\nSuppressed: b\n\tat c\n... 3 "
              "more\nnext\n",
              by) == ".++++.");
  CHECK(joins("Traceback (most recent call last):\n  File \"x\", line 1\n    f()\nKeyError: 'a'\n"
              "\nDuring handling of the above exception, another exception occurred:\n\n"
              "Traceback (most recent call last):\n  File \"x\", line 2\nValueError: b\nnext line\n",
              by) == ".+++++++++.");
  CHECK(joins("2026-11-20 14:02:11,123 ERROR x\nTraceback (most recent call last):\n  File \"x\"\nKeyError: "
              "'a'\nnext\n",
              by) == ".+++.");
  CHECK(joins("no time here\nTraceback (most recent call last):\n  File \"x\"\nKeyError: 'a'\n", by) ==
        "..++");
  CHECK(joins("panic: oh\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:4 +0x1d\nexit status 2\nnext\n",
              by) == ".+++++.");
  CHECK(
      joins(
          "panic: oh\n\ngoroutine 1 [running]:\nmain.f(0x1, {0x2, 0x3})\n\t/x.go:4\ncreated by main.main in "
          "goroutine 1\n\t/x.go:9\n\ngoroutine 5 [select]:\nnet.(*conn).Read(0xc0)\n\t/n.go:1\nthe next "
          "line\n",
          by) == ".++++++++++.");
  CHECK(joins("thread 'main' panicked at src/main.rs:2:5:\nboom\nnote: run with `RUST_BACKTRACE=1`\nnext\n",
              by) == ".++.");
  CHECK(joins("thread 'main' panicked at 'boom', src/main.rs:2:5\nstack backtrace:\n   0: f\n             at "
              "x\nnote: "
              "Some details\nnext\n",
              by) == ".++++.");
  CHECK(joins("TypeError: x\n    at f (a.js:1:2)\n    at g {\n  code: 'E'\n}\nnext\n", by) == ".++++.");
  CHECK(joins("Unhandled exception. System.Exception: x\n ---> System.Y: z\n   at A.B()\n   --- End of inner "
              "exception "
              "stack trace ---\n   at C.D()\n--- End of stack trace from previous location ---\nnext\n",
              by) == ".+++++.");
  CHECK(joins("a.rb:1:in `f': x (RuntimeError)\n\tfrom a.rb:3:in `<main>'\nnext\n", by) == ".+.");
  CHECK(joins("PHP Fatal error:  Uncaught Exception: x in /a.php:3\nStack trace:\n#0 /a.php(7): f()\n#1 "
              "{main}\n  thrown "
              "in /a.php on line 3\nnext\n",
              by) == ".++++.");
  CHECK(joins("=====\n==12==ERROR: AddressSanitizer: heap-use-after-free\nREAD of size 4\n    #0 0x1 in "
              "main\n\nfreed by "
              "thread T0 here:\n    #0 0x2\n\nSUMMARY: AddressSanitizer: x\nShadow bytes around:\n=>0x0c: "
              "fa\n  Left: fa\n"
              "==12==ABORTING\nnext\n",
              by) == "..+++++++++++.");
}

TEST_CASE("what merely looks alike does not join") {
  const LineCutter by = cutter();
  CHECK(joins("one\ntwo\n\nthree\n", by) == "....");
  CHECK(joins("  one\n  two\n  three\n", by) == "...");
  CHECK(joins("  one\n    two\n  three\n", by) == ".+.");
  CHECK(joins("1 a\n2 b\n3 c\n", by) == "...");
  CHECK(joins("#1 a\n#2 b\n", by) == "..");
  CHECK(joins("   \n   \n", by) == "..");
  CHECK(joins("{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n", by) == ".++.++");
  CHECK(joins("}\n}\n", by) == "..");
  CHECK(joins("Nov 20 14:02:11 a: x\nplain\n", by) == "..");
  CHECK(joins("Traceback (most recent call last):\n  File\n2026-11-20 14:02:12 x\n", by) == ".+.");
  // Bounded, whatever comes.
  std::string indented = "head\n";
  for (int i = 0; i < 1200; ++i) indented += "  x\n";
  const auto signs = joins(indented, by);
  CHECK(std::count(signs.begin(), signs.end(), '.') == 3);
}

TEST_CASE("a pattern, or nothing, may say where records begin") {
  const LineCutter by = cutter(Multiline::pattern, "^\\d+:");
  CHECK(joins("tail of before\n1: a\nb\n  c\n2: d\n", by) == "..++.");
  CHECK(joins(java_trace, cutter(Multiline::off)) == ".......");
  Source source;
  source.multiline = Multiline::pattern;
  source.record_start = "a(b";
  const auto none = LineCutter::create(source);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Code::config);
  source.record_start = "((a{1000}){1000}){1000}";
  CHECK_FALSE(LineCutter::create(source));
}

TEST_CASE("lines and joins are the same however the bytes come") {
  std::mt19937 random(11);
  const std::string pieces[] = {"one\n",
                                "  two\n",
                                "\n",
                                "\tat x\n",
                                "Caused by: y\n",
                                "#0 a\n",
                                "#1 b\n",
                                "a b c\r\n",
                                "}\n",
                                std::string("\0\n", 2),
                                "\xff\xc3\n",
                                "panic: x\n",
                                "goroutine 1 [x]:\n",
                                "main.f()\n",
                                "2026-11-20 14:02:11 x\n",
                                "Traceback (most recent call last):\n",
                                "KeyError: x\n",
                                "java.lang.Error: x\n"};
  for (const Multiline multiline : {Multiline::automatic, Multiline::off, Multiline::pattern}) {
    const LineCutter by = cutter(multiline, "^[a-z]");
    for (int round = 0; round < 40; ++round) {
      std::string text;
      for (auto n = random() % 60; n > 0; --n) text += pieces[random() % std::size(pieces)];
      if (round % 2 == 0) text += "no end";
      if (text.empty()) continue;
      const Cut whole = cut_whole(by, text);
      CAPTURE(text);
      CHECK(cut_in(by, text, [] { return 1; }).text == whole.text);
      for (int i = 0; i < 5; ++i) CHECK(cut_in(by, text, [&] { return random() % 20; }).text == whole.text);
      const CutContext old = old_file(1'795'000'000'000);
      CHECK(cut_whole(by, text, old).text == whole.text);
      CHECK(cut_in(
                by, text, [] { return 7; }, old)
                .text == whole.text);
    }
  }
}

TEST_CASE("a line without an end is given out in pieces, the same ones however it comes") {
  const LineCutter by = cutter();
  const std::string xs = [] {
    std::string made;
    made.resize(10'000'000, 'x');
    return made;
  }();
  const std::string text = "head\n  " + xs + "\ntail\n";
  const Cut whole = cut_whole(by, text);
  CHECK(whole.lines == 10'000'000 / LineCutter::most_record + 3);
  CHECK(cut_in(by, text, [] { return 100'000; }).text == whole.text);
  CHECK(cut_in(by, text, [] { return 1'000'000; }).text == whole.text);
  // The pieces of a line that joins do so too; the next line does not.
  CHECK_FALSE(whole.stamps.back().joins);
  for (std::size_t i = 1; i + 1 < whole.stamps.size(); ++i)
    CHECK(whole.stamps[i].joins == whole.stamps[1].joins);
}

TEST_CASE("what may go on waits, what does not is given out at once") {
  const LineCutter by = cutter();
  CutContext context;
  context.now = 5000;
  context.at_end = true;
  CutState state;
  std::vector<CutLine> lines;
  CHECK(by.cut("one\ntw", context, state, lines) == 4);  // a plain line does not wait
  CHECK(lines.size() == 1);
  CHECK(lines[0].stamp.time == 5000);
  CHECK(lines[0].stamp.from == TimeFrom::read);
  CHECK(by.cut("tw", context, state, lines) == 0);
  CHECK(by.cut("two\n  more\n", context, state, lines) == 0);  // a record of two does
  CHECK(lines.empty());
  CHECK(by.cut("two\n", context, state, lines) == 4);
  CHECK(by.cut("  more\n", context, state, lines) == 0);
  context.record_due = true;
  CHECK(by.cut("  more\n  ha", context, state, lines) == 7);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].stamp.joins);
  context.line_due = true;
  CHECK(by.cut("  ha", context, state, lines) == 4);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].stamp.joins);
  context.record_due = context.line_due = false;
  CHECK(by.cut("lf\nnext\n", context, state, lines) == 8);  // the rest of that line, no line of its own
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].bytes == "lf\n");
  CHECK(lines[0].stamp.joins);
  CHECK_FALSE(lines[1].stamp.joins);
  // Not at the end of the file: more is there to be read.
  context.at_end = false;
  context.record_due = context.line_due = true;
  CHECK(by.cut("x\n  y\nz", context, state, lines) == 0);
  // A trace waits from its first line on.
  context = {};
  context.at_end = true;
  CHECK(by.cut("Traceback (most recent call last):\n", context, state, lines) == 0);
  // A record that grows too large to be held goes out.
  std::string large = "x\n";
  while (large.size() < LineCutter::most_record) large += "  " + std::string(2000, 'y') + "\n";
  CHECK(by.cut(large, context, state, lines) == large.size());
  // Neither do a record and the beginning of its next line wait when they fill the room together.
  std::string record = "x\n";
  while (record.size() < LineCutter::most_record / 2) record += "  " + std::string(2000, 'y') + "\n";
  const std::string begun = "  " + std::string(LineCutter::most_record - record.size() - 2, 'z');
  CHECK(by.cut(record + begun.substr(1), context, state, lines) == 0);
  CHECK(by.cut(record + begun, context, state, lines) == record.size());
}

TEST_CASE("raw bytes are given out as they come") {
  Source source;
  source.raw = true;
  auto by = LineCutter::create(source);
  REQUIRE(by);
  CutState state;
  std::vector<CutLine> lines;
  CutContext context;
  context.now = 7;
  const std::string_view bytes("a\n\0b", 4);
  CHECK(by->cut(bytes, context, state, lines) == 4);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].bytes == bytes);
  CHECK(lines[0].stamp.time == 7);
  CHECK(by->cut("", context, state, lines) == 0);
  CHECK(lines.empty());
  CHECK(state == CutState());
}

TEST_CASE("old lines are timed by what they say, else by their neighbours, else by the file") {
  const Millis noon = days_of(2026, 11, 20) * day_ms + day_ms / 2;
  const LineCutter by = cutter();
  const auto times = [&](std::string_view text, const CutContext& context,
                         std::optional<Millis> latest = {}) {
    std::string said;
    for (const auto& stamp : cut_whole(by, text, context, latest).stamps) {
      said += fmt::format("{}{}{} ", stamp.joins ? "+" : "", (stamp.time - noon) / 1000,
                          stamp.from == TimeFrom::line           ? ""
                          : stamp.from == TimeFrom::interpolated ? "i"
                                                                 : "m");
    }
    return said;
  };
  const CutContext old = old_file(noon + 1'000'000);
  CHECK(times("2026-11-20 12:00:00 a\nb\nc\n2026-11-20 12:00:30 d\n", old) == "0 10i 20i 30 ");
  CHECK(times("2026-11-20 12:00:00 a\n b\n c\n2026-11-20 12:00:30 d\n", old) == "0 +0 +0 30 ");
  CHECK(times("b\n c\nd\n2026-11-20 12:00:30 d\n", old) == "30i +30i 30i 30 ");
  CHECK(times("b\n c\nd\n2026-11-20 12:00:30 d\n", old_file(noon + 1'000'000, noon)) == "10i +10i 20i 30 ");
  CHECK(times("b\n2026-11-20 12:00:30 d\n", old, noon) == "15i 30 ");
  CHECK(times("2026-11-20 12:00:00 a\nb\nc\n", old) == "0 500i 1000i ");
  CHECK(times("a\nb\n", old) == "1000m 1000m ");
  CHECK(times("2026-11-20 12:00:30 a\nb\n2026-11-20 12:00:00 c\n", old) ==
        "30 30i 0 ");  // the file's order counts
  // The next time counts though its record waits.
  CutState state;
  std::vector<CutLine> lines;
  CutContext more = old;
  by.cut("2026-11-20 12:00:00 a\nb\n2026-11-20 12:00:30 d\n  e\n", more, state, lines);
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].stamp.time == noon + 15'000);
  CHECK(state.latest == noon);
}

TEST_CASE("the hour that comes twice keeps the order of the file") {
  const LineCutter by = cutter(Multiline::automatic, "", "Europe/Berlin");
  std::string text;
  std::vector<Millis> wanted;
  // Every ten minutes from 23:00 UTC on, as a clock in Berlin shows it.
  const Millis begin = days_of(2026, 10, 24) * day_ms + 23 * 3'600'000;
  for (int i = 0; i < 30; ++i) {
    const Millis at = begin + i * 600'000;
    const Millis local = at + (at < days_of(2026, 10, 25) * day_ms + 3'600'000 ? 2 : 1) * 3'600'000;
    text += fmt::format("Oct {} {:02}:{:02}:00 host x\n", date_of(local / day_ms).day, local / 3'600'000 % 24,
                        local / 60'000 % 60);
    wanted.push_back(at);
  }
  const Cut cut = cut_whole(by, text, old_file(begin + day_ms));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CAPTURE(i);
    CHECK(cut.stamps[i].time == wanted[i]);
  }
}

TEST_CASE("ten years of syslog without years come in with the right ones") {
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::mt19937 random(5);
  for (const std::string name : {"UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland"}) {
    CAPTURE(name);
    const LineCutter by = cutter(Multiline::automatic, "", name);
    auto zone = Zone::named(name);
    REQUIRE(zone);
    std::string text;
    std::vector<Millis> wanted;
    const auto write = [&](Millis at) {
      const Millis local = at + zone->offset_at(at / 1000) * 1000;
      const Date date = date_of(local / day_ms);
      text += fmt::format("{} {:2} {:02}:{:02}:{:02} host cron[1]: x\n", months[date.month - 1], date.day,
                          local / 3'600'000 % 24, local / 60'000 % 60, local / 1000 % 60);
      wanted.push_back(at);
    };
    Millis at = days_of(2015, 3, 1) * day_ms;
    while (at < days_of(2026, 2, 1) * day_ms) {
      const auto year = date_of(at / day_ms).year;
      write(at);
      if (random() % 50 == 0) write(at - 2000);  // a little out of order
      // Gaps up to months, and every leap day.
      const Millis leap = days_of(year, 2, 28) * day_ms + day_ms + 12 * 3'600'000;
      Millis next = at + static_cast<Millis>(1 + random() % 86'400'000);
      if (random() % 100 == 0) next += static_cast<Millis>(random() % 200) * day_ms;
      if (is_leap_year(year) && at < leap && next > leap) next = leap;
      const Millis new_year = days_of(year + 1, 1, 1) * day_ms;
      if (at < new_year - 5000 && next > new_year) {
        // Close around the turn of the year, out of order.
        for (const int s : {-4, -1, 1, -2, 2, 0, 3}) write(new_year + s * 1000);
        next = new_year + 60'000;
      }
      at = next;
    }
    const Millis modified = wanted.back() + 1000;
    LineCutter::YearScan scan(by);
    for (std::size_t i = 0; i < text.size(); i += 777) scan.add(std::string_view(text).substr(i, 777));
    const auto before = scan.before_first(modified);
    REQUIRE(before);
    const Cut cut = cut_whole(by, text, old_file(modified), before);
    REQUIRE(cut.stamps.size() == wanted.size());
    int wrong = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      // A clock that is set back shows some times twice; all else is exact to the second.
      const Millis away = std::abs(cut.stamps[i].time / 1000 - wanted[i] / 1000);
      if (away != 0 && away != 3600) ++wrong;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("a file that begins to say its years tells those before") {
  const LineCutter by = cutter();
  LineCutter::YearScan scan(by);
  scan.add("Nov 20 14:02:11 host a: x\nno time\nFeb  1 00:00:00 host a: x\n2023-03-01T00:00:00Z host a: x\n");
  CHECK(scan.done());
  CHECK(scan.before_first(days_of(2026, 1, 1) * day_ms) == days_of(2022, 11, 20) * day_ms);
  LineCutter::YearScan years(by);
  years.add("2023-03-01T00:00:00Z host a: x\nNov 20 14:02:11 host a: x\n");
  CHECK_FALSE(years.before_first(days_of(2026, 1, 1) * day_ms));
  LineCutter::YearScan none(by);
  none.add("x\ny" + std::string(100'000, 'z'));
  CHECK_FALSE(none.before_first(days_of(2026, 1, 1) * day_ms));
}

TEST_CASE("hostile bytes and states do no harm") {
  std::mt19937 random(23);
  const LineCutter by = cutter();
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (auto n = random() % 3000; n > 0; --n)
      bytes += random() % 10 == 0 ? '\n' : static_cast<char>(random() % 4 == 0 ? ' ' : random());
    if (bytes.empty()) continue;
    cut_in(
        by, bytes, [&] { return random() % 500; }, old_file(static_cast<Millis>(random())));
    CutState state;
    state.in_record = true;
    for (auto n = random() % 20; n > 0; --n)
      state.trace += static_cast<char>(random() % 3 == 0 ? '9' : random());
    std::vector<CutLine> lines;
    CutContext context;
    context.at_end = context.record_due = context.line_due = true;
    CHECK(by.cut(bytes, context, state, lines) == bytes.size());
  }
}
