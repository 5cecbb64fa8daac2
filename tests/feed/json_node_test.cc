// SPDX-License-Identifier: MIT
// json_node_test SCRIPT [SEED [COUNT]] - compares `canonical` with node's JSON on random texts.
//
// The script makes the texts and says what they become. Without node the test is skipped (77).
#include "feed/bytes.h"
#include "feed/json.h"
#include "feed/utf.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

using namespace ssblog;

namespace {

constexpr int skipped = 77;

struct BrokenPipe {};

/// The next block of what the script wrote; nothing where the text does not parse.
std::optional<std::string> next_block(std::FILE* from) {
  std::array<unsigned char, 4> head{};
  if (std::fread(head.data(), 1, head.size(), from) != head.size()) throw BrokenPipe{};
  std::uint32_t length = 0;
  for (std::size_t i = head.size(); i > 0; --i) length = length << 8 | head[i - 1];
  if (length == 0xffffffff) return std::nullopt;
  std::string bytes(length, '\0');
  if (std::fread(bytes.data(), 1, length, from) != length) throw BrokenPipe{};
  return bytes;
}

bool same(const std::string& text, Layout layout, const std::optional<std::string>& expected) {
  const auto got = canonical(text, layout);
  if (bool(got) == expected.has_value() && (!got || *got == *expected)) return true;
  std::printf("text      %s\nexpected  %s\ngot       %s\nin hex    %s\n\n", text.c_str(),
              expected ? expected->c_str() : "(does not parse)",
              got ? got->c_str() : got.error().text.c_str(), to_hex(as_bytes(text)).c_str());
  return false;
}

int compare(std::FILE* node, int count) {
  int wrong = 0;
  int parsed = 0;
  for (int i = 0; i < count && wrong < 10; ++i) {
    const auto text = next_block(node);
    const auto indented = next_block(node);
    const auto compact = next_block(node);
    if (!text) throw BrokenPipe{};
    parsed += indented.has_value();
    wrong += !same(*text, Layout::indented, indented) || !same(*text, Layout::compact, compact) ||
             (compact && indented_length(*compact) != utf16_length(*indented));
  }
  std::printf("%d texts, %d of them JSON: %d differ\n", count, parsed, wrong);
  return wrong;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return EXIT_FAILURE;
  if (std::system("node --version >/dev/null 2>&1") != 0) {
    std::puts("skipped: no node on the PATH");
    return skipped;
  }
  const int seed = argc > 2 ? std::atoi(argv[2]) : 1;
  const int count = argc > 3 ? std::atoi(argv[3]) : 10000;
  const std::string command =
      "node '" + std::string(argv[1]) + "' " + std::to_string(seed) + " " + std::to_string(count);
  std::FILE* node = popen(command.c_str(), "r");
  if (!node) return EXIT_FAILURE;
  int wrong = 1;
  try {
    wrong = compare(node, count);
  } catch (const BrokenPipe&) {
    std::puts("node stopped before its time");
  }
  return pclose(node) == 0 && wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
