// SPDX-License-Identifier: MIT
// fuzz/bundle_fuzz.cc - bundles from anybody's stick: the same objects however they are read, and an import of them.
#include "fuzz/input.h"
#include "store/import.h"
#include "store/verify_store.h"

#include <vector>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

ByteSource source_of(ByteView bytes, std::size_t step) {
  return [bytes, step](std::span<char> out) mutable -> Result<std::size_t> {
    const ByteView part = bytes.first(std::min({step, out.size(), bytes.size()}));
    std::ranges::copy(part, out.begin());
    bytes = bytes.subspan(part.size());
    return part.size();
  };
}

std::vector<std::string> objects(ByteView bytes, std::size_t step) {
  BundleReader reader(source_of(bytes, step));
  std::vector<std::string> all;
  std::string buffer;
  for (;;) {
    auto item = reader.next();
    if (!item) {
      all.push_back("error");
      return all;
    }
    if (!*item) return all;
    must((*item)->text.empty() != (*item)->fault.empty(), "an object can be read or not");
    must((*item)->text.size() <= BundleReader::max_object, "an object is bounded");
    must((*item)->line >= 1, "an object stands on a line");
    message_value((*item)->text, buffer);
    all.push_back(std::to_string((*item)->line) + ":" + (*item)->text + (*item)->fault);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t step = 1 + input.byte() % 40;
  const ByteView bundle = input.rest();
  const auto all = objects(bundle, bundle.size() + 1);
  auto again = objects(bundle, step);
  if (!all.empty() && !again.empty() && all.back() == "error" && again.back() == "error") {
    // How far a damaged stream is unpacked before that shows may hang on the cuts; what is unpacked may not.
    const auto same = std::min(all.size(), again.size()) - 1;
    must(std::equal(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(same), again.begin()),
         "cuts change nothing before the damage");
  } else {
    must(all == again, "cuts change nothing");
  }

  static const FeedId own = keys_of(9).id();
  auto store = Store::open(":memory:", OpenMode::create);
  must(bool(store), "a store is made");
  Importer::Options options;
  options.own = own;
  options.now = [] { return Millis{1000}; };
  options.complain = [](const std::string& why) { must(!why.empty(), "a refusal has a reason"); };
  Importer importer(*store, options);
  const auto taken = importer.take(source_of(bundle, step), "the bundle");
  std::uint64_t held = 0;
  for (const auto& [id, count] : importer.report().feeds) held += count.taken;
  must(held <= all.size(), "no message comes of nothing");
  if (held == 0) return 0;
  std::uint64_t found = 0;
  const auto findings = verify_store(*store, {}, std::nullopt,
                                     {[&](const FeedVerdict& verdict) {
                                        found += verdict.messages;
                                        must(verdict.findings.count == 0, "what was imported is good");
                                      },
                                      nullptr});
  must(findings && findings->count == 0 && found == held, "what was imported is there");
  return 0;
}
