// SPDX-License-Identifier: MIT
// fuzz/local_calls_fuzz.cc - what programs of this machine ask the daemon: arguments of every method, and the answers.
//
// The promises: an answer is canonical JSON, a stream keeps its limit, and a refusal says why.
#include "feed/json.h"
#include "feed/utf.h"
#include "fuzz/input.h"
#include "fuzz/written_store.h"
#include "gossip/local_queries.h"
#include "gossip/message_stream.h"

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

/// A feed of a few messages, one of each kind.
Store& store() {
  static Store made = written_store(":memory:", 1, [](std::uint8_t number, const Say& say) {
    const std::string own = to_text(keys_of(number).id()), other = to_text(keys_of(2).id());
    say(R"({"type":"log","source":"nas","text":"a line"})");
    say(R"({"type":"contact","contact":")" + other + R"(","following":true})");
    say(R"({"type":"about","about":")" + own + R"(","name":"nas"})");
    say(R"({"type":"post","text":"a"})");
  });
  return made;
}

void ask(std::string_view method, std::string_view args) {
  if (is_local_query(method)) {
    const auto answer = local_query(method, args, store(), keys_of(1).id(), 2);
    if (answer) {
      must(bool(canonical(*answer, Layout::compact)), "an answer is JSON");
    } else {
      must(!answer.error().text.empty(), "a refusal has a reason");
    }
  }
  auto query = read_stream_query(method, args);
  if (!query) {
    must(!query.error().text.empty(), "a refusal has a reason");
    return;
  }
  const auto limit = query->limit;
  MessageStream stream(store(), *query);
  std::uint64_t items = 0;
  for (int turns = 0; turns < 100; ++turns) {
    const auto item = stream.next();
    must(bool(item), "a stream can be read");
    if (!*item) {
      if (stream.is_looking()) continue;
      break;
    }
    must(bool(canonical(**item, Layout::compact)), "an item is JSON");
    if (**item != R"({"sync":true})") ++items;
  }
  must(!limit || items <= *limit, "a stream keeps its limit");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto methods = local_methods();
  const std::string_view method = methods[input.byte() % methods.size()].name;
  const auto args = canonical(decode_utf8(input.rest()), Layout::compact);
  if (args && args->starts_with('[')) ask(method, *args);
  return 0;
}
