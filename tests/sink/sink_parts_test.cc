// SPDX-License-Identifier: MIT
#include "sink/backoff.h"
#include "sink/cursor.h"
#include "sink/outstanding.h"
#include "sink/program_talk.h"
#include "sink/sink_settings.h"

#include <doctest/doctest.h>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

MessageKey key(std::uint8_t number) {
  MessageKey key;
  key.bytes.fill(number);
  return key;
}

FeedId feed(std::uint8_t number) {
  FeedId id;
  id.bytes.fill(number);
  return id;
}

using enum Resumption::Kind;

}  // namespace

TEST_CASE("a feed goes on behind what was given, as long as that is what stands there") {
  const FeedMark mark{7, key(7)};
  CHECK(resume({}, {.tip = 5}) == Resumption{goes_on, 0});
  CHECK(resume(mark, {.tip = 7, .at_mark = key(7)}) == Resumption{goes_on, 7});
  CHECK(resume(mark, {.tip = 90, .at_mark = key(7)}) == Resumption{goes_on, 7});
  // A fork that is known concerns nothing that was not given from it.
  CHECK(resume(mark, {.tip = 90, .at_mark = key(7), .fork = 3, .on_other_branch = true}) ==
        Resumption{goes_on, 7});
}

TEST_CASE("a feed that was cut back is waited for, and what comes back is not given twice") {
  const FeedMark mark{7, key(7)};
  for (Seq tip = 0; tip < 7; ++tip) CHECK(resume(mark, {.tip = tip}) == Resumption{waits, 7});
  CHECK(resume(mark, {.tip = 7, .at_mark = key(7)}) == Resumption{goes_on, 7});
}

TEST_CASE("the other branch of a fork is given from where it parts") {
  const FeedMark mark{7, key(7)};
  CHECK(resume(mark, {.tip = 4, .fork = 4, .on_other_branch = true}) == Resumption{parted, 3});
  CHECK(resume(mark, {.tip = 9, .at_mark = key(8), .fork = 7, .on_other_branch = true}) ==
        Resumption{parted, 6});
  // Cut to the fork, and nothing of the other branch is here yet.
  CHECK(resume(mark, {.tip = 3, .fork = 4}) == Resumption{waits, 7});
  // Nobody knows where it parted.
  CHECK(resume(mark, {.tip = 9, .at_mark = key(8)}) == Resumption{lost_track, 7});
}

TEST_CASE("portions are taken as wholes, in their order") {
  const auto portion = [](std::vector<TextSize> ends, std::uint8_t number, Seq sequence) {
    Portion made;
    made.ends = std::move(ends);
    made.steps = {{feed(number), {sequence, key(number)}}};
    made.spans[feed(number)] = {sequence - 1, sequence};
    return made;
  };
  Outstanding outstanding;
  outstanding.give(portion({{40, 1}, {100, 3}}, 1, 5));
  outstanding.give(portion({}, 2, 1));  // no line of it is wanted
  outstanding.give(portion({{50, 2}}, 1, 6));
  CHECK(outstanding.bytes() == 150);
  CursorSteps steps;
  outstanding.took_bytes(99, steps);
  CHECK(steps.empty());
  // The first record was taken whole, the second in part.
  REQUIRE(outstanding.rest_behind_bytes(99));
  CHECK(outstanding.rest_behind_bytes(99)->skipped == 1);
  CHECK(outstanding.rest_behind_bytes(99)->lines == 1);
  CHECK(outstanding.rest_behind_bytes(99)->spans.at(feed(1)) == MessageSpan{4, 5});
  CHECK_FALSE(outstanding.rest_behind_bytes(39));
  CHECK(outstanding.rest_behind_lines(2)->skipped == 1);
  outstanding.took_bytes(149, steps);
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].second.sequence == 5);
  CHECK(steps[1].first == feed(2));
  CHECK(outstanding.lines() == 2);
  CHECK(outstanding.lines_taken() == 3);
  CHECK_FALSE(outstanding.rest_behind_lines(4));
  steps.clear();
  outstanding.took_lines(4, steps);
  CHECK(steps.empty());
  outstanding.took_lines(5, steps);
  CHECK(steps.size() == 1);
  CHECK(outstanding.is_empty());
  CHECK(outstanding.bytes() == 0);
  // A portion without lines waits for nobody.
  outstanding.give(portion({}, 3, 1));
  steps.clear();
  outstanding.took_bytes(150, steps);
  CHECK(steps.size() == 1);
  // What was taken of a portion that was begun before counts on.
  Portion rest = portion({{10, 1}, {20, 2}}, 1, 7);
  rest.skipped = 4;
  outstanding.give(rest);
  CHECK(outstanding.rest_behind_lines(5)->skipped == 4);
  CHECK(outstanding.rest_behind_lines(6)->skipped == 5);
}

TEST_CASE("rests double up to five minutes, and begin anew behind a good run") {
  Backoff backoff;
  std::chrono::milliseconds wanted = 1s;
  for (int i = 0; i < 12; ++i) {
    CHECK(backoff.failed(10ms, true) == wanted);
    wanted = std::min<std::chrono::milliseconds>(wanted * 2, 5min);
  }
  CHECK(backoff.failed(2h, false) == 5min);  // it ran for long, and took nothing
  CHECK(backoff.failed(1min, true) == 1s);
  CHECK(backoff.failed(1s, true) == 2s);
  backoff.succeeded();
  CHECK(backoff.failed(1s, true) == 1s);
}

TEST_CASE("what a program says on stderr is told by lines, escaped and bounded") {
  const auto told = [](ErrorTalk& talk, std::string_view text, std::chrono::milliseconds now = 1s) {
    return talk.take(as_bytes(text), now);
  };
  ErrorTalk talk;
  CHECK(told(talk, "cannot ").empty());
  CHECK(told(talk, "reach \x1b[31mhost\r\n\n") == std::vector<std::string>{"cannot reach \x1b[31mhost"});
  CHECK(talk.last() == "cannot reach \x1b[31mhost");
  CHECK(told(talk, "half").empty());
  CHECK(talk.finish() == std::vector<std::string>{"half"});

  ErrorTalk flood;
  CHECK(told(flood, std::string(1'000'000, 'x') + "\n").front().size() == ErrorTalk::longest_line + 4);
  std::size_t lines = 1;
  for (int i = 0; i < 1000; ++i) lines += told(flood, "again\n").size();
  CHECK(lines == ErrorTalk::most_lines);
  CHECK(told(flood, "", 2min) == std::vector<std::string>{"it said 981 lines more"});
  CHECK(told(flood, "calm\n", 2min) == std::vector<std::string>{"calm"});
}

TEST_CASE("counts are read however they are cut, and anything else is refused") {
  const std::string counts = "1\n  2 \r\n17\n17\n100000\n";
  for (std::size_t step = 1; step <= counts.size(); ++step) {
    TakenCount count;
    for (std::size_t at = 0; at < counts.size(); at += step)
      REQUIRE(count.take(as_bytes(counts.substr(at, step)), 100000));
    CHECK(count.lines() == 100000);
  }
  for (const char* wrong : {"ok\n", "\n", "-1\n", "1 2\n", "1.5\n", "99999999999999999999999\n",
                            "                                      1\n", "7\n6\n"}) {
    CAPTURE(wrong);
    TakenCount count;
    CHECK_FALSE(count.take(as_bytes(wrong), UINT64_MAX));
  }
  TakenCount half;
  REQUIRE(half.take(as_bytes("12"), 12));
  CHECK(half.lines() == 0);
  // More than there were: it cannot have taken what it was not given.
  REQUIRE(half.take(as_bytes("\n"), 12));
  const auto more = half.take(as_bytes("13\n"), 12);
  REQUIRE_FALSE(more);
  CHECK(more.error().text == "it said that it took 13 lines, and was given 12");
  CHECK(half.lines() == 12);
}

TEST_CASE("names of sinks are plain") {
  CHECK(is_sink_name("graylog-2.lan_x"));
  for (const char* wrong : {"", "a b", "A", "a:b", "\xc3\xa4", "a/b"}) CHECK_FALSE(is_sink_name(wrong));
  CHECK_FALSE(is_sink_name(std::string(65, 'a')));
}
