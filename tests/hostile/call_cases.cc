// SPDX-License-Identifier: MIT
// hostile/call_cases.cc - calls: JSON that is none, too deep, too large; methods and arguments that make no sense.
#include "gossip/protocol/limits.h"
#include "hostile/world.h"

namespace ssblog::hostile {
namespace {

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string keys(std::size_t count) {
  std::string text = R"({"name":["manifest"],"args":[{)";
  for (std::size_t i = 0; i < count; ++i) text += fmt::format(R"({}"k{}":1)", i > 0 ? "," : "", i);
  return text + R"(}],"type":"async"})";
}

struct Body {
  std::string name, text;
  Fate fate;
};

std::vector<Body> bodies() {
  std::vector<Body> all = {
      {"a lone brace", "{", Fate::cut},
      {"a brace too many", "{}}", Fate::cut},
      {"two values", "{}{}", Fate::cut},
      {"a comma at the end", R"({"name":[],})", Fate::cut},
      {"single quotes", "{'name':['manifest']}", Fate::cut},
      {"NaN", R"({"name":NaN})", Fate::cut},
      {"a number with a zero before it", R"({"name":01})", Fate::cut},
      {"a number of 60,000 digits", R"({"name":)" + repeated("9", 60'000) + "}", Fate::any},
      {"a number beyond all bounds", R"({"name":1e999999999})", Fate::any},
      {"a text that does not end", R"({"name":")", Fate::cut},
      {"a control character in a text", "{\"name\":\"a\nb\"}", Fate::cut},
      {"a zero byte", std::string("{\"name\":\"a\0b\"}", 14), Fate::cut},
      {"zero bytes alone", std::string(1000, '\0'), Fate::cut},
      {"a byte order mark", "\xef\xbb\xbf{}", Fate::any},
      {"a wrong escape", R"({"name":"\x41"})", Fate::cut},
      {"half an escape", R"({"name":"\u12)", Fate::cut},
      {"a lone surrogate", R"({"name":["\ud800"],"args":[],"type":"async"})", Fate::kept},
      {"a surrogate in bytes", "{\"name\":[\"\xed\xa0\x80\"],\"args\":[],\"type\":\"async\"}", Fate::any},
      {"bytes that are no UTF-8", "{\"name\":[\"\xff\xfe\x80\"],\"args\":[],\"type\":\"async\"}", Fate::any},
      {"UTF-8 that is too long", "{\"name\":[\"\xc0\xaf\"],\"args\":[],\"type\":\"async\"}", Fate::any},
      {"UTF-8 that is cut", "{\"name\":[\"\xf0\x9f\"],\"args\":[],\"type\":\"async\"}", Fate::any},
      {"arrays as deep as allowed",
       R"({"name":["manifest"],"args":)" + repeated("[", max_json_depth - 1) +
           repeated("]", max_json_depth - 1) + R"(,"type":"async"})",
       Fate::kept},
      {"arrays one deeper",
       R"({"name":["manifest"],"args":)" + repeated("[", max_json_depth) + repeated("]", max_json_depth) +
           R"(,"type":"async"})",
       Fate::cut},
      {"30,000 arrays in each other", repeated("[", 30'000) + repeated("]", 30'000), Fate::cut},
      {"60,000 arrays that do not end", repeated("[", 60'000), Fate::cut},
      {"12,000 objects in each other", repeated(R"({"a":)", 12'000), Fate::cut},
      {"20,000 empty arrays", "[" + repeated("[],", 20'000) + "[]]", Fate::kept},
      {"a blank text", std::string(2000, ' '), Fate::cut},
  };
  const std::vector<std::string> refused = {
      "null",
      "true",
      "7",
      R"("manifest")",
      "[]",
      "{}",
      R"({"name":null})",
      R"({"name":[]})",
      R"({"name":"manifest"})",
      R"({"name":["manifest"]})",
      R"({"name":["manifest"],"args":{}})",
      R"({"name":["manifest"],"args":null})",
      R"({"name":["manifest"],"args":"x","type":"async"})",
      R"({"name":[1],"args":[],"type":"async"})",
      R"({"name":[["manifest"]],"args":[],"type":"async"})",
      R"({"name":[""],"args":[],"type":"async"})",
      R"({"name":["__proto__"],"args":[],"type":"async"})",
      R"({"name":["constructor","prototype"],"args":[],"type":"async"})",
      R"({"name":["publish"],"args":[{"type":"post"}],"type":"async"})",
      R"({"name":["no","such","method"],"args":[],"type":"source"})",
      R"({"name":["manifest"],"args":[],"type":"duplex"})",
      R"({"name":["manifest"],"args":[],"type":7})",
      R"({"name":["ebt","replicate"],"args":[],"type":"async"})",
      R"({"name":["createHistoryStream"],"args":[],"type":"async"})",
      R"({"name":["createHistoryStream"],"args":[],"type":"nothing"})",
      R"({"name":["manifest"],"name":["no"],"args":[],"args":7})",
      fmt::format(R"({{"name":["{}"],"args":[],"type":"async"}})", std::string(60'000, 'x')),
      fmt::format(R"({{"name":[{}"x"],"args":[],"type":"async"}})", repeated(R"("a",)", 12'000)),
  };
  for (const std::string& text : refused) all.push_back({"the call " + text.substr(0, 60), text, Fate::kept});
  return all;
}

/// What no argument should be, of a method that wants another thing.
const std::vector<std::string> wrong_arguments = {
    "[]",
    "[null]",
    "[[]]",
    "[7]",
    R"(["x"])",
    "[{}]",
    "[true,false]",
    R"([{"id":null}])",
    R"([{"id":"@x.ed25519"}])",
    R"([{"id":{"id":{"id":1}}}])",
    R"([{"id":"@AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=.ed25519","seq":-1,"limit":-7}])",
    R"([{"id":"@AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=.ed25519","seq":1e300,"live":"yes","keys":[]}])",
    R"([{"version":3e0,"format":"x"}])",
    R"([{"version":"3"}])",
    R"([{"version":-3,"format":null}])",
    R"([{"seq":9007199254740993,"sequence":0.5,"limit":1e-300}])"};

void add_arguments(Cases& cases) {
  struct Method {
    std::string_view name, kind;
  };
  constexpr Method methods[] = {{R"(["createHistoryStream"])", "source"},
                                {R"(["ebt","replicate"])", "duplex"},
                                {R"(["gossip","ping"])", "duplex"},
                                {R"(["blobs","createWants"])", "source"},
                                {R"(["manifest"])", "async"}};
  for (const Method& method : methods) {
    cases.push_back({fmt::format("arguments that make no sense, of {}", method.name), Depth::stranger,
                     Fate::kept, [method](Attack& attack) {
                       std::int32_t number = 10;
                       for (const std::string& args : wrong_arguments)
                         attack.caller.call(method.kind, number++, method.name, args);
                     }});
  }
  for (const char* text : {R"({"id":"{}","seq":2147483647,"live":true})", R"({"id":"{}","seq":-1,"limit":0})",
                           R"({"id":"{}","seq":1e30})", R"({"id":"{}","limit":-1,"old":false})",
                           R"({"id":"{}","seq":9007199254740991,"keys":true,"values":false})"}) {
    cases.push_back(
        {fmt::format("a history of {}", text), Depth::followed, Fate::kept, [text](Attack& attack) {
           std::string args = text;
           args.replace(args.find("{}"), 2, to_text(attack.world.victim.id()));
           attack.caller.call("source", 3, R"(["createHistoryStream"])", "[" + args + "]");
         }});
  }
  cases.push_back(
      {"items of every type in a stream that wants none", Depth::stranger, Fate::kept, [](Attack& attack) {
         attack.caller.call("source", 3, R"(["blobs","createWants"])", "[]");
         attack.caller.call("duplex", 4, R"(["gossip","ping"])", "[]");
         for (const std::int32_t stream : {3, 4}) {
           for (std::uint8_t type = 0; type < 3; ++type)
             attack.caller.packet(static_cast<std::uint8_t>(stream_flag | type), stream, "\xff{[garbage");
         }
       }});
  cases.push_back({"10,000 numbers on the stream of pings", Depth::stranger, Fate::kept, [](Attack& attack) {
                     attack.caller.call("duplex", 4, R"(["gossip","ping"])", "[]");
                     ByteBuf many;
                     for (int i = 0; i < 10'000; ++i) {
                       const auto one = raw_packet(stream_flag | json_type, 1, 4, "7");
                       many.insert(many.end(), one.begin(), one.end());
                     }
                     attack.caller.send(many);
                   }});
}

/// Asks again and again, and reads no answer, until the daemon does not read any more either.
void never_read(Attack& attack, const std::string& body) {
  constexpr milliseconds patience(200);
  ByteBuf some;
  for (std::int32_t number = 1; number < 500'000;) {
    some.clear();
    for (int i = 0; i < 500; ++i) {
      const auto one = raw_packet(json_type, static_cast<std::uint32_t>(body.size()), number++, body);
      some.insert(some.end(), one.begin(), one.end());
    }
    if (!attack.caller.send(some, patience)) return;
  }
}

}  // namespace

Cases call_cases() {
  Cases cases;
  for (const Body& body : bodies()) {
    cases.push_back({body.name, Depth::stranger, body.fate,
                     [text = body.text](Attack& attack) { attack.caller.packet(json_type, 5, text); }});
  }
  for (const Body& body : bodies()) {
    cases.push_back({body.name + ", at the local socket", Depth::local_socket, Fate::any,
                     [text = body.text](Attack& attack) { attack.caller.packet(json_type, 5, text); }});
  }
  for (const std::size_t count : {max_json_keys - 3, max_json_keys + 1, std::size_t{6000}}) {
    cases.push_back({fmt::format("{} keys", count), Depth::stranger,
                     count < max_json_keys ? Fate::kept : Fate::cut,
                     [text = keys(count)](Attack& attack) { attack.caller.packet(json_type, 5, text); }});
  }
  add_arguments(cases);
  cases.push_back(
      {"calls without end whose answers are never read", Depth::stranger, Fate::any,
       [](Attack& attack) { never_read(attack, R"({"name":["manifest"],"args":[],"type":"async"})"); }});
  cases.push_back({"the same at the local socket", Depth::local_socket, Fate::any, [](Attack& attack) {
                     never_read(attack, R"({"name":["manifest"],"args":[],"type":"async"})");
                   }});
  return cases;
}

}  // namespace ssblog::hostile
