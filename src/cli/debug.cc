// SPDX-License-Identifier: MIT
#include "cli/command.h"
#include "cli/shs_door.h"
#include "cli/validate_door.h"
#include "store/byte_stream.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

namespace ssblog {
namespace {

/// Answers each line of standard input as soon as it is whole.
class ValidateDoor {
 public:
  Result<int> run() {
    const File in(::dup(STDIN_FILENO));
    const ByteSource source = source_of(in, "standard input");
    std::array<char, 65536> block;
    for (;;) {
      auto got = source(block);
      if (!got) return got.error();
      if (*got == 0) break;
      if (auto answered = take(std::string_view(block.data(), *got)); !answered) return answered;
    }
    return too_long_ || !line_.empty() ? answer() : done();
  }

 private:
  Result<int> take(std::string_view text) {
    for (;;) {
      const auto line_end = text.find('\n');
      const auto piece = text.substr(0, line_end);
      too_long_ = too_long_ || line_.size() + piece.size() > max_question;
      if (!too_long_) line_ += piece;
      if (line_end == std::string_view::npos) return 0;
      text.remove_prefix(line_end + 1);
      if (auto answered = answer(); !answered) return answered;
    }
  }

  Result<int> answer() {
    print((too_long_ ? refuse_long_question() : answer_validate(line_)) + "\n");
    line_.clear();
    too_long_ = false;
    return done();  // each by itself: the harness may wait for it
  }

  std::string line_;
  bool too_long_ = false;
};

/// The handshake over standard input and output; each message goes out at once.
Result<int> run_shs(Result<void> (*speak)(const Words&, const ByteSource&, const ByteSink&),
                    const Words& hex) {
  const File in(::dup(STDIN_FILENO));
  const ByteSink out = [](std::string_view bytes) -> Result<void> {
    print(bytes);
    if (auto written = done(); !written) return written.error();
    return {};
  };
  if (auto spoken = speak(hex, source_of(in, "standard input"), out); !spoken) return spoken.error();
  return done();
}

}  // namespace

Result<int> run_debug(const Words& words) {
  Options options(
      "debug",
      "Doors for test harnesses. `validate` reads JSON lines {\"state\":..,\"hmacKey\":..,\"message\":..}"
      " and answers each with {\"valid\":..,\"id\":..,\"error\":..}; state is null or the {\"id\","
      "\"sequence\"} of the message before. `shs-client` and `shs-server` speak the Secret Handshake over"
      " standard input and output, then write the keys and nonces it gave; their arguments are in hex:"
      " NETWORK SERVER-PUBLIC for the client, NETWORK SECRET PUBLIC for the server.",
      "  ssblog debug validate < questions.jsonl\n"
      "  echo '{\"state\":null,\"hmacKey\":null,\"message\":{}}' | ssblog debug validate");
  Words door;
  options.words("DOOR", door, "Which one, and its arguments: validate, shs-client, shs-server");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (door == Words{"validate"}) return ValidateDoor().run();
  const Words arguments(door.empty() ? door.end() : door.begin() + 1, door.end());
  if (!door.empty() && door[0] == "shs-client") return run_shs(speak_as_client, arguments);
  if (!door.empty() && door[0] == "shs-server") return run_shs(speak_as_server, arguments);
  return Error{Code::usage, "say which door: ssblog debug validate, shs-client or shs-server"};
}

}  // namespace ssblog
