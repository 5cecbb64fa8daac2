// SPDX-License-Identifier: MIT
// hostile/ebt_cases.cc - notes: numbers that count nothing, ids that are none, more of them than anybody has.
#include "feed/crypto.h"
#include "gossip/protocol/limits.h"
#include "hostile/world.h"

namespace ssblog::hostile {
namespace {

/// Notes for ids that nobody has.
std::string strange_notes(std::size_t count, std::string_view value) {
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i) {
    FeedId id;
    random_bytes(id.bytes);
    text += fmt::format(R"({}"{}":{})", i > 0 ? "," : "", to_text(id), value);
  }
  return text + "}";
}

bool say(Attack& attack, std::string_view item, std::uint8_t flags = stream_flag | json_type) {
  return attack.caller.packet(flags, 1, item);
}

void add_numbers(Cases& cases) {
  for (const char* number : {"-1",
                             "-2",
                             "-2147483648",
                             "-9007199254740993",
                             "0",
                             "1",
                             "0.5",
                             "1e-320",
                             "2147483647",
                             "4294967294",
                             "4294967295",
                             "4294967296",
                             "9007199254740991",
                             "9007199254740993",
                             "18446744073709551616",
                             "1e300",
                             "1e309",
                             "-1e400",
                             "-0",
                             "null",
                             "true",
                             R"("6")",
                             "[]",
                             "{}",
                             R"({"sequence":3})",
                             "[[[[[]]]]]"}) {
    cases.push_back({fmt::format("a note of {} for the daemon's feed, and for a friend's", number),
                     Depth::ebt, Fate::kept, [number](Attack& attack) {
                       say(attack,
                           fmt::format(R"({{"{0}":{2},"{1}":{2}}})", to_text(attack.world.victim.id()),
                                       to_text(attack.world.giver.id()), number));
                     }});
  }
}

void add_items(Cases& cases) {
  const auto item = [&](const std::string& name, Fate fate, const std::string& text) {
    cases.push_back({name, Depth::ebt, fate, [text](Attack& attack) { say(attack, text); }});
  };
  for (const char* text : {"null", "true", "7", R"("x")", "[]", "[{}]", "{", "}", "nothing", "\xff", "[[[["})
    item(fmt::format("notes that are {}", text), Fate::cut, text);
  item("notes that are empty", Fate::kept, "{}");
  item(
      "notes without an id", Fate::kept,
      R"({"":2,"@":2,"@x.ed25519":2,"__proto__":{},"%AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=.sha256":2})");
  item("an id with other spare bits", Fate::kept,
       R"({"@AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=.ed25519":8})");
  item("the id of a point of low order", Fate::kept,
       R"({"@AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=.ed25519":8})");
  item("a key of 60,000 characters", Fate::kept, fmt::format(R"({{"{}":1}})", std::string(60'000, '@')));
  item("a clock in a clock", Fate::kept, R"({"clock":{"clock":{"clock":{}}}})");
  item("objects deeper than allowed", Fate::cut, [] {
    std::string text;
    for (int i = 0; i < 100; ++i) text += R"({"a":)";
    return text + "1" + std::string(100, '}');
  }());
  item(
      "a message of nobody", Fate::kept,
      R"({"previous":null,"author":"","sequence":1,"timestamp":1,"hash":"sha256","content":{"type":"FAKE"}})");
  item("a message without an end", Fate::any, R"({"previous":null,"author":"@)");
  for (const auto& [number, text] :
       std::vector<std::pair<std::size_t, std::string>>{{1000, "2"}, {16'000, "2"}, {10'000, "-1"}}) {
    item(fmt::format("{} ids that nobody has, with {}", number, text), Fate::kept,
         strange_notes(number, text));
  }
  cases.push_back(
      {"50,000 ids that nobody has, in items of 10,000", Depth::ebt, Fate::kept, [](Attack& attack) {
         for (int i = 0; i < 5; ++i) say(attack, strange_notes(10'000, "8"));
       }});
  item(fmt::format("{} keys", max_note_keys + 1), Fate::cut, [] {
    std::string text = "{";
    for (std::size_t i = 0; i <= max_note_keys; ++i) text += fmt::format(R"({}"{}":1)", i > 0 ? "," : "", i);
    return text + "}";
  }());
  item("a mebibyte of blanks", Fate::cut, std::string(max_ebt_packet_bytes, ' '));
  cases.push_back({"an item of a mebibyte and a byte", Depth::ebt, Fate::cut, [](Attack& attack) {
                     attack.caller.send(
                         raw_packet(stream_flag | json_type, max_ebt_packet_bytes + 1, 1, "{"));
                   }});
}

void add_streams(Cases& cases) {
  cases.push_back({"an item of bytes on the stream", Depth::ebt, Fate::any,
                   [](Attack& attack) { say(attack, "{}", stream_flag); }});
  cases.push_back({"an item of text on the stream", Depth::ebt, Fate::any,
                   [](Attack& attack) { say(attack, "not notes", stream_flag | text_type); }});
  cases.push_back({"the stream opened 100 times", Depth::ebt, Fate::kept, [](Attack& attack) {
                     for (std::int32_t n = 2; n < 102; ++n) {
                       attack.caller.call("duplex", n, R"(["ebt","replicate"])", R"([{"version":3}])");
                       attack.caller.packet(stream_flag | json_type, n, "{}");
                     }
                   }});
  cases.push_back({"items behind the end of the stream", Depth::ebt, Fate::kept, [](Attack& attack) {
                     attack.caller.packet(stream_flag | end_flag | json_type, 1, "true");
                     for (int i = 0; i < 50; ++i) say(attack, R"({"x":1})");
                   }});
  cases.push_back(
      {"the stream ended by an error that is garbage", Depth::ebt, Fate::kept,
       [](Attack& attack) { attack.caller.packet(stream_flag | end_flag | json_type, 1, "{{{{\xff"); }});
  cases.push_back({"notes that change 2,000 times", Depth::ebt, Fate::kept, [](Attack& attack) {
                     const std::string own = to_text(attack.world.victim.id());
                     for (int i = 0; i < 2000; ++i) say(attack, fmt::format(R"({{"{}":{}}})", own, i % 7));
                   }});
  cases.push_back(
      {"all that is held, asked for 200 times, and never read", Depth::ebt, Fate::any, [](Attack& attack) {
         for (int i = 0; i < 200; ++i) {
           std::string notes = "{";
           for (const FeedId& id : {attack.world.victim.id(), attack.world.giver.id()})
             notes += fmt::format(R"({}"{}":0)", notes.size() > 1 ? "," : "", to_text(id));
           if (!say(attack, notes + "}")) return;
         }
       }});
}

}  // namespace

Cases ebt_cases() {
  Cases cases;
  add_numbers(cases);
  add_items(cases);
  add_streams(cases);
  return cases;
}

}  // namespace ssblog::hostile
