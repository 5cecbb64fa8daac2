// SPDX-License-Identifier: MIT
// fuzz/json_fuzz.cc - the canonical JSON of SSB, held against node's JSON.
//
// SSBLOG_FUZZ_NODE names json_fuzz.js; a node that runs it is asked about each text. Without it only what can be said
// alone is checked: a canonical text is its own canonical text, lengths are right, and looking inside finds all.
#include "feed/json.h"
#include "feed/utf.h"
#include "fuzz/input.h"
#include "gossip/protocol/bounded_json.h"
#include "gossip/protocol/limits.h"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

/// A node that answers as long as this process lives; it ends with its standard input.
class Node {
 public:
  explicit Node(const char* script) {
    int to[2], from[2];
    must(pipe(to) == 0 && pipe(from) == 0, "there are pipes");
    const pid_t child = fork();
    must(child >= 0, "node is started");
    if (child == 0) {
      // What the other end must not keep open is closed, or node would never hear our end.
      if (dup2(to[0], 0) != 0 || dup2(from[1], 1) != 1) _exit(126);
      for (const int fd : {to[0], to[1], from[0], from[1]}) close(fd);
      execlp("node", "node", script, static_cast<char*>(nullptr));
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    to_ = to[1];
    from_ = from[0];
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node() {
    close(to_);
    close(from_);
  }

  /// JSON.stringify(JSON.parse(text), null, indent); nothing where it does not parse.
  std::optional<std::string> stringify(std::string_view text, char indent) {
    std::string request(1, indent);
    for (int shift = 24; shift >= 0; shift -= 8) request += static_cast<char>(text.size() >> shift & 0xff);
    request += text;
    for (std::string_view left = request; !left.empty();) {
      const ssize_t done = write(to_, left.data(), left.size());
      must(done > 0, "node listens");
      left.remove_prefix(static_cast<std::size_t>(done));
    }
    const std::string head = read_all(4);
    std::uint32_t size = 0;
    for (const char c : head) size = size << 8 | static_cast<std::uint8_t>(c);
    if (size == 0xffffffff) return std::nullopt;
    return read_all(size);
  }

 private:
  std::string read_all(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t at = 0; at < size;) {
      const ssize_t done = read(from_, bytes.data() + at, size - at);
      must(done > 0, "node answers");
      at += static_cast<std::size_t>(done);
    }
    return bytes;
  }
  int to_ = -1, from_ = -1;
};

Node* node() {
  static const auto made = []() -> std::unique_ptr<Node> {
    if (const char* script = std::getenv("SSBLOG_FUZZ_NODE")) return std::make_unique<Node>(script);
    std::fputs("skipped: json against node: SSBLOG_FUZZ_NODE does not name json_fuzz.js\n", stderr);
    return nullptr;
  }();
  return made.get();
}

std::size_t depth_of(std::string_view text) {
  std::size_t depth = 0, most = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') most = std::max(most, ++depth);
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  return most;
}

void look_inside(std::string_view value) {
  std::size_t size = 2;
  for (Members members(value); members.next(); size += 1) {
    must(!members.value().empty(), "a member has a value");
    must(member(value, members.name()) == members.value(), "a name stands once");
    size += members.name().size() + 3 + members.value().size();
    if (size > value.size()) break;
    look_inside(members.value());
  }
  if (is_object(value)) must(size - (size > 2 ? 1 : 0) == value.size(), "all of an object is seen");
  for (Items items(value); items.next();) look_inside(items.value());
  if (const auto text = text_of(value)) must(is_utf8(as_bytes(*text)), "a text is well-formed");
  if (const auto integer = integer_of(value)) {
    std::string out;
    append_number(out, static_cast<double>(*integer));
    must(out == value, "an integer is spelled once");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = decode_utf8({data, size});
  const auto compact = canonical(text, Layout::compact);
  const auto indented = canonical(text, Layout::indented);
  must(bool(compact) == bool(indented), "the layout decides nothing");
  if (compact) {
    must(*canonical(*compact, Layout::compact) == *compact &&
             *canonical(*indented, Layout::indented) == *indented &&
             *canonical(*indented, Layout::compact) == *compact &&
             *canonical(*compact, Layout::indented) == *indented,
         "a canonical text is its own");
    must(is_utf8(as_bytes(*compact)), "a canonical text is well-formed");
    must(indented_length(*compact) == utf16_length(*indented), "the length is known without the text");
    look_inside(*compact);
  }
  const auto bounded = read_json({data, size}, max_json_keys);
  if (bounded) must(compact && *bounded == *compact, "a stranger's JSON is JSON");
  // As WTF-8, which it may not be.
  static_cast<void>(canonical({reinterpret_cast<const char*>(data), size}, Layout::compact));

  Node* const judge = node();
  if (judge == nullptr || (!compact && depth_of(text) > json_max_depth)) return 0;
  const auto theirs = judge->stringify(text, '2');
  must(theirs.has_value() == bool(indented), "node reads what we read");
  must(!theirs || *theirs == *indented, "node writes what we write");
  const auto shorter = judge->stringify(text, '0');
  must(!shorter || *shorter == *compact, "node writes it short as we do");
  return 0;
}
