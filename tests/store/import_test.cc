// SPDX-License-Identifier: MIT
#include "store/import.h"

#include "feed/json.h"
#include "store/feeds.h"
#include "store/hold.h"
#include "store/peer_book.h"
#include "store/publish.h"
#include "store/verify_store.h"
#include "vectors.h"

using namespace ssblog;

namespace {

/// A text with one character changed, the first of `from`.
std::string changed(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// What KVT printing makes of a message.
std::string kvt(const std::string& text, Layout layout) {
  auto made = canonical(fmt::format(R"({{"key":"%x","value":{},"timestamp":5.001}})", text), layout);
  REQUIRE(made);
  return *made + (layout == Layout::indented ? "\n\n" : "\n");
}

/// Signs fields as they are, so that what sign() refuses can be made.
std::string forged(const KeyPair& keys, std::string_view fields) {
  const auto text = canonical(fmt::format("{{{}}}", fields), Layout::indented);
  REQUIRE(text);
  return fmt::format(R"({{{},"signature":"{}.sig.ed25519"}})", fields,
                     to_base64(keys.sign(as_bytes(*text), nullptr)));
}

std::string claimed(Store& store) {
  auto value = store.meta("claimed");
  REQUIRE(value);
  return std::string(as_text(*value));
}

std::string standing(Store& store) {
  auto value = store.meta("hold");
  REQUIRE(value);
  return std::string(as_text(*value));
}

Importer::Options owned(const KeyPair& keys) {
  Importer::Options options;
  options.own = keys.id();
  return options;
}

}  // namespace

TEST_CASE("messages are taken in every form, once, and stored as canonical text") {
  const KeyPair keys = keys_of(1);
  const auto texts = feed_of(keys, 1500);
  std::string bundle = "{\"sync\":true}\n";
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i % 3 == 0) bundle += texts[i] + "\n";
    if (i % 3 == 1) bundle += kvt(texts[i], Layout::indented);
    if (i % 3 == 2) bundle += kvt(texts[i], Layout::compact);
  }
  Store store = empty_store();
  auto imported = import_into(store, bundle);
  CHECK(imported.complaints == std::vector<std::string>{});
  CHECK(imported.of(keys.id()).taken == 1500);
  CHECK(tip_of(store, keys.id()) == 1500);
  for (const Seq sequence : {1U, 2U, 3U, 1500U}) {
    auto text = store.message(RowId::of(1, sequence));
    REQUIRE(text);
    CHECK(*text == texts[sequence - 1]);
  }
  // Again: nothing is written, nothing is refused.
  const auto changes = sqlite3_total_changes(store.database().handle());
  imported = import_into(store, bundle);
  CHECK(imported.of(keys.id()).held == 1500);
  CHECK(imported.of(keys.id()).taken == 0);
  CHECK(imported.report.refused == 0);
  CHECK(sqlite3_total_changes(store.database().handle()) == changes);
}

TEST_CASE("every kind of invalid message is refused as number 3, and then the true one is taken") {
  const KeyPair keys = keys_of(1);
  const auto texts = feed_of(keys, 4);
  const auto other = feed_of(keys, 4, "branch");
  const std::string& true_one = texts[2];
  const auto fields = [&](std::string_view content, std::string_view timestamp = "1002") {
    return forged(
        keys,
        fmt::format(R"("previous":{},"sequence":3,"author":"{}","timestamp":{},"hash":"sha256","content":{})",
                    member(true_one, "previous"), to_text(keys.id()), timestamp, content));
  };
  const std::vector<std::string> bad = {
      changed(true_one, "\"text\":\"2", "\"text\":\"3"),  // content changed after signing
      changed(true_one, "\"timestamp\":1002", "\"timestamp\":1003"),
      changed(true_one, "\"sequence\":3", "\"sequence\":4"),
      changed(true_one, "\"sequence\":3", "\"sequence\":\"3\""),
      changed(true_one, "\"sequence\":3", "\"sequence\":3.5"),
      changed(true_one, "\"hash\":\"sha256\"", "\"hash\":\"sha512\""),
      changed(true_one, "{\"previous\"", "{\"extra\":1,\"previous\""),
      changed(true_one, "\"author\":\"@", "\"author\":\""),
      changed(true_one, ".sig.ed25519", ".sig.k256"),
      changed(true_one, "\"previous\":\"%", "\"previous\":\""),
      changed(true_one, "\"type\":\"post\"", "\"type\":\"po\""),
      fields("{\"type\":\"po\"}"),  // signed, but not allowed
      fields("\"text\""),
      fields("null"),
      fields("{\"type\":\"post\",\"text\":\"" + std::string(8192, 'x') + "\"}"),
      fields("{\"type\":\"post\"}", "\"1002\""),
      other[2],                 // follows another second message
      texts[3],                 // comes too early
      true_one.substr(0, 100),  // cut short
      "{}",
      "{\"key\":\"%x\",\"value\":{\"a\":1}}",
      "nonsense",
      "\xff\xfe",
      "{\"previous\":" + std::string(300, '[') + std::string(300, ']') + "}",
  };
  for (const std::string& message : bad) {
    CAPTURE(message);
    Store store = empty_store();
    const auto imported = import_into(store, lines({texts[0], texts[1], message, true_one, texts[3]}));
    CHECK_FALSE(imported.error);
    CHECK(imported.of(keys.id()).taken == 4);
    CHECK(imported.report.refused == 1);
    REQUIRE(imported.complaints.size() == 1);
    CHECK(imported.complaints[0].starts_with("bundle, line 3: "));
  }
}

TEST_CASE("each invalid message of the vectors is refused and harms nothing") {
  const auto file = vectors("messages.json");
  // Feeds of the vectors, as far as they are whole, and each invalid message between them.
  std::string valid;
  for (Items items(member(file, "valid")); items.next();) valid += wtf8(items.value(), "message") + "\n";
  Store store = empty_store();
  const auto before = import_into(store, valid);
  std::uint64_t taken = 0;
  for (const auto& [id, count] : before.report.feeds) taken += count.taken;
  CHECK(taken > 10);
  const auto changes = sqlite3_total_changes(store.database().handle());
  std::size_t refused = 0;
  for (Items items(member(file, "invalid")); items.next();) {
    if (is_string(member(items.value(), "hmac"))) continue;
    const std::string name = wtf8(items.value(), "name");
    CAPTURE(name);
    const auto imported = import_into(store, wtf8(items.value(), "message") + "\n");
    if (name == "wrapped as {key, value}") continue;  // that is a form of bundles
    std::uint64_t held = 0;
    for (const auto& [id, count] : imported.report.feeds) held += count.held;
    CHECK(imported.report.refused + held == 1);
    refused += imported.report.refused;
  }
  CHECK(refused > 100);
  CHECK(sqlite3_total_changes(store.database().handle()) == changes);
}

TEST_CASE("a gap, a fork and a false signature are told by feed, and other feeds are taken") {
  const KeyPair one = keys_of(1);
  const KeyPair two = keys_of(2);
  const auto texts = feed_of(one, 5);
  const auto branch = feed_of(one, 5, "branch");
  Store store = empty_store();
  auto imported = import_into(
      store, lines({texts[0], texts[1], texts[3], branch[1], branch[2]}) + lines(feed_of(two, 3)));
  CHECK(imported.of(one.id()).taken == 2);
  CHECK(imported.of(one.id()).refused == 3);
  CHECK(imported.of(two.id()).taken == 3);
  REQUIRE(imported.complaints.size() == 3);
  CHECK(imported.complaints[0].find("message 4 cannot be taken, since message 3 is missing here") !=
        std::string::npos);
  CHECK(imported.complaints[1].find("is forked: message 2 is %") != std::string::npos);
  const auto own = inspect(as_bytes(texts[1]), nullptr);
  const auto other = inspect(as_bytes(branch[1]), nullptr);
  CHECK(imported.complaints[1].find(to_text(std::get<Inspected>(own).key())) != std::string::npos);
  CHECK(imported.complaints[1].find(to_text(std::get<Inspected>(other).key())) != std::string::npos);
  CHECK(imported.complaints[2].find("(a fork)") != std::string::npos);
  // A feed of which nothing could be taken leaves nothing behind.
  imported = import_into(store, lines({feed_of(keys_of(3), 2)[1]}));
  CHECK(imported.report.refused == 1);
  auto rows = store.feeds();
  REQUIRE(rows);
  CHECK(rows->size() == 2);
}

TEST_CASE("only the first reasons of each feed are told") {
  std::string bundle;
  for (std::uint8_t i = 1; i <= 20; ++i) {
    const auto texts = feed_of(keys_of(i), 10);
    bundle += lines({texts.begin() + 1, texts.end()});
  }
  Store store = empty_store();
  const auto imported = import_into(store, bundle);
  CHECK(imported.report.refused == 180);
  CHECK(imported.of(keys_of(20).id()).refused == 9);
  CHECK(imported.complaints.size() <= 61);
  CHECK(imported.complaints[5].find("more messages of feed") != std::string::npos);
  CHECK(imported.complaints.back().find("not told any more") != std::string::npos);
}

TEST_CASE("only the chosen feeds are looked at") {
  const KeyPair one = keys_of(1);
  const KeyPair two = keys_of(2);
  Importer::Options options;
  options.feeds = {two.id()};
  Store store = empty_store();
  std::string bundle = lines(feed_of(one, 3)) + lines(feed_of(two, 3));
  for (const std::string& text : feed_of(one, 3))
    bundle += kvt(changed(text, "post", "pest"), Layout::indented);
  const auto imported = import_into(store, bundle, std::move(options));
  CHECK(imported.report.refused == 0);
  CHECK(tip_of(store, one.id()) == 0);
  CHECK(tip_of(store, two.id()) == 3);
}

TEST_CASE("messages of a network with a signing key need that key") {
  SigningKey key;
  key.bytes.fill(9);
  const KeyPair keys = keys_of(1);
  const std::string bundle = lines(feed_of(keys, 3, "", &key));
  Store store = empty_store();
  CHECK(import_into(store, bundle).of(keys.id()).refused == 3);
  Importer::Options options;
  options.hmac = key;
  CHECK(import_into(store, bundle, std::move(options)).of(keys.id()).taken == 3);
}

TEST_CASE("a bundle that shows more of our own feed is taken, and holds publishing") {
  const KeyPair keys = keys_of(1);
  const auto texts = feed_of(keys, 9);
  Store store = empty_store();
  auto imported = import_into(store, lines({texts[0], texts[1], texts[2]}), owned(keys));
  CHECK(imported.report.own_feed_grew);
  CHECK(tip_of(store, keys.id()) == 3);
  CHECK(claimed(store) == "3");
  CHECK(standing(store) == "shown_more");
  // What cannot be linked yet shows all the same how long the feed is.
  imported = import_into(store, lines({texts[7]}), owned(keys));
  CHECK(imported.of(keys.id()).refused == 1);
  CHECK(claimed(store) == "8");
  // What is held already shows nothing new, and a shorter bundle takes nothing back.
  imported = import_into(store, lines({texts[0], texts[3]}), owned(keys));
  CHECK(imported.of(keys.id()).taken == 1);
  CHECK(claimed(store) == "8");

  Store again = empty_store();
  imported = import_into(again, lines(feed_of(keys_of(2), 3)), owned(keys));
  CHECK_FALSE(imported.report.own_feed_grew);
  CHECK(claimed(again).empty());
  CHECK(standing(again).empty());
}

TEST_CASE("another reason of a hold is kept, and a forged own message shows nothing") {
  const KeyPair keys = keys_of(1);
  Store store = empty_store();
  {
    auto batch = Batch::begin(store, Durability::full);
    REQUIRE(batch);
    REQUIRE(begin_hold(*batch, Hold::key_imported));
    REQUIRE(batch->commit(0));
  }
  const auto texts = feed_of(keys, 3);
  import_into(store, lines({changed(texts[0], "\"text\":\"0", "\"text\":\"1")}), owned(keys));
  CHECK(claimed(store).empty());
  import_into(store, lines(texts), owned(keys));
  CHECK(claimed(store) == "3");
  CHECK(standing(store) == "key_imported");
}

TEST_CASE("a bundle brings a restored host as far as its guard, and publishing goes on") {
  const TempDir folder;
  const KeyPair keys = keys_of(1);
  const Guard guard(folder / "guard", keys.id());
  Store before = empty_store();
  Publisher publisher(before, keys, nullptr, guard);
  for (int i = 0; i < 5; ++i) {
    const std::string content = post(std::to_string(i));
    auto published = publisher.publish(std::span(&content, 1), 1000 + i);
    REQUIRE(published);
    CHECK(published->held == Hold::none);
  }
  std::vector<std::string> texts;
  for (const Seq sequence : {1U, 2U, 3U, 4U, 5U}) {
    auto text = before.message(RowId::of(1, sequence));
    REQUIRE(text);
    texts.push_back(*text);
  }
  // The same host, with a store that is older than its guard.
  Store restored = empty_store();
  import_into(restored, lines({texts[0], texts[1]}), owned(keys));
  Publisher held(restored, keys, nullptr, guard);
  const std::string content = post("while held");
  auto published = held.publish(std::span(&content, 1), 2000);
  REQUIRE(published);
  CHECK(published->held == Hold::guard_ahead);

  const auto imported = import_into(restored, lines(texts), owned(keys));
  CHECK(imported.of(keys.id()).taken == 3);
  published = held.publish({}, 3000);
  REQUIRE(published);
  CHECK(published->held == Hold::none);
  CHECK(tip_of(restored, keys.id()) == 6);
}

TEST_CASE("two may import the same feeds at once") {
  const TempDir folder;
  const KeyPair keys = keys_of(1);
  const auto texts = feed_of(keys, 1200);
  auto store = Store::open(folder / "db", OpenMode::create);
  auto other = Store::open(folder / "db", OpenMode::read_write);
  REQUIRE(store);
  REQUIRE(other);
  // The other one takes everything after the first part of the first one.
  Importer::Options options;
  options.now = [] { return Millis{1}; };
  std::optional<Imported> second;
  options.progress = [&](const ImportReport&) {
    if (!second) second = import_into(*other, lines(texts));
  };
  Importer importer(*store, std::move(options));
  REQUIRE(importer.take(trickle(lines(texts)), "bundle"));
  REQUIRE(second);
  CHECK(importer.report().refused == 0);
  CHECK(second->report.refused == 0);
  const auto mine = importer.report().feeds.at(keys.id());
  const auto theirs = second->of(keys.id());
  CHECK(mine.taken + theirs.taken == 1200);
  CHECK(mine.taken > 0);
  CHECK(theirs.taken > 0);
  CHECK(mine.held == theirs.taken);
  CHECK(tip_of(*store, keys.id()) == 1200);
}

TEST_CASE("a source that breaks keeps what came before") {
  const auto texts = feed_of(keys_of(1), 600);
  Store store = empty_store();
  Importer::Options options;
  options.now = [] { return Millis{1}; };
  Importer importer(store, std::move(options));
  auto taken = importer.take(
      [inner = trickle(lines(texts))](std::span<char> out) mutable -> Result<std::size_t> {
        auto got = inner(out);
        if (got && *got == 0) return Error{Code::io, "the stick was pulled"};
        return got;
      },
      "bundle");
  REQUIRE_FALSE(taken);
  CHECK(taken.error().text == "the stick was pulled");
  CHECK(tip_of(store, keys_of(1).id()) == 600);
}

TEST_CASE("a feed that is forgotten while it is imported is left for another import") {
  const KeyPair keys = keys_of(1), other = keys_of(2);
  const auto texts = feed_of(keys, 3000);
  const auto others = feed_of(other, 10);
  std::string bundle = lines(texts);
  bundle += lines(others);
  for (const std::size_t held : {0, 1000, 1500, 2999}) {
    for (const int reads : {2, 5, 8, 11}) {
      CAPTURE(held);
      CAPTURE(reads);
      const TempDir folder;
      auto store = Store::open(folder / "store", OpenMode::create);
      auto beside = Store::open(folder / "store", OpenMode::read_write);
      REQUIRE(store);
      REQUIRE(beside);
      if (held > 0) {
        CHECK_FALSE(
            import_into(*store, lines({texts.begin(), texts.begin() + static_cast<int>(held)})).error);
      }
      std::vector<std::string> complaints;
      Importer::Options options;
      options.now = [] { return Millis{5}; };
      options.complain = [&](const std::string& text) { complaints.push_back(text); };
      Importer importer(*store, std::move(options));
      bool gone = false;
      const auto source = [read = trickle(bundle, bundle.size() / 12), &beside, &gone, &keys, reads,
                           count = 0](std::span<char> out) mutable -> Result<std::size_t> {
        if (++count == reads) {
          auto batch = Batch::begin(*beside, Durability::normal);
          REQUIRE(batch);
          auto row = beside->feed(keys.id());
          REQUIRE(row);
          gone = row->has_value();
          if (gone) {
            REQUIRE(forget_feed(*batch, **row));
          }
          REQUIRE(batch->commit(6));
        }
        return read(out);
      };
      REQUIRE(importer.take(source, "bundle"));
      const ImportReport& report = importer.report();
      CHECK(complaints == std::vector<std::string>{});
      CHECK(report.refused == 0);
      // What is there at its end is the whole feed, or none of it.
      const Seq tip = tip_of(*store, keys.id());
      CHECK(tip == (report.forgotten.empty() ? 3000 : 0));
      CHECK((gone || report.forgotten.empty()));
      CHECK(tip_of(*store, other.id()) == 10);
      auto again = import_into(*store, bundle);
      CHECK(again.report.refused == 0);
      CHECK(again.report.forgotten.empty());
      CHECK(tip_of(*store, keys.id()) == 3000);
      std::size_t findings = 0;
      auto file =
          verify_store(*store, {}, std::nullopt,
                       {[&](const FeedVerdict& verdict) { findings += verdict.findings.count; }, nullptr});
      REQUIRE(file);
      CHECK(findings + file->count == 0);
    }
  }
}
