// SPDX-License-Identifier: MIT
#include "gossip/replicator.h"

#include "gossip/protocol/limits.h"
#include "loop/loop.h"
#include "store/feeds.h"

#include <algorithm>
#include <iterator>

using namespace ssblog;

namespace {

/// A connected host that keeps what it is sent.
class Listener final : public Neighbour {
 public:
  explicit Listener(const FeedId& host) : host_(host) {}
  PeerNumber number() const override { return 1; }
  const std::optional<FeedId>& host() const override { return host_; }
  bool has_room() const override { return true; }
  bool has_ebt() const override { return ebt; }
  void send_ebt(std::string_view json) override { items.emplace_back(json); }
  CallId call_history(std::string_view args) override {
    calls.emplace_back(args);
    if (called) called();
    return {static_cast<std::int32_t>(calls.size())};
  }
  void send_history(CallId, std::string_view json) override { got.emplace_back(json); }
  void end_history(CallId) override { ended = true; }
  void hold_back(bool) override {}
  void flush() override {}

  std::vector<std::string> got, items, calls;
  bool ebt = false;
  std::function<void()> called;  ///< a call went out
  bool ended = false;

 private:
  std::optional<FeedId> host_;
};

/// A replicator over a store that holds feeds.
struct Relay {
  Loop loop = *Loop::make();
  Store store = empty_store();
  Chores chores{loop, store, [] { return Millis{7}; }, [] {}};
  Replicator replicator{loop,
                        store,
                        chores,
                        keys_of(99).id(),
                        std::nullopt,
                        {[] {},
                         [this] {
                           if (grown) grown();
                         },
                         [](const FeedId&, Seq) {},
                         [this](PeerNumber, const std::string& why) {
                           cuts.push_back(why);
                           loop.stop();
                         },
                         [](const Error&) {}, [] {}, [] { return Millis{7}; }, nullptr,
                         [this](const ForkProof&) { loop.stop(); }}};
  std::function<void()> grown;    ///< a feed has more messages
  std::vector<std::string> cuts;  ///< why a peer is to be cut

  void hold(const std::vector<std::string>& texts) { import_into(store, lines(texts)); }
  void want(const std::set<FeedId>& feeds) { REQUIRE(replicator.want(feeds, {})); }
};

}  // namespace

TEST_CASE("an author gets its own feed back where nobody follows it") {
  const KeyPair author = keys_of(1), other = keys_of(2);
  const auto texts = feed_of(author, 3);
  Relay relay;
  relay.hold(texts);
  relay.want({keys_of(99).id()});

  Listener stranger(other.id());
  relay.replicator.opened(stranger);
  relay.replicator.history_asked(stranger, {-1}, history_args(author.id(), 1, false));
  CHECK(stranger.got.empty());
  CHECK(stranger.ended);
  relay.replicator.closed(stranger);

  Listener back(author.id());
  relay.replicator.opened(back);
  relay.replicator.history_asked(back, {-1}, history_args(author.id(), 2, false));
  CHECK(back.got == std::vector<std::string>{texts[1], texts[2]});
  CHECK(back.ended);
}

TEST_CASE("an own feed that a peer holds otherwise is found at the first meeting, and both get the proof") {
  const KeyPair own = keys_of(99);
  const auto ours = feed_of(own, 3), theirs = feed_of(own, 3, "other");
  Relay relay;
  relay.hold(ours);
  relay.want({own.id()});
  Listener peer(keys_of(2).id());
  peer.ebt = true;
  relay.replicator.opened(peer);
  relay.replicator.ebt_opened(peer, false);
  // It is behind us: without a question nobody would ever know.
  REQUIRE(relay.replicator.ebt_item(peer, as_bytes(format_notes({{own.id(), Note{2, true}}}))));
  REQUIRE(peer.calls == std::vector<std::string>{history_args_of_one(own.id(), 2)});
  CHECK_FALSE(*ForkBook(relay.store).is_forked(own.id()));
  peer.items.clear();
  relay.replicator.history_item(peer, {1}, as_bytes(theirs[1]));
  relay.loop.run();
  CHECK(*ForkBook(relay.store).is_forked(own.id()));
  CHECK(std::count(peer.items.begin(), peer.items.end(), ours[1]) == 1);
  CHECK(std::count(peer.items.begin(), peer.items.end(), theirs[1]) == 1);
  // Said once, asked once; where the branches part is another question.
  REQUIRE(relay.replicator.ebt_item(peer, as_bytes(format_notes({{own.id(), Note{2, true}}}))));
  CHECK(peer.calls ==
        std::vector<std::string>{history_args_of_one(own.id(), 2), history_args_of_one(own.id(), 1)});
  CHECK(std::count(peer.items.begin(), peer.items.end(), theirs[1]) == 1);
}

TEST_CASE("where two branches of the own feed part is searched for by halves") {
  constexpr std::size_t length = 9;
  for (const std::size_t common : {std::size_t{0}, std::size_t{1}, std::size_t{4}, std::size_t{8}}) {
    CAPTURE(common);
    const KeyPair own = keys_of(99);
    const auto branch = [&](std::string_view word) {
      std::vector<std::string> texts;
      std::optional<FeedState> state;
      for (std::size_t i = 0; i < length; ++i) {
        const auto text = fmt::format("{}{}", i < common ? "" : word, i);
        auto message = sign(own, state, 1000.0 + static_cast<double>(i), post(text), nullptr);
        REQUIRE(message);
        state = message->state();
        texts.push_back((*message)->text);
      }
      return texts;
    };
    const auto ours = branch("ours "), theirs = branch("theirs ");
    Relay relay;
    relay.grown = [&relay] { relay.loop.stop(); };
    relay.hold(ours);
    relay.want({own.id()});
    Listener peer(keys_of(2).id());
    peer.ebt = true;
    relay.replicator.opened(peer);
    relay.replicator.ebt_opened(peer, false);
    REQUIRE(relay.replicator.ebt_item(peer, as_bytes(format_notes({{own.id(), Note{length, true}}}))));
    for (std::size_t answered = 0; answered < peer.calls.size() && answered < 10; ++answered) {
      Seq asked = 1;
      while (peer.calls[answered] != history_args_of_one(own.id(), asked)) REQUIRE(++asked <= length);
      relay.replicator.history_item(peer, {static_cast<std::int32_t>(answered + 1)},
                                    as_bytes(theirs[asked - 1]));
      // Until it is stored as proof.
      const auto is_known = [&] {
        const auto proof = ForkBook(relay.store).of(own.id());
        return *proof && (*proof)->sequence <= asked;
      };
      while (asked > common && !is_known()) relay.loop.run();
    }
    CHECK(peer.calls.size() <= 5);
    const auto proof = ForkBook(relay.store).of(own.id());
    REQUIRE(proof);
    REQUIRE(*proof);
    CHECK((*proof)->sequence == common + 1);
    CHECK(is_where_they_part(**proof));
  }
}

TEST_CASE("an own feed that a peer holds as we do is looked at once, and nothing is marked") {
  const KeyPair own = keys_of(99);
  const auto ours = feed_of(own, 3);
  Relay relay;
  relay.hold(ours);
  relay.want({own.id()});
  Listener peer(keys_of(2).id());
  peer.ebt = true;
  relay.replicator.opened(peer);
  relay.replicator.ebt_opened(peer, false);
  for (int i = 0; i < 2; ++i)
    REQUIRE(relay.replicator.ebt_item(peer, as_bytes(format_notes({{own.id(), Note{2, true}}}))));
  CHECK(peer.calls.size() == 1);
  relay.replicator.history_item(peer, {1}, as_bytes(ours[1]));
  CHECK(relay.replicator.is_idle());
  CHECK_FALSE(*ForkBook(relay.store).is_forked(own.id()));
}

TEST_CASE("a feed that does not go on from what is held is compared, and forked branches stay quiet") {
  const KeyPair author = keys_of(1);
  const auto ours = feed_of(author, 3), theirs = feed_of(author, 5, "other");
  Relay relay;
  relay.hold(ours);
  relay.want({keys_of(99).id(), author.id()});
  Listener peer(keys_of(2).id());
  peer.ebt = true;
  relay.replicator.opened(peer);
  relay.replicator.ebt_opened(peer, false);
  REQUIRE(relay.replicator.ebt_item(peer, as_bytes(format_notes({{author.id(), Note{5, true}}}))));
  peer.called = [&relay] { relay.loop.stop(); };
  REQUIRE(relay.replicator.ebt_item(peer, as_bytes(theirs[3])));
  relay.loop.run();
  REQUIRE(peer.calls == std::vector<std::string>{history_args_of_one(author.id(), 3)});
  relay.replicator.history_item(peer, {1}, as_bytes(theirs[2]));
  relay.loop.run();
  CHECK(*ForkBook(relay.store).is_forked(author.id()));
  CHECK(std::count(peer.items.begin(), peer.items.end(), ours[2]) == 1);
  // It goes on sending: nothing is taken, asked or said any more.
  peer.items.clear();
  for (int i = 0; i < 3; ++i) REQUIRE(relay.replicator.ebt_item(peer, as_bytes(theirs[3])));
  CHECK(relay.replicator.is_idle());
  CHECK(peer.items.empty());
  CHECK(peer.calls.size() == 1);
  CHECK(tip_of(relay.store, author.id()) == 3);

  // Nor when they meet again and again: it gets notes that ask for nothing.
  for (int meeting = 0; meeting < 20; ++meeting) {
    relay.replicator.ebt_closed(peer);
    peer.ebt = false;
    relay.replicator.closed(peer);
    peer.ebt = true;
    peer.items.clear();
    relay.replicator.opened(peer);
    relay.replicator.ebt_opened(peer, false);
    REQUIRE(relay.replicator.ebt_item(peer, as_bytes(format_notes({{author.id(), Note{5, false}}}))));
    for (const std::string& item : peer.items) {
      const auto read = read_ebt_item(as_bytes(item));
      REQUIRE(read);
      const auto* notes = std::get_if<Notes>(&*read);
      REQUIRE(notes != nullptr);
      if (notes->contains(author.id())) CHECK(notes->at(author.id()) == Note{3, false});
    }
    CHECK(peer.calls.size() == 1);
    CHECK(relay.replicator.is_idle());
  }
}

TEST_CASE("a proof that comes while the messages are on their way into the store is not lost") {
  const KeyPair author = keys_of(1);
  const auto ours = feed_of(author, 3), theirs = feed_of(author, 3, "other");
  Relay relay;
  relay.want({keys_of(99).id(), author.id()});
  Listener peer(keys_of(2).id());
  peer.ebt = true;
  relay.replicator.opened(peer);
  relay.replicator.ebt_opened(peer, false);
  REQUIRE(relay.replicator.ebt_item(peer, as_bytes(format_notes({{author.id(), Note{3, true}}}))));
  for (const std::string& text : {ours[0], ours[1], ours[2], ours[1], theirs[1]})
    REQUIRE(relay.replicator.ebt_item(peer, as_bytes(text)));
  Timer late(relay.loop, [&relay] { relay.loop.stop(); });
  late.start(std::chrono::seconds(10));
  relay.loop.run();
  CHECK(tip_of(relay.store, author.id()) == 3);
  CHECK(*ForkBook(relay.store).is_forked(author.id()));
}

TEST_CASE("a host that was set back gets the proof again, once, behind the messages") {
  const KeyPair author = keys_of(1);
  const auto ours = feed_of(author, 3), theirs = feed_of(author, 3, "other");
  Relay relay;
  relay.hold(ours);
  relay.want({keys_of(99).id(), author.id()});
  Listener peer(keys_of(2).id());
  const auto meet = [&](Note note) {
    peer.ebt = true;
    peer.items.clear();
    relay.replicator.opened(peer);
    relay.replicator.ebt_opened(peer, false);
    REQUIRE(relay.replicator.ebt_item(peer, as_bytes(format_notes({{author.id(), note}}))));
  };
  const auto part = [&] {
    relay.replicator.ebt_closed(peer);
    peer.ebt = false;
    relay.replicator.closed(peer);
  };
  const auto messages = [&] {
    std::vector<std::string> texts;
    std::copy_if(peer.items.begin(), peer.items.end(), std::back_inserter(texts),
                 [](const std::string& item) { return item.starts_with(R"({"previous")"); });
    return texts;
  };
  meet({3, true});
  REQUIRE(relay.replicator.ebt_item(peer, as_bytes(theirs[1])));
  relay.loop.run();
  REQUIRE(*ForkBook(relay.store).is_forked(author.id()));
  CHECK(messages() == std::vector<std::string>{ours[1], theirs[1]});
  part();

  meet({0, true});
  CHECK(messages() == std::vector<std::string>{ours[0], ours[1], ours[2], ours[1], theirs[1]});
  part();

  meet({3, false});
  CHECK(messages().empty());
}

TEST_CASE("a store whose own feed comes from others was set back: what it says of others counts no more") {
  const KeyPair own = keys_of(99), author = keys_of(1), host = keys_of(2);
  Relay relay;
  relay.hold(feed_of(author, 2));
  auto batch = Batch::begin(relay.store, Durability::normal);
  REQUIRE(batch);
  REQUIRE(save_clock(*batch, host.id(), {{author.id(), 2}}));
  REQUIRE(save_clock(*batch, keys_of(3).id(), {{author.id(), 2}}));
  REQUIRE(batch->commit(1));
  relay.want({own.id(), author.id(), host.id()});
  Listener peer(host.id());
  peer.ebt = true;
  relay.replicator.opened(peer);
  relay.replicator.ebt_opened(peer, false);
  const auto said = [&]() -> std::optional<Note> {
    for (const std::string& item : peer.items) {
      const auto read = read_ebt_item(as_bytes(item));
      REQUIRE(read);
      const auto* notes = std::get_if<Notes>(&*read);
      if (notes != nullptr && notes->contains(author.id())) return notes->at(author.id());
    }
    return std::nullopt;
  };
  // Both had it all at the last meeting.
  REQUIRE(relay.replicator.ebt_item(peer, as_bytes(format_notes({{own.id(), Note{2, true}}}))));
  CHECK_FALSE(said());
  relay.grown = [&relay] { relay.loop.stop(); };
  REQUIRE(relay.replicator.ebt_item(peer, as_bytes(feed_of(own, 2)[0])));
  relay.loop.run();
  CHECK(tip_of(relay.store, own.id()) == 1);
  CHECK(said() == Note{2, true});
  relay.chores.finish();
  for (const FeedId& one : {host.id(), keys_of(3).id()}) CHECK(PeerBook(relay.store).clock(one)->empty());
}

TEST_CASE("a peer is cut for as many messages that no feed can have, once, and for none less") {
  const KeyPair author = keys_of(1), other = keys_of(3);
  for (const std::size_t count : {max_invalid_messages - 1, max_invalid_messages, 3 * max_invalid_messages}) {
    CAPTURE(count);
    Relay relay;
    relay.want({keys_of(99).id(), author.id(), other.id()});
    Listener peer(keys_of(2).id());
    peer.ebt = true;
    relay.replicator.opened(peer);
    relay.replicator.ebt_opened(peer, false);
    const Note all{static_cast<Seq>(count), true};
    REQUIRE(relay.replicator.ebt_item(
        peer, as_bytes(format_notes({{author.id(), all}, {other.id(), Note{1, true}}}))));
    for (std::string text : feed_of(author, count)) {
      char& signed_one = text[text.find(R"("text":")") + 8];
      signed_one = signed_one == '9' ? '8' : '9';
      REQUIRE(relay.replicator.ebt_item(peer, as_bytes(text)));
    }
    // What it sends of another feed is no worse for it.
    REQUIRE(relay.replicator.ebt_item(peer, as_bytes(feed_of(other, 1)[0])));
    relay.grown = [&relay] { relay.loop.stop(); };
    relay.loop.run();
    CHECK(relay.cuts.size() == (count < max_invalid_messages ? 0 : 1));
  }
}
