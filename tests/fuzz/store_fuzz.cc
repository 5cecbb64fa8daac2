// SPDX-License-Identifier: MIT
// fuzz/store_fuzz.cc - a store of which pages were changed, moved or zeroed: nothing crashes, and nothing false is served.
//
// A small store is made once; each input damages a copy, which is then opened, read in order, exported and
// checked.
#include "assemble/sweep.h"
#include "fuzz/folder.h"
#include "fuzz/input.h"
#include "fuzz/written_store.h"
#include "store/checkpoint.h"
#include "store/export.h"
#include "store/verify_store.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Two feeds with chunks, names, a contact, and lines that go on.
std::string make_store(const std::string& path) {
  written_store(path, 2, [](std::uint8_t number, const Say& say) {
    for (int i = 0; i < 40; ++i) {
      std::string content = fmt::format(
          R"({{"type":"log","stream":"stdout","text":"line {} of a log that tells of nothing","chunk":{{"run":"0123456789abcdef","offset":{}{}}}}})",
          i, i * 50, i % 3 == 0 ? R"(,"more":true)" : "");
      if (i % 7 == 3)
        content = fmt::format(R"({{"type":"about","about":"{}","name":"host{}"}})",
                              to_text(keys_of(number).id()), i);
      if (i % 11 == 5)
        content =
            fmt::format(R"({{"type":"contact","contact":"{}","following":true}})", to_text(keys_of(5).id()));
      say(content);
    }
  });
  auto log = Checkpointer::open(path);
  must(bool(log), "the log can be written back");
  const auto emptied = log->empty_log();
  must(emptied && *emptied, "the store is one file");
  return bytes_of(path);
}

void damage_pages(std::string& bytes, Input& input) {
  constexpr std::size_t page = 16 * 1024;
  const std::size_t pages = bytes.size() / page;
  for (int changes = input.byte() % 8; changes >= 0; --changes) {
    const std::size_t at = input.below(pages) * page;
    switch (input.byte() % 5) {
      case 0: {  // what counts stands at the beginning of a page, and at its end
        const std::size_t near = input.below(256);
        bytes[at + (input.coin() ? near : page - 1 - near)] = static_cast<char>(input.byte());
        break;
      }
      case 1:
        bytes[at + input.below(page)] ^= static_cast<char>(1 << input.byte() % 8);
        break;
      case 2:
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), page, '\0');
        break;
      case 3:
        bytes.replace(at, page, std::string(bytes, input.below(pages) * page, page));
        break;
      default:
        bytes.resize(at + input.below(page));
    }
    if (bytes.size() < pages * page) return;
  }
}

void read(const std::string& path) {
  auto store = Store::open(path, OpenMode::read_write);
  if (!store) {
    must(!store.error().text.empty(), "a refusal has a reason");
    return;
  }
  if (auto sweep = Sweep::begin(*store, Selection{}, LinePosition{})) {
    SweptLine line;
    for (int lines = 0; lines < 10'000; ++lines) {
      const auto more = sweep->next(line);
      if (!more || !*more) break;
      if (!line.finished && !sweep->rest(line, [](std::string_view) { return Result<void>(); })) break;
    }
  }
  std::string bundle;
  const auto exported = export_feeds(*store, {}, {}, [&bundle](std::string_view text) {
    bundle += text;
    return Result<void>();
  });
  for (std::string_view rest = bundle; exported && !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    must(std::holds_alternative<Inspected>(inspect(as_bytes(line), nullptr)),
         "what is served was signed by its author");
  }
  const auto findings = verify_store(*store, {}, std::nullopt, {[](const FeedVerdict&) {}, nullptr});
  if (!findings) must(!findings.error().text.empty(), "a refusal has a reason");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  static const std::string whole = make_store(folder / "whole");
  Input input(data, size);
  std::string bytes = whole;
  damage_pages(bytes, input);
  const std::string path = folder / "damaged";
  for (const char* name : {"damaged", "damaged-wal", "damaged-shm"}) std::filesystem::remove(folder / name);
  std::ofstream(path, std::ios::binary) << bytes;
  read(path);
  return 0;
}
