// SPDX-License-Identifier: MIT
#include "intake/journal_export.h"

#include <doctest/doctest.h>

#include <random>

using namespace ssblog;

namespace {

std::string binary(const std::string& name, const std::string& value) {
  std::string bytes = name + '\n';
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value.size() >> (8 * i) & 0xff);
  return bytes + value + '\n';
}

const std::string plain =
    "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1700000000123456\n__MONOTONIC_TIMESTAMP=5000999\n"
    "_BOOT_ID=0123456789abcdef0123456789abcdef\nPRIORITY=3\nSYSLOG_IDENTIFIER=app\n_COMM=app-bin\n_PID=42\n"
    "_SYSTEMD_UNIT=app.service\nMESSAGE=it failed\nOTHER=skipped\n";

/// All entries of the bytes, which come in pieces of `step`.
std::vector<JournalEntry> read_all(const std::string& bytes, std::size_t step) {
  JournalExport reader;
  std::vector<JournalEntry> entries;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const std::string piece = bytes.substr(at, step);
    ByteView in = as_bytes(piece);
    for (;;) {
      auto entry = reader.next(in);
      REQUIRE(entry);
      if (!*entry) break;
      entries.push_back(std::move(**entry));
    }
    REQUIRE(in.empty());
  }
  return entries;
}

}  // namespace

TEST_CASE("entries of a journal are the same however their bytes arrive") {
  const std::string message("two\nlines \0\xff", 12);
  const std::string bytes = plain + "\n" + "__CURSOR=c2\n" + binary("MESSAGE", message) +
                            binary("COREDUMP", "\n\n\n") + binary("_PID", "") +
                            "\n\n__CURSOR=c3\nMESSAGE=first\nMESSAGE=second\n\n";
  for (std::size_t step = 1; step <= bytes.size(); step += step < 20 ? 1 : 37) {
    CAPTURE(step);
    const auto entries = read_all(bytes, step);
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].cursor == "s=1;i=2");
    CHECK(entries[0].message == "it failed");
    CHECK(entries[1].message == message);
    CHECK(entries[1].pid.empty());
    CHECK(entries[2].message == "first");
  }
}

TEST_CASE("an entry becomes an event") {
  const auto entries = read_all(plain + "\n__CURSOR=x\n\n", 1000);
  REQUIRE(entries.size() == 2);
  const Event event = event_of(entries[0], "journal", 7);
  CHECK(event.stream == "journal:app.service");
  CHECK(event.time == 1700000000123);
  CHECK(event.from == TimeFrom::line);
  CHECK(event.level == 3);
  CHECK(event.boot == "01234567");
  CHECK(event.up == 5000);
  CHECK(event.text == "app[42]: it failed");
  const Event bare = event_of(entries[1], "journal", 7);
  CHECK(bare.stream == "journal");
  CHECK(bare.time == 7);
  CHECK(bare.from == TimeFrom::read);
  CHECK_FALSE(bare.level);
  CHECK_FALSE(bare.up);
  CHECK(bare.text.empty());
  JournalEntry odd;
  odd.priority = "8";
  odd.realtime = "-5";
  odd.command = "comm";
  odd.message = "m";
  CHECK_FALSE(event_of(odd, "j", 7).level);
  CHECK(event_of(odd, "j", 7).time == 7);
  CHECK(event_of(odd, "j", 7).text == "comm: m");
}

TEST_CASE("a boot is 32 hex digits, and what is none has no time since it") {
  JournalEntry entry;
  entry.monotonic = "5000";
  for (const char* boot : {"4f6b0c\"d2e3f405162738495a6b7c8d9", "4F6B0C1D2E3F405162738495A6B7C8D9",
                           "                                ", "4f6b0c1d"}) {
    CAPTURE(boot);
    entry.boot = boot;
    CHECK(event_of(entry, "j", 7).boot.empty());
    CHECK_FALSE(event_of(entry, "j", 7).up);
  }
  entry.boot = "4f6b0c1d2e3f405162738495a6b7c8d9";
  CHECK(event_of(entry, "j", 7).boot == "4f6b0c1d");
  CHECK(event_of(entry, "j", 7).up == 5);
}

TEST_CASE("values beyond the limits are left out, and that is said") {
  const std::string big(JournalExport::longest_field + 1000, 'x');
  const auto entries =
      read_all("MESSAGE=" + big + "\n\n" + binary("MESSAGE", big) + "\nMESSAGE=next\n\n", 65536);
  REQUIRE(entries.size() == 3);
  for (int i = 0; i < 2; ++i) {
    CHECK(entries[i].message.size() == JournalExport::longest_field);
    CHECK(entries[i].cut == 1000);
    CHECK(event_of(entries[i], "j", 1).text.ends_with("x [... 1000 bytes more]"));
  }
  CHECK(entries[2].cut == 0);
  std::string many;
  for (const char* name : {"MESSAGE", "SYSLOG_IDENTIFIER", "_COMM", "_PID", "_SYSTEMD_UNIT"})
    many += binary(name, big);
  const auto sum = read_all(many + "\n", 65536);
  REQUIRE(sum.size() == 1);
  CHECK(sum[0].message.size() + sum[0].identifier.size() + sum[0].command.size() + sum[0].pid.size() +
            sum[0].unit.size() ==
        JournalExport::longest_entry);
}

TEST_CASE("what is no export of a journal ends, or is skipped, and takes no memory") {
  JournalExport names;
  const std::string long_name(1000, 'N');
  ByteView in = as_bytes(long_name);
  CHECK(!names.next(in));
  JournalExport ends;
  std::string wrong = binary("MESSAGE", "abc");
  wrong.back() = 'x';
  in = as_bytes(wrong);
  CHECK(!ends.next(in));
  // A length that no machine has.
  JournalExport lengths;
  const std::string huge = "MESSAGE\n" + std::string(8, '\xff') + std::string(3 << 20, 'y');
  in = as_bytes(huge);
  const auto none = lengths.next(in);
  REQUIRE(none);
  CHECK(!*none);
  CHECK(in.empty());

  std::mt19937 random(5);
  const std::string good = plain + binary("MESSAGE", "a\nb") + "\n" + plain + "\n";
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (auto flips = random() % 5; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    JournalExport reader;
    in = as_bytes(bytes);
    for (;;) {
      const auto entry = reader.next(in);
      if (!entry || !*entry) break;
      CHECK(event_of(**entry, "j", 1).text.size() <= bytes.size() + 100);
    }
  }
}
