// SPDX-License-Identifier: MIT
// hostile/local_cases.cc - the sockets of this machine: what other users may not do, and what nobody can mean.
#include "hostile/world.h"

namespace ssblog::hostile {
namespace {

struct Publish {
  const char* name;
  std::string content;
};

/// What no feed of this host may ever have in it from another user.
std::vector<Publish> refused_contents() {
  return {{"a contact", R"({"type":"contact","contact":"@x.ed25519","following":true,"text":"FAKE"})"},
          {"a post", R"({"type":"post","text":"FAKE"})"},
          {"recipients", R"({"type":"log","text":"FAKE","recps":["@x.ed25519"]})"},
          {"a text", R"("FAKE.box")"},
          {"an array", R"([{"type":"log","text":"FAKE"}])"},
          {"null", "null"},
          {"nothing", ""},
          {"no type", R"({"text":"FAKE"})"},
          {"a type that is no text", R"({"type":["log"],"text":"FAKE"})"},
          {"two types", R"({"type":"log","type":"contact","text":"FAKE"})"},
          {"more than a message has room for",
           fmt::format(R"({{"type":"log","text":"FAKE{}"}})", std::string(9000, 'x'))},
          {"control characters that grow",
           [] {
             std::string text = R"({"type":"log","text":"FAKE)";
             for (int i = 0; i < 3000; ++i) text += "\\u0001";
             return text + "\"}";
           }()},
          {"an escaped type", R"({"type":"lo\u0067s","text":"FAKE"})"}};
}

}  // namespace

Cases local_cases() {
  Cases cases;
  for (const Publish& one : refused_contents()) {
    cases.push_back({fmt::format("publish of {} by another user", one.name), Depth::publish_socket,
                     Fate::kept, [content = one.content](Attack& attack) {
                       attack.caller.call("async", 1, R"(["publish"])", "[" + content + "]");
                       // It must be refused, not left without an answer.
                       const auto answer = attack.caller.receive(1, from_now(milliseconds(2000)));
                       if (!answer || !answer->head.end) attack.fault = "it was not refused";
                     }});
  }
  for (const char* method : {R"(["whoami"])", R"(["get"])", R"(["gossip","connect"])", R"(["status"])",
                             R"(["latest"])", R"(["createLogStream"])", R"(["createHistoryStream"])",
                             R"(["ebt","replicate"])", R"(["manifest"])"}) {
    for (const char* kind : {"async", "source"}) {
      cases.push_back({fmt::format("{} ({}) by another user", method, kind), Depth::publish_socket,
                       Fate::kept, [=](Attack& attack) {
                         attack.caller.call(kind, 1, method, "[{}]");
                         const auto answer = attack.caller.receive(1, from_now(milliseconds(2000)));
                         if (!answer || !answer->head.end) attack.fault = "it was not refused";
                       }});
    }
  }
  cases.push_back({"garbage by another user", Depth::publish_socket, Fate::any,
                   [](Attack& attack) { attack.raw(ByteBuf(100'000, 0xaa)); }});
  cases.push_back({"2,000 lines by another user, none of whose answers is read", Depth::publish_socket,
                   Fate::any, [](Attack& attack) {
                     for (std::int32_t n = 1; n <= 2000; ++n) {
                       if (!attack.caller.call("async", n, R"(["publish"])", R"([{"type":"post"}])")) return;
                     }
                   }});
  const std::vector<std::string> arguments = {"[]",
                                              "[null]",
                                              "[7]",
                                              R"(["x"])",
                                              R"([{"id":7}])",
                                              "[[[]]]",
                                              R"([{"limit":-1,"gt":"x"}])",
                                              R"([{"gt":1e300,"lt":-1e300}])",
                                              R"([{"reverse":7,"live":"yes"}])"};
  for (const auto& [method, kind] :
       std::vector<std::pair<const char*, const char*>>{{R"(["get"])", "async"},
                                                        {R"(["publish"])", "async"},
                                                        {R"(["gossip","connect"])", "async"},
                                                        {R"(["getLatest"])", "async"},
                                                        {R"(["friends","hops"])", "async"},
                                                        {R"(["createLogStream"])", "source"},
                                                        {R"(["createHistoryStream"])", "source"},
                                                        {R"(["createUserStream"])", "source"},
                                                        {R"(["messagesByType"])", "source"}}) {
    cases.push_back({fmt::format("arguments that make no sense, of {}, at the local socket", method),
                     Depth::local_socket, Fate::kept, [=](Attack& attack) {
                       std::int32_t number = 10;
                       for (const std::string& args : arguments)
                         attack.caller.call(kind, number++, method, args);
                     }});
  }
  for (const std::size_t size : {1, 4096, 4097, 60'000}) {
    cases.push_back({fmt::format("a word of {} bytes at the door", size), Depth::local_socket, Fate::kept,
                     [size](Attack& attack) {
                       const auto door = Socket::unix_datagrams(attack.world.victim.door_path());
                       if (!door) {
                         attack.fault = "there is no door";
                         return;
                       }
                       for (const char first : {'\0', 'x', '\xff'})
                         door->send(as_bytes(std::string(size, first)), milliseconds(100));
                     }});
  }
  cases.push_back(
      {"1,000 words at the door that mean nothing", Depth::local_socket, Fate::kept, [](Attack& attack) {
         const auto door = Socket::unix_datagrams(attack.world.victim.door_path());
         if (!door) {
           attack.fault = "there is no door";
           return;
         }
         for (int i = 0; i < 250; ++i) {
           for (const char* word : {"connect net:x", "disconnect", "sync ../../x", "connect net:1:1~shs:AA"})
             door->send(as_bytes(word), milliseconds(100));
         }
       }});
  return cases;
}

}  // namespace ssblog::hostile
