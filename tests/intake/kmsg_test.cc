// SPDX-License-Identifier: MIT
#include "intake/kmsg.h"

#include <doctest/doctest.h>

#include <random>

using namespace ssblog;

namespace {
const std::string this_one(32, 'a'), last_one(32, 'b');
}

TEST_CASE("a record of the kernel is read") {
  const auto record = parse_kernel_record(
      "30,339,5140900,-;usb 1-1: new \\x5c device\\x0aof two lines\n SUBSYSTEM=usb\n DEVICE=c189:5\n");
  REQUIRE(record);
  CHECK(record->level == 6);  // facility 3
  CHECK(record->sequence == 339);
  CHECK(record->microseconds == 5140900);
  CHECK_FALSE(record->fragment);
  CHECK(record->text == "usb 1-1: new \\ device\nof two lines");
  const auto later = parse_kernel_record("4,340,5140901,c,caller=T1;half");
  REQUIRE(later);
  CHECK(later->fragment);
  CHECK(later->text == "half");
  CHECK(parse_kernel_record("6,1,2,-;")->text.empty());
  CHECK(parse_kernel_record("6,1,2,-;a\\x4")->text == "a\\x4");
  CHECK(parse_kernel_record("6,1,2,-;a\\xzz\\x")->text == "a\\xzz\\x");
}

TEST_CASE("what is no record of the kernel is refused") {
  for (const char* text : {"", "6", "6,1,2", "6,1,2,-", ";", ",,,;x", "6,1;x", "-6,1,2,-;x", "6,x,2,-;x",
                           "6,1,2;x", "6,99999999999999999999999,2,-;x", " 6,1,2,-;x"}) {
    CAPTURE(text);
    CHECK(!parse_kernel_record(text));
  }
  std::mt19937 random(3);
  const std::string good = "6,339,5140900,-;text \\x0a more\n A=b\n";
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good.substr(0, random() % (good.size() + 1));
    for (auto flips = random() % 4; flips > 0 && !bytes.empty(); --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto record = parse_kernel_record(bytes);
    if (record) CHECK(record->text.size() <= bytes.size());
  }
}

TEST_CASE("records come once, and those that are missing are counted") {
  const auto text = [](int sequence) {
    return std::to_string(6) + "," + std::to_string(sequence) + ",7,-;x";
  };
  KernelLog first(this_one, {});
  const auto one = first.take(text(100));
  REQUIRE((one && *one));
  CHECK((*one)->lost == 0);  // forgotten before anybody asked
  CHECK((*first.take(text(101)))->lost == 0);
  CHECK((*first.take(text(110)))->lost == 8);
  CHECK_FALSE(*first.take(text(110)));
  CHECK_FALSE(*first.take(text(5)));
  CHECK(!first.take("nonsense"));

  // After a restart, with the cursor as it was kept.
  KernelLog again(this_one, KernelCursor::parse(first.cursor().text()));
  CHECK_FALSE(*again.take(text(109)));
  CHECK_FALSE(*again.take(text(110)));
  CHECK((*again.take(text(112)))->lost == 1);

  // Another boot begins with 0.
  KernelLog next(last_one, again.cursor());
  CHECK((*next.take(text(3)))->lost == 3);
  CHECK(next.cursor().boot == last_one);
}

TEST_CASE("a cursor of the kernel is read as it was written, and any other text is none") {
  KernelCursor cursor{this_one, 18446744073709551615U, {crash_mark("a", 1, "x"), crash_mark("b", 1, "x")}};
  const auto again = KernelCursor::parse(cursor.text());
  CHECK(again.boot == cursor.boot);
  CHECK(again.sequence == cursor.sequence);
  CHECK(again.crashes == cursor.crashes);
  CHECK(crash_mark("a", 1, "x") != crash_mark("a", 2, "x"));
  CHECK(crash_mark("a", 1, "x") != crash_mark("a", 1, "y"));
  for (const char* text :
       {"", "x", "{}", "[]", R"({"boot":5,"sequence":5})", R"({"boot":"A","sequence":"5"})"}) {
    CAPTURE(text);
    CHECK(KernelCursor::parse(text).boot.empty());
    CHECK_FALSE(KernelCursor::parse(text).sequence);
  }
  const auto odd = KernelCursor::parse(R"({"crashes":"0123456789abcde\"0123456789abcdef0123"})");
  CHECK(odd.crashes == std::vector<std::string>{"0123456789abcdef"});
  CHECK(KernelCursor::parse(odd.text()).crashes == odd.crashes);
}
