// SPDX-License-Identifier: MIT
#include "store/bundle_reader.h"

#include "feed/json.h"
#include "store/export.h"
#include "store/feeds.h"
#include "store/reseal.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

using namespace ssblog;

namespace {

/// Everything a reader says, one line an item: `LINE: text` or `LINE! fault`.
std::vector<std::string> read_all(const std::string& bundle, std::size_t step = 1 << 16) {
  BundleReader reader(trickle(bundle, step));
  std::vector<std::string> said;
  for (;;) {
    auto item = reader.next();
    if (!item) {
      said.push_back("error: " + item.error().text);
      return said;
    }
    if (!*item) return said;
    said.push_back((*item)->fault.empty() ? fmt::format("{}: {}", (*item)->line, (*item)->text)
                                          : fmt::format("{}! {}", (*item)->line, (*item)->fault));
  }
}

using Said = std::vector<std::string>;
const std::string cut = "the JSON object is cut short";
const std::string none = "it is no JSON object";
const std::string longer = "the JSON object is longer than a message can be";

std::string packed(const std::string& text) {
  std::string out;
  ZstdSink sink([&](std::string_view bytes) {
    out += bytes;
    return Result<void>();
  });
  REQUIRE(sink.put(text));
  REQUIRE(sink.finish());
  return out;
}

std::string exported(Store& store, std::span<const FeedId> feeds = {}) {
  std::string out;
  auto done = export_feeds(store, feeds, {}, [&](std::string_view bytes) {
    out += bytes;
    return Result<void>();
  });
  REQUIRE(done);
  return out;
}

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t files_in(const std::string& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

// As `sbot createHistoryStream` prints it: JSON.stringify(item, null, 2) and a blank line.
constexpr std::string_view pretty = R"({
  "key": "%+bMlRki+P8IAv9cO0Bxw5J6zPNsD9PW7eMIWbknfjnU=.sha256",
  "value": {
    "previous": null,
    "sequence": 1,
    "content": {
      "type": "post",
      "text": "a { and a } and a \" in it",
      "list": [
        {},
        {
          "deep": "\\"
        }
      ]
    }
  },
  "timestamp": 1500000000000.001
}
)";

}  // namespace

TEST_CASE("a bundle is read the same however its bytes arrive") {
  const std::string bundle =
      fmt::format("\n{{\"a\":1}}\r\n{0}\n{{\"b\":\"\\\"}}{{\"}} {{\"c\":[]}}\n{0}{{\"d\":1}}", pretty);
  const auto whole = read_all(bundle);
  REQUIRE(whole.size() == 6);
  CHECK(whole[0] == "2: {\"a\":1}");
  CHECK(whole[1] == fmt::format("3: {}", pretty.substr(0, pretty.size() - 1)));
  CHECK(whole[2] == "22: {\"b\":\"\\\"}{\"}");
  CHECK(whole[3] == "22: {\"c\":[]}");
  CHECK(whole[5] == "41: {\"d\":1}");
  for (const std::size_t step : {1, 2, 3, 5, 7, 64, 1000}) CHECK(read_all(bundle, step) == whole);
}

TEST_CASE("what is no object costs that object alone, and is told with its line") {
  CHECK(read_all("") == Said{});
  CHECK(read_all(" \n\n\t\r\n") == Said{});
  CHECK(read_all("nonsense\n{\"a\":1}\n") == Said{"1! " + none, "2: {\"a\":1}"});
  CHECK(read_all("nonsense\n{\"a\":1}") == Said{"1! " + none, "2: {\"a\":1}"});
  CHECK(read_all("nonsense") == Said{"1! " + none});
  CHECK(read_all("[1]\n\n]\n{\"a\":1}\n") == Said{"1! " + none, "4: {\"a\":1}"});
  CHECK(read_all("{\"a\":1\n{\"b\":1}\n") == Said{"1! " + cut, "2: {\"b\":1}"});
  CHECK(read_all("{\"a\":\"b\n{\"b\":1}\n") == Said{"1! " + cut, "2: {\"b\":1}"});
  CHECK(read_all("{\"a\":\"b\\\n{\"b\":1}\n") == Said{"1! " + cut, "2: {\"b\":1}"});
  CHECK(read_all("{\"a\":1") == Said{"1! " + cut});
  CHECK(read_all("{\"a\":\"\\") == Said{"1! " + cut});
  CHECK(read_all("{\"a\":1}x\n{\"b\":1}\n") == Said{"1: {\"a\":1}", "1! " + none, "2: {\"b\":1}"});
  for (std::size_t at = 1; at + 2 < pretty.size(); ++at) {
    CAPTURE(at);
    const auto said = read_all(fmt::format("{}\n{{\"b\":1}}\n", pretty.substr(0, at)));
    REQUIRE(said.size() == 2);
    CHECK(said[0] == "1! " + cut);
    CHECK(said[1].ends_with(": {\"b\":1}"));
  }
}

TEST_CASE("an object that is too long is not held in memory, and what comes behind it is read") {
  const std::string fits = "{\"a\":\"" + std::string(BundleReader::max_object - 8, 'x') + "\"}";
  CHECK(fits.size() == BundleReader::max_object);
  CHECK(read_all(fits + "\n{\"b\":1}\n") == Said{"1: " + fits, "2: {\"b\":1}"});
  for (const std::size_t size : {BundleReader::max_object, std::size_t{5'000'000}}) {
    const std::string filling(size, 'x');
    CHECK(read_all("{\"a\":\"" + filling + "\"}\n{\"b\":1}\n") == Said{"1! " + longer, "2: {\"b\":1}"});
    CHECK(read_all(filling + "\n{\"b\":1}\n") == Said{"1! " + none, "2: {\"b\":1}"});
  }
  CHECK(read_all("{\"a\":" + std::string(3'000'000, '[') + "\n{\"b\":1}\n") ==
        Said{"1! " + longer, "2: {\"b\":1}"});
}

TEST_CASE("a bundle may be compressed, in one frame or several, and damage in it is told") {
  const std::string rest = fmt::format("{:300000}\n{{\"b\":1}}\n", "");
  const std::string text = "{\"a\":1}\n" + rest;
  const auto plain = read_all(text);
  CHECK(read_all(packed(text)) == plain);
  CHECK(read_all(packed(text), 1) == plain);
  CHECK(read_all(packed("{\"a\":1}\n") + packed("") + packed(rest)) == plain);
  const std::string whole = packed(text);
  for (std::size_t size = zstd_magic.size(); size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(read_all(whole.substr(0, size)).back().starts_with("error: "));
  }
  // A frame that wants a window of 2 GiB.
  CHECK(read_all(std::string(zstd_magic) + std::string("\x00\xa8", 2) + std::string(100, 'x'))
            .back()
            .starts_with("error: "));
  CHECK(read_all("\xef\xbb\xbf{\"a\":1}") == Said{"1: {\"a\":1}"});
}

TEST_CASE("the message of an object is itself, or the value of what sbot prints") {
  std::string buffer;
  CHECK(message_value(R"({"previous":null,"x":1})", buffer) == R"({"previous":null,"x":1})");
  CHECK(message_value(R"( { "other" : 1 } )", buffer) == R"({"other":1})");
  CHECK(message_value(R"({"sync":true})", buffer).empty());
  CHECK(message_value(R"({ "sync" : true })", buffer).empty());
  CHECK(message_value(R"({"key":"%x","value":{"previous":null,"b":"\ud800"},"timestamp":1})", buffer) ==
        R"({"previous":null,"b":"\ud800"})");
  CHECK(message_value(R"({"value":{"a":1}})", buffer) == R"({"value":{"a":1}})");
  CHECK(message_value(pretty, buffer).starts_with(R"({"previous":null,"sequence":1,"content":{"type")"));
  CHECK(message_value("{broken", buffer) == "{broken");
  // Larger than a message only by its white space.
  CHECK(message_value("{\"previous\":" + std::string(100'000, ' ') + "null}", buffer) ==
        R"({"previous":null})");
}

TEST_CASE("what is exported is what was imported, feed by feed in the order of their ids") {
  Store store = empty_store();
  const KeyPair one = keys_of(1);
  const KeyPair two = keys_of(2);
  const auto first = feed_of(one, 5);
  const auto second = feed_of(two, 700);
  CHECK_FALSE(import_into(store, lines(second) + lines(first)).error);
  const std::string in_order =
      one.id() < two.id() ? lines(first) + lines(second) : lines(second) + lines(first);
  CHECK(exported(store) == in_order);
  const FeedId chosen[] = {one.id()};
  CHECK(exported(store, chosen) == lines(first));

  Store copy = empty_store();
  const auto imported = import_into(copy, packed(exported(store)));
  CHECK(imported.report.refused == 0);
  CHECK(exported(copy) == in_order);
}

TEST_CASE("a feed with a hole is not exported") {
  Store store = empty_store();
  CHECK_FALSE(import_into(store, lines(feed_of(keys_of(1), 5))).error);
  REQUIRE(store.database().run("DELETE FROM messages WHERE id & 0xffff = 3"));
  auto done = export_feeds(store, {}, {}, [](std::string_view) { return Result<void>(); });
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Code::data);
  CHECK(done.error().text.find("message 3 is missing") != std::string::npos);
}

TEST_CASE("an output file appears whole or not at all") {
  const TempDir folder;
  const std::string path = folder / "bundle";
  {
    auto file = OutputFile::open(path, S_IRUSR | S_IWUSR);
    REQUIRE(file);
    REQUIRE(file->write("half"));
  }
  CHECK(files_in(folder / ".") == 0);
  {
    auto file = OutputFile::open(path, S_IRUSR | S_IWUSR);
    REQUIRE(file);
    REQUIRE(file->write("who"));
    REQUIRE(file->write("le"));
    CHECK_FALSE(std::filesystem::exists(path));
    REQUIRE(file->commit());
  }
  CHECK(file_text(path) == "whole");
  CHECK(files_in(folder / ".") == 1);
  std::filesystem::create_symlink(path, folder / "link");
  {
    auto file = OutputFile::open(folder / "link", S_IRUSR | S_IWUSR);
    REQUIRE(file);
    REQUIRE(file->write("new"));
    REQUIRE(file->commit());
  }
  CHECK(file_text(path) == "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK_FALSE(OutputFile::open(folder / "no/such", S_IRUSR));
  CHECK_FALSE(OutputFile::open(folder / ".", S_IRUSR));
  auto device = OutputFile::open("/dev/null", S_IRUSR);
  REQUIRE(device);
  CHECK(device->write("x"));
  CHECK(device->commit());
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("a bit that flipped in the store is not exported") {
  const KeyPair keys = keys_of(1);
  const auto texts = feed_of(keys, 30);
  Store store = empty_store();
  CHECK_FALSE(import_into(store, lines(texts)).error);
  const std::string whole = exported(store);
  CHECK(whole == lines(texts));
  for (const Seq sequence : {1U, 2U, 17U, 30U}) {
    CAPTURE(sequence);
    const std::string& text = texts[sequence - 1];
    for (std::size_t at = 0; at < text.size(); ++at) {
      CAPTURE(at);
      std::string flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 7)));
      const auto id = RowId::of(1, sequence);
      put_sealed(store, id, flipped);  // so that the checksum does not find it first
      std::string out;
      auto done = export_feeds(store, {}, {}, [&](std::string_view bytes) {
        out += bytes;
        return Result<void>();
      });
      put_sealed(store, id, text);
      // What JSON spells in two ways is one message, and one that a reader mends.
      if (done) {
        CHECK(place_in_feed(flipped)->key == place_in_feed(text)->key);
        continue;
      }
      CHECK(done.error().code == Code::data);
      CHECK(done.error().text.find("see `ssblog verify`") != std::string::npos);
      CHECK(out.size() <= whole.size());
    }
  }
  CHECK(exported(store) == whole);
}
