// SPDX-License-Identifier: MIT
// fuzz/texts_fuzz.cc - short texts that people and files say: keys, ids, times, patterns of paths, names of streams.
//
// The promises: what is read and written is read the same again, and what is refused says why.
#include "assemble/time_spec.h"
#include "feed/keys.h"
#include "feed/record.h"
#include "feed/utf.h"
#include "fuzz/input.h"
#include "intake/path_pattern.h"
#include "intake/stream_template.h"

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

template <class T>
bool good(const Result<T>& result) {
  if (result) return true;
  must(!result.error().text.empty(), "a refusal has a reason");
  return false;
}

void read_keys(std::string_view text) {
  const auto keys = parse_secret_file(text);
  if (good(keys)) {
    const auto again = parse_secret_file(format_secret_file(*keys));
    must(again && again->id() == keys->id(), "a key file is read as it is written");
  } else if (text.size() > 80) {
    must(keys.error().text.find(text.substr(0, 80)) == std::string::npos, "no error repeats a secret");
  }
  if (const auto key = parse_network_key(text); good(key)) {
    const auto again = parse_network_key(to_base64(key->view()));
    must(again && *again == *key, "a network key is read as it is written");
  }
  good(parse_signing_key(text));
  if (const auto id = parse_feed_id(text)) must(to_text(*id) == text, "an id is spelled once");
  if (const auto id = parse_message_key(text)) must(to_text(*id) == text, "an id is spelled once");
  if (const auto bytes = from_base64(text)) must(to_base64(*bytes) == text, "base64 is spelled once");
  if (const auto bytes = from_hex(text))
    must(to_hex(*bytes).size() == text.size(), "hex is two digits a byte");
}

void read_time(std::string_view text) {
  const auto ms = parse_time(text, 1'700'000'000'000);
  if (good(ms)) must(*ms >= 0 && *ms <= max_time, "a time can be shown");
}

void read_pattern(std::string_view text, std::string_view path, bool relative) {
  const auto patterns = PathPattern::parse(text, relative);
  if (!good(patterns)) return;
  must(!patterns->empty() && patterns->size() <= PathPattern::most_alternatives, "alternatives are bounded");
  for (const PathPattern& pattern : *patterns) {
    if (pattern.is_literal() && !relative)
      must(pattern.matches(pattern.path()), "a literal pattern is its path");
    // A path that matches is found by whoever looks into its folders.
    if (relative || !path.starts_with('/') || !pattern.matches(path)) continue;
    for (std::size_t slash = path.rfind('/');
         slash != std::string_view::npos && slash > pattern.root().size(); slash = path.rfind('/', slash - 1))
      must(pattern.may_match_below(path.substr(0, slash)), "the way to a match is looked into");
  }
}

void read_template(std::string_view text, std::string_view name, std::string_view from, std::string_view to) {
  Source source;
  source.stream = text;
  source.regex_from = from;
  source.regex_to = to;
  const auto made = StreamTemplate::parse(source);
  if (!good(made)) return;
  StreamValues values;
  values.name = name;
  values.path = "/var/log/" + std::string(name);
  const std::string stream = made->of(values);
  must(!stream.empty() && stream.size() <= StreamTemplate::longest && is_utf8(as_bytes(stream)),
       "a stream's name is a short text");
  must(stream.find('\n') == std::string::npos && stream.find('\0') == std::string::npos,
       "a stream's name is one line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t what = input.byte();
  const std::string_view first = input.text(), second = input.text(), third = input.text();
  switch (what % 4) {
    case 0:
      read_keys(input.rest_text());
      break;
    case 1:
      read_time(input.rest_text());
      break;
    case 2:
      read_pattern(first, second, (what & 4) != 0);
      break;
    default:
      read_template(first, second, third, input.rest_text());
  }
  return 0;
}
