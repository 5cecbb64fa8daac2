// SPDX-License-Identifier: MIT
#include "gossip/replicator.h"

#include "loop/loop.h"
#include "store/feeds.h"

using namespace ssblog;

namespace {

/// A connected host that keeps what it is sent.
class Listener final : public Neighbour {
 public:
  explicit Listener(const FeedId& host) : host_(host) {}
  PeerNumber number() const override { return 1; }
  const std::optional<FeedId>& host() const override { return host_; }
  bool has_room() const override { return true; }
  bool has_ebt() const override { return false; }
  void send_ebt(std::string_view) override {}
  CallId call_history(std::string_view) override { return {1}; }
  void send_history(CallId, std::string_view json) override { got.emplace_back(json); }
  void end_history(CallId) override { ended = true; }
  void hold_back(bool) override {}
  void flush() override {}

  std::vector<std::string> got;
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
                        {[] {}, [] {}, [](const FeedId&, Seq) {}, [](PeerNumber, const std::string&) {},
                         [](const Error&) {}, [] {}, [] { return Millis{7}; }}};

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
