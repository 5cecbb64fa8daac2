// SPDX-License-Identifier: MIT
// fuzz/escape_fuzz.cc - lines and names as they stand in an assembled file: safe, and lines can be had back.
#include "assemble/escape.h"
#include "feed/utf.h"
#include "fuzz/input.h"

using namespace ssblog;
using namespace ssblog::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t seed = input.byte();
  const ByteView bytes = input.rest();

  std::string whole;
  escape_line(bytes, whole);
  const auto back = unescape_line(whole);
  must(back && std::ranges::equal(*back, bytes), "what was escaped comes back");
  must(is_utf8(as_bytes(whole)), "an escaped line is text");
  for (const char c : whole)
    must(c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f), "no control character is left");

  std::string cut;
  LineEscaper escaper;
  in_pieces(bytes, seed, [&](ByteView piece) { escaper.add(piece, cut); });
  escaper.finish(cut);
  must(cut == whole, "cuts change nothing");

  if (const auto made = unescape_line(as_text(bytes))) {
    std::string again;
    escape_line(*made, again);
    must(again == as_text(bytes), "only what was escaped is read back");
  }

  const std::string name = escape_name(as_text(bytes));
  must(name.size() <= escaped_name_max, "a name is short");
  for (const char c : name)
    must((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
             std::string_view("._/:-\\~").find(c) != std::string_view::npos,
         "a name is plain");
  return 0;
}
