// SPDX-License-Identifier: MIT
#include "gossip/ingest.h"

#include "gossip/log_gate.h"
#include "loop/loop.h"
#include "store/feeds.h"

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

/// Ingest on a loop of its own, and what it told.
struct Intake {
  Loop loop = *Loop::make();
  Store store = empty_store();
  std::vector<std::string> told;
  std::size_t done = 0;
  Ingest ingest{loop,
                store,
                keys_of(99).id(),
                std::nullopt,
                {[this](const FeedId&, Seq have, PeerNumber from) {
                   told.push_back(fmt::format("{} from {}", have, from));
                 },
                 [this](const ReceivedMessage& message, bool fatal, bool forged, const std::string&) {
                   told.push_back(fmt::format("refused {}{}{}", message.sequence, fatal ? " fatal" : "",
                                              forged ? " forged" : ""));
                 },
                 [] {}, [](const Error&) {}, [] {}, [](const FeedId&) {}, [this] { loop.stop(); },
                 [] { return Millis{7}; }}};

  void take(const KeyPair& author, Seq sequence, const std::string& text) {
    ingest.take({1, keys_of(50).id(), author.id(), sequence, ByteBuf(text.begin(), text.end())});
  }
  /// Until nothing is left to be done.
  void run() {
    while (!ingest.is_idle()) loop.run();
  }
};

}  // namespace

TEST_CASE("messages that follow are stored, in the order that they came") {
  Intake intake;
  const auto texts = feed_of(keys_of(1), 300);
  for (std::size_t i = 0; i < texts.size(); ++i) intake.take(keys_of(1), static_cast<Seq>(i + 1), texts[i]);
  intake.run();
  CHECK(tip_of(intake.store, keys_of(1).id()) == 300);
  CHECK(intake.told.back() == "300 from 1");
}

TEST_CASE("who sends what nobody signed is to blame, who passes a fork on is not") {
  Intake intake;
  const auto texts = feed_of(keys_of(1), 2), other = feed_of(keys_of(1), 3, "other");
  intake.take(keys_of(1), 1, texts[0]);
  intake.take(keys_of(1), 2, other[1]);
  std::string changed = texts[1];
  changed[changed.find("\"text\":\"1\"") + 8] = '2';
  intake.take(keys_of(1), 2, changed);
  intake.take(keys_of(1), 2, texts[1]);
  intake.run();
  std::erase_if(intake.told, [](const std::string& text) { return !text.starts_with("refused"); });
  CHECK(intake.told == std::vector<std::string>{"refused 2 fatal", "refused 2 fatal forged"});
  CHECK(tip_of(intake.store, keys_of(1).id()) == 2);
}

TEST_CASE("a second signed message for a held place marks the feed, and nothing further of it is taken") {
  Intake intake;
  const auto texts = feed_of(keys_of(1), 4), other = feed_of(keys_of(1), 4, "other");
  for (Seq sequence = 1; sequence <= 3; ++sequence) intake.take(keys_of(1), sequence, texts[sequence - 1]);
  intake.run();
  // The same again, and one that nobody signed: no proof.
  std::string changed = other[1];
  changed[changed.find("other")] = 'x';
  intake.take(keys_of(1), 2, texts[1]);
  intake.take(keys_of(1), 2, changed);
  intake.run();
  CHECK_FALSE(*ForkBook(intake.store).is_forked(keys_of(1).id()));
  intake.take(keys_of(1), 2, other[1]);
  intake.run();
  const auto proof = ForkBook(intake.store).of(keys_of(1).id());
  REQUIRE(proof);
  REQUIRE(*proof);
  CHECK((*proof)->sequence == 2);
  CHECK((*proof)->held_text == texts[1]);
  CHECK((*proof)->other_text == other[1]);
  intake.take(keys_of(1), 4, texts[3]);
  intake.run();
  CHECK(intake.told.back() == "refused 4 fatal");
  CHECK(tip_of(intake.store, keys_of(1).id()) == 3);
}

TEST_CASE("a message is of the author that was signed, or of nobody") {
  Intake intake;
  const KeyPair wanted = keys_of(1), hidden = keys_of(2);
  // Signed with the author twice: what stands last is what counts.
  std::string text = feed_of(hidden, 1)[0];
  const std::string own = fmt::format(R"("author":"{}",)", to_text(hidden.id()));
  const auto at = text.find(own);
  REQUIRE(at != std::string::npos);
  text.replace(at, own.size(), fmt::format(R"("author":"{}",)", to_text(wanted.id())));
  text.insert(text.size() - 1, fmt::format(R"(,"author":"{}")", to_text(hidden.id())));
  intake.take(wanted, 1, text);
  intake.run();
  CHECK(tip_of(intake.store, wanted.id()) == 0);
  CHECK(tip_of(intake.store, hidden.id()) == 0);
  REQUIRE(intake.told.size() == 1);
  CHECK(intake.told[0].starts_with("refused 1"));
  CHECK(intake.told[0].ends_with("forged"));
}

TEST_CASE("so many log lines of a kind are said in a while, and how many were not") {
  LogGate gate;
  std::size_t left_out = 0, said = 0;
  for (int i = 0; i < 1000; ++i) said += gate.lets_through("a", 1s, left_out) ? 1 : 0;
  CHECK(said == LogGate::lines);
  CHECK(gate.lets_through("b", 1s, left_out));
  CHECK(left_out == 0);
  REQUIRE(gate.lets_through("a", 1s + LogGate::window, left_out));
  CHECK(left_out == 1000 - LogGate::lines);
}
