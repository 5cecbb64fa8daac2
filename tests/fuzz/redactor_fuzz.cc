// SPDX-License-Identifier: MIT
// fuzz/redactor_fuzz.cc - the redactor: the same masks however the bytes come, and never another length.
#include "fuzz/input.h"
#include "intake/redacted_stream.h"
#include "intake/redactor.h"

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

std::string streamed(const std::shared_ptr<const Redactor>& redactor, std::string_view text,
                     std::uint8_t seed) {
  RedactedStream stream(redactor);
  std::string out;
  const auto keep = [&out](std::string_view bytes, Millis) { out += bytes; };
  std::size_t given = 0;
  in_pieces(as_bytes(text), seed, [&](ByteView piece) {
    stream.add(as_text(piece), 0, keep);
    given += piece.size();
    must(given - out.size() <= Redactor::most_held + 1, "what is held back is bounded");
  });
  stream.end_line(keep);
  return out;
}

/// As a file is read: in blocks, of which the last bytes are looked at alone, the state kept as text in between.
std::string in_blocks(const Redactor& redactor, std::string_view text, std::size_t block) {
  std::string out, kept;
  std::size_t most = block;
  while (out.size() < text.size()) {
    auto state = parse_redact_state(kept);
    must(state.has_value(), "a state is read as it is written");
    std::string bytes(text.substr(out.size(), most + Redactor::most_held));
    const bool at_end = out.size() + bytes.size() == text.size();
    const std::size_t done = redactor.mask(bytes, most, at_end ? Behind::none : Behind::more, *state);
    // A secret that goes over the end of the block waits for a longer one.
    most = done == 0 ? 2 * most : block;
    must(done <= bytes.size() && most <= 4 * Redactor::most_held, "there is progress");
    out += bytes.substr(0, done);
    kept = format_redact_state(*state);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto redactor = [] {
    auto made = Redactor::create({"card=([0-9 ]{8,24})"});
    must(bool(made), "the presets are patterns");
    return std::make_shared<const Redactor>(std::move(*made));
  }();
  Input input(data, size);
  const std::uint8_t seed = input.byte();
  const std::size_t block = 1 + input.below(300);
  const std::string_view text = input.rest_text();

  if (const auto odd = parse_redact_state(text))
    must(parse_redact_state(format_redact_state(*odd)) == odd, "a state is read as it is written");
  const std::string whole = in_blocks(*redactor, text, text.size() + 1);
  must(whole.size() == text.size(), "a mask is as long as its secret");
  for (std::size_t i = 0; i < text.size(); ++i)
    must((text[i] == '\n') == (whole[i] == '\n'), "a mask neither hides a line's end nor makes one");
  must(streamed(redactor, text, seed) == whole, "cuts change nothing in a stream");
  must(in_blocks(*redactor, text, block) == whole, "blocks change nothing in a file");
  return 0;
}
