// SPDX-License-Identifier: MIT
// fuzz/statements_fuzz.cc - words that a host signs beside its messages (which feed goes on in its place, what a file was),
// and the calendar expressions of its rules.
//
// The promises: what is signed is read as it was said; what was changed afterwards says the same, or nothing. A calendar
// gives times that go on, each a whole second, and an answer in bounded time.
#include "board/calendar.h"
#include "board/calendar_words.h"
#include "feed/detached_signature.h"
#include "feed/json.h"
#include "feed/successor.h"
#include "fuzz/input.h"

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

std::string damaged(std::string_view text, Input& input) {
  ByteBuf bytes(text.begin(), text.end());
  damage(bytes, input);
  return std::string(as_text(bytes));
}

void say_successor(Input& input) {
  const KeyPair old = keys_of(input.byte());
  Successor said;
  said.supersedes = old.id();
  said.successor = keys_of(input.byte()).id();
  said.last.sequence = static_cast<Seq>(input.number(2));
  if (said.last.sequence > 0) said.last.key.bytes = input.block<32>();
  if (input.coin()) said.left.emplace().bytes = input.block<32>();
  const std::string content = successor_content(said, old);
  const auto read = read_successor(content);
  must(read.has_value() == (said.supersedes != said.successor), "a feed is not its own successor");
  must(!read || *read == said, "a statement is read as it was said");
  const auto text = canonical(damaged(content, input), Layout::compact);
  if (!text) return;
  const auto again = read_successor(*text);
  must(!again || *again == said, "no damage makes another statement out of it");
}

void sign_file(Input& input) {
  const KeyPair keys = keys_of(input.byte());
  const Sha256Digest digest = input.block<32>();
  const std::string_view purpose = input.coin() ? default_purpose : "backup/nightly@nas";
  const std::string text = sign_digest(keys, purpose, digest);
  const auto good = check_signature(text);
  must(good && good->author == keys.id() && good->digest == digest && good->purpose == purpose,
       "a signature is read as it was made");
  const auto other = check_signature(damaged(text, input));
  must(!other || (other->author == keys.id() && other->digest == digest && other->purpose == purpose),
       "no damage makes another signature out of it");
}

void ask_calendar(Input& input) {
  constexpr std::string_view zones[] = {"", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"};
  const std::string_view zone = zones[input.below(std::size(zones))];
  Millis time = static_cast<Millis>(input.number(5)) * 1000;
  const auto calendar = Calendar::read(input.rest_text(), zone);
  if (!calendar) {
    must(!calendar.error().text.empty(), "a refusal has a reason");
    return;
  }
  for (int i = 0; i < 20; ++i) {
    const auto next = calendar->next_after(time);
    if (!next) return;
    must(*next > time && *next % 1000 == 0, "times go on, by seconds");
    must(calendar->next_after(*next - 1) == next, "what comes next does not depend on when it is asked");
    time = *next;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.byte() % 4) {
    case 0:
      say_successor(input);
      break;
    case 1:
      sign_file(input);
      break;
    default:
      ask_calendar(input);
  }
  return 0;
}
