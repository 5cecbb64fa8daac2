// SPDX-License-Identifier: MIT
#include "feed/chunk_writer.h"

#include "feed/instance.h"
#include "feed/json.h"
#include "feed/message.h"
#include "feed/utf.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <random>
#include <set>

using namespace ssblog;

namespace {

constexpr Millis noon = 1700000000000;
constexpr Millis hour = 60 * 60 * 1000;
const std::string plain_head = R"({"type":"log","source":"nas","job":"nightly","stream":"stdout"})";

/// A line as it was put in or as it was read back.
struct TimedLine {
  std::string bytes;
  Millis time = 0;
  bool operator==(const TimedLine&) const = default;
};

/// The feed that a writer fills, and the reader of it: signs each content, reads it, lays it out.
class Feed {
 public:
  void take(std::string_view content, Millis now) {
    const auto canonical_content = canonical(content, Layout::compact);
    REQUIRE(canonical_content);
    REQUIRE(*canonical_content == content);
    const auto message = sign(keys_, state_, static_cast<double>(now) + 0.001, content, nullptr);
    if (!message) {
      CAPTURE(message.error().text);
      REQUIRE(message);
    }
    state_ = message->state();
    state_->sequence = max_sequence - 1;  // the longest there is
    units.push_back(indented_length((*message)->text));
    contents.emplace_back(content);
    read((*message)->content(), (*message)->timestamp);
  }

  std::string bytes;             ///< of all messages, in order
  std::vector<TimedLine> lines;  ///< put together from their pieces
  std::vector<Record> records;
  std::vector<std::string> contents;
  std::vector<std::size_t> units;  ///< length of each message
  std::set<std::string> runs;

 private:
  void read(std::string_view content, double timestamp) {
    Record record;
    read_record(content, timestamp, record);
    REQUIRE(record.kind == RecordKind::log);
    Placement placement;
    if (record.chunk) {
      InstanceState& instance = instances_[record.chunk->run];
      REQUIRE(record.length() > 0);
      REQUIRE(record.chunk->offset == instance.high);
      placement = place(instance, record, static_cast<std::uint32_t>(contents.size()));
      REQUIRE(placement.whole);
      REQUIRE(placement.gap == 0);
      if (runs.insert(record.chunk->run).second) latest_.reset();
    } else {
      placement = place_alone(record);
    }
    std::vector<LinePiece> pieces;
    lay_out(record, placement, pieces);
    REQUIRE(!pieces.empty());
    REQUIRE(pieces.front().continues == inside_line_);
    for (const LinePiece& piece : pieces) {
      if (piece.continues) {
        lines.back().bytes += piece.bytes;
        continue;
      }
      lines.push_back({std::string(piece.bytes), piece.time});
      if (!record.chunk) continue;
      // A line more than two hours behind stands at the beginning of a message, and so starts afresh.
      latest_ =
          !latest_ || *latest_ - piece.time > time_restart ? piece.time : std::max(*latest_, piece.time);
      REQUIRE(piece.order == *latest_);
    }
    inside_line_ = !pieces.back().finished;
    bytes += record.bytes;
    if (record.ends_line()) bytes += '\n';
    records.push_back(std::move(record));
  }

  KeyPair keys_ = KeyPair::generate();
  std::optional<FeedState> state_ = FeedState{max_sequence - 1, MessageKey{{255}}};
  std::map<std::string, InstanceState> instances_;
  std::optional<Millis> latest_;  ///< t' of the instance under way
  bool inside_line_ = false;
};

/// A writer whose runs are counted.
ChunkWriter writer_of(std::string_view head, Packing packing) {
  auto writer = ChunkWriter::create(head, packing, [n = 0]() mutable { return fmt::format("{:016x}", ++n); });
  REQUIRE(writer);
  return *std::move(writer);
}

/// A writer and what comes of it.
struct Way {
  explicit Way(Packing packing = Packing::full, std::string_view head = plain_head)
      : writer(writer_of(head, packing)) {}
  ChunkWriter::Emit emit(Millis now) {
    return [this, now](std::string_view content) { feed.take(content, now); };
  }
  void add(std::string_view bytes, Millis now = noon) { writer.add(bytes, now, emit(now)); }
  void flush(Millis now = noon) { writer.flush(now, emit(now)); }
  void finish(Millis now = noon) { writer.finish(now, emit(now)); }

  ChunkWriter writer;
  Feed feed;
};

/// Code points of the given greatest value, no surrogates, a newline now and then.
std::string random_text(std::mt19937& random, std::size_t bytes, char32_t limit, unsigned newline_each) {
  std::string text;
  while (text.size() < bytes) {
    const auto c = static_cast<char32_t>(random()) % limit;
    if (random() % newline_each == 0) {
      text += '\n';
    } else if (c >= 0x20 && (c < 0xd800 || c > 0xdfff)) {
      append_utf8(text, c);
    }
  }
  return text;
}

struct Kind {
  const char* name;
  std::string (*make)(std::mt19937& random, std::size_t bytes);
};

std::string repeat(std::mt19937& random, std::size_t bytes, const std::vector<std::string_view>& parts) {
  std::string text;
  while (text.size() < bytes) text += parts[random() % parts.size()];
  return text;
}

const Kind kinds[] = {
    {"empty", [](std::mt19937&, std::size_t) { return std::string(); }},
    {"only newlines", [](std::mt19937&, std::size_t bytes) { return std::string(bytes, '\n'); }},
    {"ASCII lines",
     [](std::mt19937& random, std::size_t bytes) { return random_text(random, bytes, 0x7f, 80); }},
    {"one ASCII line",
     [](std::mt19937& random, std::size_t bytes) { return random_text(random, bytes, 0x7f, ~0U); }},
    {"JSON lines",
     [](std::mt19937& random, std::size_t bytes) {
       return repeat(random, bytes,
                     {"{\"level\":\"info\",\"msg\":\"a \\\"b\\\" c\",\"path\":\"C:\\\\x\"}\n", "{}\n",
                      "\"\"\"\"\\\\\\\\"});
     }},
    {"two-byte UTF-8",
     [](std::mt19937& random, std::size_t bytes) { return random_text(random, bytes, 0x800, 50); }},
    {"three-byte UTF-8",
     [](std::mt19937& random, std::size_t bytes) { return random_text(random, bytes, 0x10000, 3000); }},
    {"any UTF-8",
     [](std::mt19937& random, std::size_t bytes) { return random_text(random, bytes, 0x110000, 500); }},
    {"UTF-8 with controls and NULs",
     [](std::mt19937& random, std::size_t bytes) {
       return repeat(random, bytes,
                     {{"\0", 1}, {"\0\0\0\0", 4}, "\1", "\x1b[0m", "\u00e9", "\U0001f600", "x"});
     }},
    {"NULs",
     [](std::mt19937& random, std::size_t bytes) {
       return repeat(random, bytes, {{"\0\0\0", 3}, {"\0\n", 2}});
     }},
    {"NULs without a line end", [](std::mt19937&, std::size_t bytes) { return std::string(bytes, '\0'); }},
    {"carriage returns",
     [](std::mt19937& random, std::size_t bytes) {
       return repeat(random, bytes, {"a line\r\n", "progress 5%\r", "\r\r\n"});
     }},
    {"binary",
     [](std::mt19937& random, std::size_t bytes) {
       std::string text;
       while (text.size() < bytes) text += static_cast<char>(random());
       return text;
     }},
    {"binary without a line end",
     [](std::mt19937& random, std::size_t bytes) {
       std::string text;
       while (text.size() < bytes) text += static_cast<char>(0x80 | random());
       return text;
     }},
    {"continuation bytes", [](std::mt19937&, std::size_t bytes) { return std::string(bytes, '\x80'); }},
    {"latin1 lines",
     [](std::mt19937& random, std::size_t bytes) {
       return repeat(random, bytes, {"caf\xe9 cr\xe8me\n", "plain line\n", "\xff"});
     }},
    {"text with a bad byte now and then",
     [](std::mt19937& random, std::size_t bytes) {
       std::string text = random_text(random, bytes, 0x800, 400);
       for (std::size_t at = random() % 3000; at < text.size(); at += 1 + random() % 9000) text[at] = '\xff';
       return text;
     }},
    {"lines of all lengths",
     [](std::mt19937& random, std::size_t bytes) {
       std::string text;
       while (text.size() < bytes)
         text += random_text(random, random() % (1U << random() % 15), 0x7f, ~0U) + '\n';
       return text;
     }},
};

/// Puts a text through a writer: random cuts, random flushes, a clock that mostly goes forward.
void put_through(std::mt19937& random, const std::string& text, Packing packing) {
  Way way(packing);
  std::vector<TimedLine> lines;  // what must come back
  bool line_open = false;
  Millis clock = noon;
  const std::size_t largest = std::size_t{1} << (5 + random() % 13);
  const bool flushes = random() % 2;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view cut = std::string_view(text).substr(at, random() % largest + 1);
    if (random() % 3) clock += random() % 1500;
    if (random() % 40 == 0) clock += (static_cast<Millis>(random() % 9) - 4) * hour;
    for (const char c : cut) {
      if (!line_open) lines.push_back({"", clock});
      line_open = c != '\n';
      if (line_open) lines.back().bytes += c;
    }
    way.add(cut, clock);
    at += cut.size();
    if (flushes && random() % 5 == 0) way.flush(clock += random() % 100);
    // Whatever waits is about a message, or a message and the beginning of a line.
    REQUIRE(at - way.feed.bytes.size() <= 2 * 3 * max_message_units);
    REQUIRE(text.compare(0, way.feed.bytes.size(), way.feed.bytes) == 0);
  }
  way.finish(clock += random() % 100);
  CHECK_FALSE(way.writer.waiting_since());

  REQUIRE(way.feed.bytes == text);
  REQUIRE(way.feed.lines.size() == lines.size());
  const bool valid = is_utf8(as_bytes(text));
  std::size_t line = 0;
  for (std::size_t i = 0; i < way.feed.records.size(); ++i) {
    const Record& record = way.feed.records[i];
    // What is valid is cut between code points, however it is encoded.
    if (valid) REQUIRE(is_utf8(as_bytes(record.bytes)));
    if (packing == Packing::full) REQUIRE(record.chunk);
    // A message without chunk has the time at which it was signed.
    if (!record.chunk) lines[line].time = record.time;
    line += record.lines - (record.ends_line() || record.chunk->end ? 0 : 1);
  }
  REQUIRE(line == lines.size());
  REQUIRE((way.feed.lines == lines));
  if (packing == Packing::full) REQUIRE(way.feed.runs.size() == (text.empty() ? 0 : 1));
}

/// Where the first `count` lines of a text end.
std::size_t end_of_line(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count) at = std::min(text.find('\n', at), text.size() - 1) + 1;
  return at;
}

std::string numbered_lines(std::size_t count, std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    std::string line = fmt::format("{:08} ", i);
    while (line.size() < length) line += static_cast<char>('a' + line.size() % 26);
    text += line + '\n';
  }
  return text;
}

}  // namespace

TEST_CASE("bytes in are bytes out, whatever they are and however they come") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    for (const Kind& kind : kinds) {
      for (const Packing packing : {Packing::full, Packing::line_per_message}) {
        CAPTURE(seed);
        CAPTURE(kind.name);
        CAPTURE(int(packing));
        std::mt19937 random(seed);
        std::string text = kind.make(random, random() % (seed % 4 == 0 ? 300 : 40000));
        if (random() % 2 && !text.empty()) text.pop_back();
        if (packing == Packing::line_per_message) text.resize(end_of_line(text, 100));  // a signature a line
        put_through(random, text, packing);
      }
    }
  }
}

TEST_CASE("every byte by itself is the same as all at once") {
  std::mt19937 random(77);
  for (const Kind& kind : kinds) {
    CAPTURE(kind.name);
    const std::string text = kind.make(random, 9000);
    Way whole;
    Way bytewise;
    whole.add(text);
    whole.finish();
    for (const char c : text) bytewise.add({&c, 1});
    bytewise.finish();
    CHECK(whole.feed.bytes == text);
    CHECK(bytewise.feed.bytes == text);
    CHECK((whole.feed.lines == bytewise.feed.lines));
  }
}

TEST_CASE("valid UTF-8 is cut between code points even where it is shorter as base64") {
  const std::string nul(4, '\0');
  for (const std::string_view character : {"\u00e9", "\u65e5", "\U0001f600"}) {
    for (std::size_t shift = 0; shift < 12; ++shift) {
      CAPTURE(character);
      CAPTURE(shift);
      std::string text(shift, 'x');
      while (text.size() < 30000) text.append(nul).append(character);
      Way way;
      way.add(text);
      way.finish();
      CHECK((way.feed.bytes == text));
      for (const Record& record : way.feed.records) CHECK(is_utf8(as_bytes(record.bytes)));
    }
  }
}

TEST_CASE("many plain lines fill their messages to 97 percent") {
  for (const std::size_t length : {20U, 80U, 120U}) {
    CAPTURE(length);
    Way way;
    way.add(numbered_lines(3000, length));
    REQUIRE(way.feed.units.size() > 5);
    for (const std::size_t units : way.feed.units) {
      CHECK(units <= max_message_units);
      CHECK(units >= max_message_units * 97 / 100);
    }
    way.finish();
    CHECK(way.feed.lines.size() == 3000);
  }
}

TEST_CASE("a plain line of megabytes fills its messages to 97 percent") {
  Way way;
  const std::string text(1 << 20, 'x');
  way.add(text);
  way.finish();
  CHECK((way.feed.bytes == text));
  for (std::size_t i = 0; i + 1 < way.feed.units.size(); ++i) {
    CHECK(way.feed.units[i] >= max_message_units * 97 / 100);
    CHECK(way.feed.records[i].chunk->more);
  }
  CHECK(way.feed.records.back().chunk->end);
}

TEST_CASE("binary is written in the shorter of latin1 and base64") {
  const auto encoding_of = [](std::string_view bytes) {
    Way way;
    way.add(bytes);
    way.finish();
    REQUIRE(way.feed.contents.size() == 1);
    CHECK(way.feed.bytes == bytes);
    const auto encoding = member(member(way.feed.contents.front(), "chunk"), "encoding");
    return text_of(encoding).value_or("");
  };
  CHECK(encoding_of("plain\n") == "");
  CHECK(encoding_of("caf\u00e9\n") == "");
  CHECK(encoding_of("caf\xe9\n") == "latin1");
  CHECK(encoding_of(std::string(100, '\xff') + "\n") == "latin1");
  CHECK(encoding_of(std::string("a NUL within\0a line of text\n", 28)) == "");
  CHECK(encoding_of(std::string(100, '\0') + "\n") == "base64");
  CHECK(encoding_of(std::string(50, '\0') + "\xff\n") == "base64");
}

TEST_CASE("empty input publishes nothing") {
  for (const Packing packing : {Packing::full, Packing::line_per_message}) {
    Way way(packing);
    way.add("");
    way.flush();
    way.finish();
    CHECK(way.feed.contents.empty());
  }
}

TEST_CASE("a single line is a message, and says only what it must") {
  Way way;
  way.add("hello\n");
  CHECK(way.feed.contents.empty());
  CHECK(way.writer.waiting_since() == noon);
  way.flush();
  CHECK_FALSE(way.writer.waiting_since());
  REQUIRE(way.feed.contents.size() == 1);
  CHECK(
      way.feed.contents[0] ==
      R"({"type":"log","source":"nas","job":"nightly","stream":"stdout","text":"hello","chunk":{"run":"0000000000000001","offset":0}})");
  way.add("two\nthree");
  way.finish();
  REQUIRE(way.feed.contents.size() == 2);
  CHECK(
      way.feed.contents[1] ==
      R"({"type":"log","source":"nas","job":"nightly","stream":"stdout","text":"two\nthree","chunk":{"run":"0000000000000001","offset":6,"end":true}})");
}

TEST_CASE("lines that are signed later say their time even where the message would") {
  Way way;
  way.writer.always_tell_time();
  way.add("hello\n");
  way.flush();
  REQUIRE(way.feed.contents.size() == 1);
  CHECK(member(member(way.feed.contents[0], "chunk"), "time") == std::to_string(noon));
}

TEST_CASE("what is in no message yet is known to the byte") {
  Way way;
  const std::string line(79, 'x');
  std::size_t added = 0;
  for (int i = 0; i < 500; ++i) {
    way.add(line + "\n");
    added += line.size() + 1;
    CHECK(way.feed.bytes.size() + way.writer.waiting_bytes() == added);
  }
  way.add("the beginning of");
  CHECK(way.feed.bytes.size() + way.writer.waiting_bytes() == added + 16);
  way.finish();
  CHECK(way.writer.waiting_bytes() == 0);
}

TEST_CASE("a flush keeps the beginning of a line until its end comes") {
  Way way;
  way.add("one\ntw", noon);
  CHECK(way.writer.waiting_since() == noon);
  way.flush(noon + 1);
  CHECK(way.feed.bytes == "one\n");
  CHECK_FALSE(way.writer.waiting_since());
  way.flush(noon + 2);
  CHECK(way.feed.bytes == "one\n");
  way.add("o\n", noon + 3);
  CHECK(way.writer.waiting_since() == noon);
  way.flush(noon + 4);
  CHECK((way.feed.lines == std::vector<TimedLine>{{"one", noon}, {"two", noon}}));
}

TEST_CASE("a line has the time of its first byte") {
  Way way;
  way.add("a\nb\nc", noon);
  way.add("c\n", noon + 5);
  way.add("d\n", noon + 7);
  way.add("e\n", noon + 6);  // a clock that goes back a little
  way.add("f", noon + 9);
  way.finish(noon + 20);
  CHECK((way.feed.lines ==
         std::vector<TimedLine>{
             {"a", noon}, {"b", noon}, {"cc", noon}, {"d", noon + 7}, {"e", noon + 6}, {"f", noon + 9}}));
  REQUIRE(way.feed.contents.size() == 1);
  CHECK(member(member(way.feed.contents[0], "chunk"), "time") == std::to_string(noon));
  CHECK(member(member(way.feed.contents[0], "chunk"), "at") == R"("0 0 7 -1 3")");
}

TEST_CASE("a line more than two hours behind begins a new message") {
  Way way;
  way.add("a\n", noon);
  way.add("b\n", noon - 2 * hour);
  way.add("c\n", noon - 2 * hour - 1);
  way.add("d\n", noon - 2 * hour);
  way.finish(noon);
  REQUIRE(way.feed.records.size() == 2);
  CHECK(way.feed.records[0].bytes == "a\nb");
  CHECK(way.feed.records[1].bytes == "c\nd");
}

TEST_CASE("times in every step of a message leave room for themselves") {
  Way way;
  std::string text;
  for (int i = 0; i < 20000; ++i) {
    const std::string line = "x" + std::to_string(i % 10) + '\n';
    way.add(line, noon + i * Millis{1234567});
    text += line;
  }
  way.finish(noon + 20000 * Millis{1234567});
  CHECK((way.feed.bytes == text));
  for (std::size_t i = 0; i < way.feed.lines.size(); ++i) {
    REQUIRE(way.feed.lines[i].time == noon + static_cast<Millis>(i) * 1234567);
  }
  for (std::size_t i = 0; i + 1 < way.feed.units.size(); ++i) CHECK(way.feed.units[i] > 7900);
}

TEST_CASE("one line a message needs no chunk where the line is text that fits") {
  Way way(Packing::line_per_message);
  const std::string fits(7000, 'x');
  const std::string long_line(20000, 'y');
  way.add("a\n\n" + fits + "\ncaf\u00e9 \"quoted\"\n");
  CHECK(way.feed.runs.empty());
  REQUIRE(way.feed.contents.size() == 4);
  CHECK(way.feed.contents[0] ==
        R"({"type":"log","source":"nas","job":"nightly","stream":"stdout","text":"a"})");
  way.add(long_line + "\nb\n");
  CHECK(way.feed.runs.size() == 1);
  CHECK_FALSE(way.feed.records.back().chunk);
  way.add("caf\xe9\nc\n" + long_line + "\n");
  CHECK(way.feed.runs.size() == 3);
  way.add("no end");
  way.finish();
  CHECK(way.feed.runs.size() == 4);
  CHECK(way.feed.records.back().chunk->end);
  std::size_t alone = 0;
  for (const Record& record : way.feed.records) alone += !record.chunk;
  CHECK(alone == 6);
  CHECK(way.feed.lines.size() == 10);
}

TEST_CASE("a line that just fits stands alone, one that does not is cut") {
  std::size_t units = 0;
  const auto chunks_of = [&units](std::size_t length) {
    Way way(Packing::line_per_message);
    const std::string line(length, 'x');
    way.add(line + "\n");
    way.finish();
    CHECK((way.feed.bytes == line + "\n"));
    if (!way.feed.runs.empty()) return way.feed.records.size();
    units = way.feed.units.back();
    return std::size_t{0};
  };
  std::size_t most = 7000;
  while (chunks_of(most + 1) == 0) ++most;
  CHECK(units == max_message_units);
  CHECK(chunks_of(most + 1) == 2);
  // However it comes; and when its newline never comes, it needs a chunk after all.
  Way way(Packing::line_per_message);
  const std::string line(most, 'x');
  for (const char c : line) way.add({&c, 1});
  way.add("\n");
  CHECK(way.feed.runs.empty());
  way.add(line);
  way.finish();
  CHECK(way.feed.runs.size() == 1);
  CHECK((way.feed.bytes == line + "\n" + line));
}

TEST_CASE("a head may have many fields, and lines still fit") {
  std::mt19937 random(5);
  for (int round = 0; round < 15; ++round) {
    std::string head = R"({"type":"log")";
    const std::size_t fields = random() % 100;
    for (std::size_t i = 0; i < fields; ++i) {
      head += fmt::format(
          R"(,"field{}":{})", i,
          i % 3 ? json_string(random_text(random, random() % 50, 0x110000, 20)) : R"([1,{"a":[]}])");
    }
    head += '}';
    CAPTURE(head);
    auto made = ChunkWriter::create(head, Packing::full, [] { return "0123456789abcdef"; });
    if (!made) {
      CHECK(made.error().code == Code::data);
      CHECK(indented_length(head) > 6500);
      continue;
    }
    for (const Packing packing : {Packing::full, Packing::line_per_message}) {
      Way way(packing, head);
      const std::size_t most = packing == Packing::full ? 1000 : 50;
      for (const Kind& kind : kinds) {
        way.add(kind.make(random, most).substr(0, most), noon + static_cast<Millis>(random() % hour));
      }
      way.finish(noon + 2 * hour);
    }
  }
}

TEST_CASE("a head that leaves too little room is refused with the room it leaves") {
  const auto create = [](std::size_t length) {
    return ChunkWriter::create(R"({"type":"log","source":")" + std::string(length, 's') + "\"}",
                               Packing::full, [] { return "0123456789abcdef"; });
  };
  std::size_t most = 6000;
  while (create(most + 1)) ++most;
  const auto refused = create(most + 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::data);
  CHECK(refused.error().text.find(" 511 ") != std::string::npos);
  CHECK(create(100000).error().text.find(" 0 ") != std::string::npos);
  // With the longest that is taken, everything still works.
  std::mt19937 random(6);
  for (const Kind& kind : kinds) {
    CAPTURE(kind.name);
    Way way(Packing::full, R"({"type":"log","source":")" + std::string(most, 's') + "\"}");
    const std::string text = kind.make(random, 5000);
    way.add(text);
    way.finish();
    CHECK((way.feed.bytes == text));
  }
}

TEST_CASE("a whole text is one content, or nothing when it does not fit or is no UTF-8") {
  const ChunkWriter writer = writer_of(plain_head, Packing::full);
  Feed feed;
  const auto fits = [&](std::string_view text) {
    const auto content = writer.whole_text(text);
    if (!content) return false;
    feed.take(*content, noon);
    CHECK_FALSE(feed.records.back().chunk);
    CHECK(feed.records.back().bytes == text);
    return true;
  };
  CHECK(fits(""));
  CHECK(fits("a\nb\n"));
  CHECK(fits("caf\u00e9 \U0001f600 \"\\ \x01"));
  CHECK(fits(std::string("\0", 1)));
  CHECK_FALSE(fits("caf\xe9"));
  CHECK_FALSE(fits(std::string(9000, 'x')));
  CHECK_FALSE(fits(std::string(1300, '\0')));
  std::size_t most = 7000;
  while (fits(std::string(most + 1, 'x'))) ++most;
  CHECK(feed.units.back() == max_message_units);
}
