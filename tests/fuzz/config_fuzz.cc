// SPDX-License-Identifier: MIT
// fuzz/config_fuzz.cc - the files of a home that a person may edit: config.toml, and the secret file when it is damaged.
//
// The promises: nothing crashes, each mistake is told with its place, what is taken keeps its limits, and what we write
// is read back as it was.
#include "cli/settings.h"
#include "feed/utf.h"
#include "fuzz/input.h"

// A warning of what is read is for a person; command.cc, which prints it, would bring the whole program along.
void ssblog::say(std::string_view) {}

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

void read_config(std::string_view text, bool whole) {
  std::vector<Error> mistakes;
  const Settings settings = read_settings(text, "place", whole, mistakes);
  for (const Error& mistake : mistakes)
    must(mistake.code == Code::config && mistake.text.starts_with("place, line "), "a mistake has its line");
  const auto parsed = parse_settings(text, "place", whole);
  must(bool(parsed) == mistakes.empty(), "what has no mistakes is taken, and nothing else");
  if (!parsed) {
    must(parsed.error().text == mistakes.front().text, "the first mistake is the one that is told");
    return;
  }
  must(!parsed->port || (*parsed->port >= 0 && *parsed->port <= 65535), "a port is one");
  must(!parsed->hops || (*parsed->hops >= 0 && *parsed->hops <= 100), "hops are few");
  if (!whole) return;
  for (const Source& source : parsed->sources) must(!source.paths.empty(), "a source of files has a path");
}

/// What `init` writes for a name.
void write_config(Input& input) {
  NetworkKey key;
  key.bytes = input.block<32>();
  const std::string name = decode_utf8(input.rest());
  const auto is_control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; };
  if (std::ranges::any_of(name, is_control)) return;  // no host is called so
  const auto read =
      parse_settings(format_settings(key, name.empty() ? std::nullopt : std::optional(name)), "place", true);
  must(read && read->network_key == key && read->name == name, "what was written is read back");
}

void read_secret_file(Input& input) {
  std::string text = format_secret_file(keys_of(input.byte()));
  const auto whole = parse_secret_file(text);
  must(bool(whole), "what was written is read back");
  ByteBuf bytes(text.begin(), text.end());
  damage(bytes, input);
  const auto damaged = parse_secret_file(as_text(bytes));
  must(damaged || !damaged.error().text.empty(), "a refusal has a reason");
  // The halves of the key hold each other: no damage makes another one out of it.
  must(!damaged || damaged->id() == whole->id(), "no key is taken for another");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.byte() % 8) {
    case 0:
      write_config(input);
      break;
    case 1:
      read_secret_file(input);
      break;
    case 2:
      read_config(input.rest_text(), false);
      break;
    default:
      read_config(input.rest_text(), true);
  }
  return 0;
}
