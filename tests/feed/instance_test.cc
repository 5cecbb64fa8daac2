// SPDX-License-Identifier: MIT
#include "feed/instance.h"

#include "feed/json.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <random>

using namespace ssblog;

namespace {

constexpr Millis second = 1000;
constexpr Millis hour = 60 * 60 * second;
constexpr Millis noon = 1700000000000;

/// A chunk as a writer would write it.
struct Message {
  std::uint64_t offset = 0;
  std::string text = {};
  std::string flag = {};  ///< "more", "end" or nothing
  Millis time = noon;
  std::vector<Millis> steps = {};  ///< for each line but the first; none: all 0
};

Record record_of(const Message& message) {
  std::string json =
      fmt::format(R"({{"type":"log","text":{},"chunk":{{"run":"9f3c1a5be07d2c44","offset":{},"time":{})",
                  json_string(message.text), message.offset, message.time);
  if (!message.flag.empty()) json += fmt::format(R"(,"{}":true)", message.flag);
  if (!message.steps.empty()) json += fmt::format(R"(,"at":"{}")", fmt::join(message.steps, " "));
  json += "}}";
  Record record;
  read_record(json, 0, record);
  REQUIRE(record.chunk);
  return record;
}

/// One instance, fed message by message.
class Stream {
 public:
  /// The pieces of a message, each in brackets: `~` before one that continues a line, behind one that can
  /// be continued.
  std::string add(const Message& message) {
    const Record record = record_of(message);
    placement = place(state, record, ++sequence);
    std::vector<LinePiece> pieces;
    lay_out(record, placement, pieces);
    std::string texts;
    orders.clear();
    for (const auto& piece : pieces) {
      texts += fmt::format("[{}{}{}]", piece.continues ? "~" : "", piece.bytes, piece.finished ? "" : "~");
      orders.push_back(piece.order);
    }
    return texts;
  }

  InstanceState state;
  Placement placement;
  std::uint32_t sequence = 0;
  std::vector<Millis> orders;  ///< t' of the pieces
};

using Orders = std::vector<Millis>;
using Ranges = std::vector<Range>;

bool same_shape(const Placement& a, const Placement& b) {
  return a.continues == b.continues && a.gap == b.gap && a.whole == b.whole && a.fresh == b.fresh;
}

}  // namespace

TEST_CASE("chunks in order are laid out whole") {
  Stream stream;
  CHECK(stream.add({0, "a\nb"}) == "[a][b]");
  CHECK(stream.placement.whole);
  CHECK(stream.placement.fresh.empty());
  CHECK(stream.placement.gap == 0);
  CHECK_FALSE(stream.placement.continues);
  CHECK(stream.add({4, ""}) == "[]");
  CHECK(stream.add({5, "c", "end"}) == "[c]");
  CHECK(stream.state.high == 6);
  CHECK(stream.state.holes.empty());
  CHECK_FALSE(stream.state.open);
}

TEST_CASE("bytes that are covered are skipped, however they were cut") {
  Stream stream;
  CHECK(stream.add({0, "one\ntwo"}) == "[one][two]");
  CHECK(stream.add({0, "one\ntwo"}) == "");
  CHECK_FALSE(stream.placement.whole);
  CHECK_FALSE(stream.placement.first);
  CHECK(stream.add({2, "e\nt", "more"}) == "");
  CHECK(stream.add({4, "two\nthree"}) == "[three]");
  CHECK(stream.add({11, "ee\nfour"}) == "[four]");
  // What was covered stays as it was first said, and a line of which some is new is that much.
  CHECK(stream.add({0, "XXX\nXXX\nXXXXX\nXXXXXtail"}) == "[tail]");
  CHECK(stream.placement.fresh == Ranges{{19, 24}});
  CHECK(stream.state.high == 24);
}

TEST_CASE("a chunk of which only the newline is new is an empty line") {
  Stream stream;
  CHECK(stream.add({0, "abc", "end"}) == "[abc]");
  CHECK(stream.add({0, "abc"}) == "[]");
  CHECK(stream.state.high == 4);
}

TEST_CASE("a gap is counted before the chunk behind it, and can be filled later") {
  Stream stream;
  CHECK(stream.add({10, "k"}) == "[k]");
  CHECK(stream.placement.gap == 10);
  CHECK(stream.state.holes == Ranges{{0, 10}});
  CHECK(stream.add({20, "u"}) == "[u]");
  CHECK(stream.placement.gap == 8);
  CHECK(stream.add({5, "ef"}) == "[ef]");
  CHECK(stream.placement.gap == 0);
  CHECK(stream.state.holes == Ranges{{0, 5}, {8, 10}, {12, 20}});
  // One chunk over all of them: each piece stands alone.
  CHECK(stream.add({0, "abcd\nXX\nij\nmnopqrstuv\nw"}) == "[abcd][ij][nopqrstu][w]");
  CHECK(stream.state.holes.empty());
  CHECK_FALSE(stream.placement.whole);
  CHECK(stream.placement.fresh == Ranges{{0, 5}, {8, 10}, {12, 20}, {22, 24}});
}

TEST_CASE("a line goes on only at exactly the next byte") {
  Stream stream;
  CHECK(stream.add({0, "x\nab", "more"}) == "[x][ab~]");
  CHECK(stream.state.open == OpenLine{4, 1, 1});
  CHECK(stream.add({4, "cd", "more"}) == "[~cd~]");
  CHECK(stream.placement.continues == OpenLine{4, 1, 1});
  CHECK(stream.state.open == OpenLine{6, 1, 2});
  CHECK_FALSE(stream.placement.first);
  CHECK(stream.add({6, "ef\nnext"}) == "[~ef][next]");
  CHECK(stream.placement.continues == OpenLine{6, 1, 2});
  CHECK_FALSE(stream.state.open);
}

TEST_CASE("a line goes on behind bytes that are skipped") {
  Stream stream;
  CHECK(stream.add({0, "ab", "more"}) == "[ab~]");
  CHECK(stream.add({0, "abcd"}) == "[~cd]");
  CHECK_FALSE(stream.placement.whole);
  CHECK(stream.placement.continues == OpenLine{2, 1, 1});
}

TEST_CASE("only the newline of a line may be what goes on") {
  Stream stream;
  CHECK(stream.add({0, "ab", "more"}) == "[ab~]");
  CHECK(stream.add({2, ""}) == "[~]");
  CHECK_FALSE(stream.state.open);
}

TEST_CASE("a gap closes a line") {
  Stream stream;
  CHECK(stream.add({0, "ab", "more"}) == "[ab~]");
  CHECK(stream.add({3, "d", "more"}) == "[d~]");
  CHECK(stream.add({2, "c", "more"}) == "[c~]");  // not the line of byte 0 any more
  CHECK_FALSE(stream.placement.continues);
}

TEST_CASE("end closes a line") {
  Stream stream;
  CHECK(stream.add({0, "ab", "more"}) == "[ab~]");
  CHECK(stream.add({2, "cd", "end"}) == "[~cd]");
  CHECK_FALSE(stream.state.open);
  CHECK(stream.add({4, "ef"}) == "[ef]");
  CHECK_FALSE(stream.placement.continues);
}

TEST_CASE("a chunk that says nothing new leaves an open line open") {
  Stream stream;
  CHECK(stream.add({0, "a\nb", "more"}) == "[a][b~]");
  const InstanceState before = stream.state;
  for (const Message& nothing : {Message{0, "a\nb", "more"}, Message{0, "a"}, Message{1, "\nb", "end"},
                                 Message{3, "", "more"}, Message{3, "", "end"}, Message{99, "", "end"}}) {
    CHECK(stream.add(nothing) == "");
    CHECK(stream.state == before);
    CHECK(stream.placement.gap == 0);
    CHECK_FALSE(stream.placement.first);
  }
  CHECK(stream.add({3, "c"}) == "[~c]");
  CHECK(stream.placement.continues == OpenLine{3, 1, 1});
}

TEST_CASE("a chunk that ends in a newline inside a line has no piece of that line yet") {
  Stream stream;
  CHECK(stream.add({0, "a\n", "more"}) == "[a]");
  CHECK_FALSE(stream.state.open);
  CHECK(stream.add({2, "b"}) == "[b]");
  CHECK_FALSE(stream.placement.continues);
}

TEST_CASE("t' is the greatest line time so far") {
  Stream stream;
  stream.add({0, "a\nb\nc", "", noon, {5 * second, -3 * second}});
  CHECK(stream.orders == Orders{noon, noon + 5 * second, noon + 5 * second});
  CHECK(stream.placement.first == noon);
  CHECK(stream.placement.last == noon + 5 * second);
  stream.add({6, "d", "", noon - hour});
  CHECK(stream.orders == Orders{noon + 5 * second});
  CHECK(stream.placement.first == noon + 5 * second);
  stream.add({8, "e", "", noon + hour});
  CHECK(stream.orders == Orders{noon + hour});
}

TEST_CASE("a line more than two hours behind starts afresh, at the beginning of a message only") {
  Stream stream;
  stream.add({0, "a", "", noon});
  stream.add({2, "b", "", noon - 2 * hour});
  CHECK(stream.orders == Orders{noon});
  stream.add({4, "c\nd", "", noon - 2 * hour - 1, {-5 * hour}});
  CHECK(stream.orders == Orders{noon - 2 * hour - 1, noon - 2 * hour - 1});
  CHECK(stream.state.latest == noon - 2 * hour - 1);
  // A message that continues a line: its later lines do not start afresh.
  stream.add({8, "e", "more", noon});
  CHECK(stream.orders == Orders{noon});
  stream.add({9, "f\ng", "", noon, {-9 * hour}});
  CHECK(stream.orders.back() == noon);
  CHECK(stream.placement.first == noon);
}

TEST_CASE("bytes that are skipped take no part in t'") {
  Stream stream;
  stream.add({0, "a\nb", "", noon});
  // Times of the covered lines are far ahead; only that of the new one counts.
  stream.add({0, "a\nb\nc", "", noon + 10 * hour, {0, -9 * hour}});
  CHECK(stream.orders == Orders{noon + hour});
  // The first new line, not the first line, decides whether it starts afresh.
  stream.add({4, "c\nd", "", noon, {-5 * hour}});
  CHECK(stream.orders == Orders{noon - 5 * hour});
}

TEST_CASE("a continuation takes no part in t'") {
  Stream stream;
  stream.add({0, "a", "more", noon});
  stream.add({1, "b", "", noon + 10 * hour});
  CHECK_FALSE(stream.placement.first);
  CHECK(stream.placement.last == 0);
  CHECK(stream.state.latest == noon);
}

TEST_CASE("steps never lead out of 0 to the end of the year 9999") {
  Stream stream;
  stream.add({0, "a\nb\nc", "", 5, {-9, 3}});
  CHECK(stream.orders == Orders{5, 5, 5});
  const Record record = record_of({0, "a\nb\nc", "", max_time - 1, {5, -1}});
  std::vector<LinePiece> pieces;
  lay_out(record, Placement{}, pieces);
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[1].time == max_time);
  CHECK(pieces[2].time == max_time - 1);
}

TEST_CASE("a text without chunk is laid out whole at its own time") {
  Record record;
  read_record(R"({"type":"log","text":"a\nb"})", noon, record);
  const Placement placement = place_alone(record);
  CHECK(placement.first == noon);
  CHECK(placement.last == noon);
  CHECK(format_shape(placement) == "");
  std::vector<LinePiece> pieces(7);
  lay_out(record, placement, pieces);
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].bytes == "a");
  CHECK(pieces[1].bytes == "b");
  CHECK(pieces[1].line == 1);
  CHECK(pieces[1].finished);
  CHECK(pieces[1].time == noon);
  CHECK(pieces[1].order == noon);
}

TEST_CASE("a job or loss record has the greater of its time and every t' of its run") {
  Record record;
  read_record(R"({"type":"job","time":1700000000000})", 5, record);
  CHECK(place_event(record, std::nullopt).first == noon);
  CHECK(place_event(record, noon - 1).first == noon);
  CHECK(place_event(record, noon + 1).first == noon + 1);
  // However far behind: an event never starts afresh.
  const Placement late = place_event(record, noon + 100 * hour);
  CHECK(late.first == noon + 100 * hour);
  CHECK(late.last == noon + 100 * hour);
}

TEST_CASE("levels belong to their lines") {
  Record record;
  read_record(
      R"({"type":"log","text":"a\nb\nc","chunk":{"run":"9f3c1a5be07d2c44","offset":0,"levels":"3-7"}})", noon,
      record);
  InstanceState state;
  const Placement placement = place(state, record, 1);
  std::vector<LinePiece> pieces;
  lay_out(record, placement, pieces);
  REQUIRE(pieces.size() == 3);
  CHECK(std::string{pieces[0].level, pieces[1].level, pieces[2].level} == "3-7");
}

TEST_CASE("a feed of gaps without end is held in bounded memory, its lowest gaps counted as filled") {
  Stream stream;
  for (std::uint64_t i = 0; i < 5000; ++i) stream.add({3 * i + 1, "x"});
  CHECK(stream.state.holes.size() == 4096);
  CHECK(stream.state.holes.back() == Range{3 * 4999, 3 * 4999 + 1});
  CHECK(stream.add({0, "y", "end"}) == "");
  CHECK(stream.add({3 * 4999, "y", "end"}) == "[y]");
}

TEST_CASE("the shape of any placement is read back from its text") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 5000; ++round) {
    const auto number = [&random] { return random() >> random() % 64; };
    Placement placement;
    if (random() % 2) {
      placement.continues =
          OpenLine{number(), static_cast<std::uint32_t>(number()), static_cast<std::uint32_t>(number())};
    }
    if (random() % 2) placement.gap = number();
    placement.whole = random() % 2;
    if (!placement.whole) placement.fresh.resize(random() % 4);
    for (Range& range : placement.fresh) range = {number(), number()};
    const std::string text = format_shape(placement);
    CAPTURE(text);
    Placement again;
    again.gap = 99;
    again.whole = random() % 2;
    again.fresh.resize(3);
    again.continues = OpenLine{1, 2, 3};
    parse_shape(text, again);
    REQUIRE(same_shape(again, placement));
    REQUIRE(text.empty() == same_shape(placement, Placement{}));
  }
}

TEST_CASE("a chunk at the greatest offset is laid out from its shape") {
  Stream stream;
  CHECK(stream.add({max_offset, "ab", "more"}) == "[ab~]");
  CHECK(stream.placement.gap == max_offset);
  const Message message{max_offset, "abc\nd"};
  CHECK(stream.add(message) == "[~c][d]");
  Placement read;
  parse_shape(format_shape(stream.placement), read);
  CHECK(same_shape(read, stream.placement));
  std::vector<LinePiece> pieces;
  lay_out(record_of(message), read, pieces);
  CHECK(pieces.size() == 2);
}

// ---------------------------------------------------------------------------------------------------
// The reference model: sections 4 and 6 of the design for one instance, byte by byte, slow and obvious.
namespace {

struct ModelLine {
  std::string text;
  Millis time = 0;
  Millis order = 0;
  bool may_go_on = false;
  bool operator==(const ModelLine&) const = default;
};

/// What a message brings: pieces of lines (which line, and whether it goes on with one), and the gap.
struct ModelStep {
  std::vector<std::pair<std::size_t, bool>> pieces;
  std::vector<Millis> begun;  ///< t' of the lines that begin in it
  std::uint64_t gap = 0;
};

struct Model {
  std::map<std::uint64_t, char> bytes;  ///< what was first said of each byte
  std::vector<ModelLine> lines;
  std::optional<Millis> latest;
  std::optional<std::size_t> open;  ///< the line that the byte at open_at would go on with
  std::uint64_t open_at = 0;

  std::uint64_t high() const { return bytes.empty() ? 0 : bytes.rbegin()->first + 1; }

  ModelStep add(const Message& message) {
    ModelStep step;
    const std::string all = message.text + (message.flag.empty() ? "\n" : "");
    const auto is_new = [&](std::size_t i) { return !bytes.contains(message.offset + i); };
    std::size_t first_new = 0;
    while (first_new < all.size() && !is_new(first_new)) ++first_new;
    if (!all.empty() && message.offset > high()) step.gap = message.offset - high();
    if (first_new == all.size()) return step;

    const bool continues = open && open_at == message.offset + first_new;
    std::size_t line = 0;
    Millis time = message.time;
    std::optional<std::size_t> piece;  // the line that the byte before this one belongs to
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!is_new(i)) {
        piece.reset();
      } else {
        if (!piece && i == first_new && continues) {
          piece = *open;
          step.pieces.emplace_back(*piece, true);
        } else if (!piece) {
          const bool afresh = step.begun.empty() && !continues && latest && *latest - time > 2 * hour;
          latest = !latest || afresh ? time : std::max(*latest, time);
          lines.push_back({"", time, *latest, false});
          piece = lines.size() - 1;
          step.pieces.emplace_back(*piece, false);
          step.begun.push_back(*latest);
        }
        if (all[i] != '\n') lines[*piece].text += all[i];
        lines[*piece].may_go_on = false;
        bytes.emplace(message.offset + i, all[i]);
      }
      if (all[i] == '\n') {
        piece.reset();
        if (line < message.steps.size())
          time = std::max<Millis>(0, std::min(max_time, time + message.steps[line]));
        ++line;
      }
    }
    open.reset();
    if (message.flag == "more" && piece) {
      open = *piece;
      open_at = message.offset + all.size();
      lines[*piece].may_go_on = true;
    }
    return step;
  }
};

/// The lines that a reader makes of placements and pieces alone.
struct Reader {
  InstanceState state;
  std::vector<ModelLine> lines;
  std::map<std::uint64_t, char> bytes;
  std::map<std::uint32_t, std::size_t> last_line;  ///< of a message

  /// Takes a message, checks it against what the model says of it.
  void add(const Message& message, std::uint32_t sequence, const ModelStep& expected) {
    const Record record = record_of(message);
    const Placement placed = place(state, record, sequence);
    Placement placement;  // as the store gives it back
    placement.first = placed.first;
    placement.last = placed.last;
    parse_shape(format_shape(placed), placement);
    REQUIRE(same_shape(placed, placement));
    REQUIRE(placement.gap == expected.gap);
    REQUIRE(placement.first.has_value() == !expected.begun.empty());
    if (placement.first) {
      REQUIRE(*placement.first == expected.begun.front());
      REQUIRE(placement.last == *std::max_element(expected.begun.begin(), expected.begun.end()));
    }

    std::vector<LinePiece> pieces;
    lay_out(record, placement, pieces);
    REQUIRE(pieces.size() == expected.pieces.size());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const LinePiece& piece = pieces[i];
      REQUIRE(piece.continues == expected.pieces[i].second);
      std::size_t index = lines.size();
      if (piece.continues) {
        REQUIRE(i == 0);
        REQUIRE(placement.continues);
        index = last_line.at(placement.continues->first_message);
        REQUIRE(index == last_line.at(placement.continues->last_message));
      } else {
        lines.push_back({"", piece.time, piece.order, false});
      }
      REQUIRE(index == expected.pieces[i].first);
      lines[index].text += piece.bytes;
      lines[index].may_go_on = !piece.finished;
      last_line[sequence] = index;
      // Each byte of the piece at its place, and the newline that ends it if that is new as well.
      const auto at = message.offset + static_cast<std::uint64_t>(piece.bytes.data() - record.bytes.data());
      for (std::size_t k = 0; k < piece.bytes.size(); ++k) {
        REQUIRE(bytes.emplace(at + k, piece.bytes[k]).second);
      }
    }
  }
};

/// Holds the two against each other over a whole sequence of messages.
void compare(const std::vector<Message>& messages) {
  Model model;
  Reader reader;
  std::uint32_t sequence = 0;
  for (const Message& message : messages) {
    CAPTURE(sequence);
    CAPTURE(message.offset);
    CAPTURE(message.text);
    CAPTURE(message.flag);
    CAPTURE(message.time);
    reader.add(message, ++sequence, model.add(message));
    REQUIRE(reader.lines == model.lines);
    REQUIRE(reader.state.high == model.high());
    REQUIRE(reader.state.latest == model.latest);
    REQUIRE(reader.state.open.has_value() == model.open.has_value());
    if (model.open) REQUIRE(reader.state.open->next_byte == model.open_at);
    Ranges holes;
    std::uint64_t next = 0;
    for (const auto& [at, byte] : model.bytes) {
      if (at > next) holes.push_back({next, at});
      next = at + 1;
    }
    REQUIRE(reader.state.holes == holes);
  }
  // The bytes are those that were first said; only newlines are no part of a piece.
  for (const auto& [at, byte] : model.bytes) {
    const auto found = reader.bytes.find(at);
    REQUIRE((found == reader.bytes.end() ? '\n' : found->second) == byte);
  }
  for (const auto& [at, byte] : reader.bytes) REQUIRE(model.bytes.contains(at));
}

/// Messages of any kind: overlaps that disagree, gaps, fills, repeats, clocks that jump.
std::vector<Message> random_messages(std::mt19937& random) {
  const auto below = [&random](std::size_t limit) { return random() % limit; };
  std::vector<Message> messages;
  std::uint64_t high = 0;
  Millis clock = noon;
  const std::size_t count = 1 + below(16);
  const bool wild = below(3) == 0;
  while (messages.size() < count) {
    if (!messages.empty() && below(8) == 0) {
      messages.push_back(messages[below(messages.size())]);
      continue;
    }
    Message message;
    message.offset = high;
    if (wild || below(3) == 0) {
      switch (below(4)) {
        case 0:
          message.offset = high + below(6);
          break;
        case 1:
          message.offset = high - std::min<std::uint64_t>(high, below(8));
          break;
        default:
          message.offset = below(high + 4);
      }
    }
    for (std::size_t i = below(below(4) == 0 ? 30 : 8); i > 0; --i) message.text += "ab\ncd"[below(5)];
    if (below(3) == 0) message.flag = below(4) == 0 ? "end" : "more";
    clock += static_cast<Millis>(below(20 * second));
    if (below(6) == 0)
      clock += (static_cast<Millis>(below(9)) - 4) * hour + static_cast<Millis>(below(3)) - 1;
    message.time = clock;
    if (below(3) == 0) {
      const auto newlines = std::count(message.text.begin(), message.text.end(), '\n');
      for (auto i = newlines; i > 0; --i) {
        message.steps.push_back((static_cast<Millis>(below(7)) - 3) * (below(3) == 0 ? hour : second));
      }
    }
    high = std::max(high, message.offset + message.text.size() + (message.flag.empty() ? 1 : 0));
    messages.push_back(message);
  }
  return messages;
}

/// Chunks of one and the same stream, cut anew each time: what a shipper sends that lost its position.
std::vector<Message> recut_messages(std::mt19937& random, const std::string& stream) {
  std::vector<Message> messages;
  std::uint64_t position = 0;
  while (position < stream.size()) {
    const auto length = std::min<std::uint64_t>(1 + random() % 12, stream.size() - position);
    Message message{position, stream.substr(position, length)};
    if (message.text.back() == '\n') {
      message.text.pop_back();
    } else {
      message.flag = position + length == stream.size() ? "end" : "more";
    }
    messages.push_back(message);
    position += length;
    if (random() % 5 == 0) position -= random() % (position + 1);  // back, and on from there
    if (messages.size() > 200) return recut_messages(random, stream);
  }
  return messages;
}

}  // namespace

TEST_CASE("any messages of an instance are read as the slow reference model reads them") {
  for (unsigned seed = 1; seed <= 6000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    compare(random_messages(random));
  }
}

TEST_CASE("a stream whose chunks overlap, however they were cut, gives its own lines again") {
  for (unsigned seed = 1; seed <= 1500; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string stream;
    for (std::size_t i = 1 + random() % 120; i > 0; --i) stream += "abcdef\n\n"[random() % 8];
    CAPTURE(stream);
    const auto messages = recut_messages(random, stream);
    compare(messages);
    Model model;
    for (const Message& message : messages) model.add(message);
    std::string lines;
    for (const auto& line : model.lines) lines += line.text + '\n';
    if (!stream.ends_with('\n')) lines.pop_back();
    REQUIRE(lines == stream);
  }
}
