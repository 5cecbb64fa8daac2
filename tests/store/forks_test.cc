// SPDX-License-Identifier: MIT
#include "store/forks.h"

#include "store/feeds.h"
#include "store/publish.h"
#include "store/verify_store.h"

using namespace ssblog;

namespace {

/// A feed of an author that goes two ways behind message `common`: ours is held.
struct Fork {
  KeyPair author = keys_of(1);
  std::vector<std::string> ours, theirs;

  explicit Fork(std::size_t common, std::size_t length = 5) {
    std::optional<FeedState> state;
    for (std::size_t i = 0; i < length; ++i) {
      auto message =
          sign(author, state, 1000.0 + static_cast<double>(i), post(fmt::format("{}", i)), nullptr);
      REQUIRE(message);
      state = message->state();
      ours.push_back((*message)->text);
    }
    std::optional<FeedState> branch;
    for (std::size_t i = 0; i < length; ++i) {
      const std::string text = i < common ? fmt::format("{}", i) : fmt::format("other {}", i);
      auto message = sign(author, branch, 1000.0 + static_cast<double>(i), post(text), nullptr);
      REQUIRE(message);
      branch = message->state();
      theirs.push_back((*message)->text);
    }
  }
};

std::vector<ForkProof> proofs_in(Store& store) {
  auto proofs = ForkBook(store).all();
  REQUIRE(proofs);
  return *proofs;
}

}  // namespace

TEST_CASE("a second signed message for a held place marks the feed, and both are kept") {
  for (const std::size_t common : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{4}}) {
    CAPTURE(common);
    const Fork fork(common);
    Store store = empty_store();
    import_into(store, lines(fork.ours));
    CHECK(proofs_in(store).empty());
    const auto imported = import_into(store, lines(fork.theirs));
    CHECK(imported.of(fork.author.id()).taken == 0);
    const auto proofs = proofs_in(store);
    REQUIRE(proofs.size() == 1);
    const ForkProof& proof = proofs.front();
    CHECK(proof.feed == fork.author.id());
    CHECK(proof.sequence == common + 1);
    // Whoever gets the two can check them.
    for (const auto& [text, key] :
         {std::pair(proof.held_text, proof.held), {proof.other_text, proof.other}}) {
      const auto inspected = inspect(as_bytes(text), nullptr);
      const auto* good = std::get_if<Inspected>(&inspected);
      REQUIRE(good != nullptr);
      CHECK(good->author() == proof.feed);
      CHECK(good->sequence() == proof.sequence);
      CHECK(good->key() == key);
    }
    CHECK(proof.held != proof.other);
    CHECK(fork_text(proof).find(to_text(proof.other)) != std::string::npos);
    // The first branch is kept, nothing further of either is taken.
    const Fork longer(common, 8);
    for (const auto& more : {longer.ours, longer.theirs}) {
      CHECK(import_into(store, lines(more)).of(fork.author.id()).taken == 0);
      CHECK(tip_of(store, fork.author.id()) == 5);
    }
    CHECK(proofs_in(store).size() == 1);
    std::uint64_t findings = 0;
    REQUIRE(verify_store(store, {}, std::nullopt,
                         {[&](const FeedVerdict& verdict) { findings += verdict.findings.count; }, {}}));
    CHECK(findings == 1);
  }
}

TEST_CASE("no proof, no mark: a false signature, the same message, a damaged one, a gap") {
  const Fork fork(3);
  Store store = empty_store();
  import_into(store, lines(fork.ours));
  import_into(store, lines(fork.ours));
  std::string changed = fork.theirs[3];
  changed[changed.find("other") + 1] = 'x';
  import_into(store, changed + "\n");
  import_into(store,
              fork.theirs[4] + "\n");  // its place in the branch is not known: no message for a held place
  CHECK(proofs_in(store).empty());
  // Ours is damaged: what differs from it may well be the true one.
  REQUIRE(
      store.database().run("UPDATE messages SET body = (SELECT body FROM messages b WHERE b.id = messages.id "
                           "- 1) WHERE id & 255 = 4"));
  import_into(store, fork.theirs[3] + "\n");
  CHECK(proofs_in(store).empty());
}

TEST_CASE("an own feed that is forked is signed no more, not by force either") {
  const Fork fork(3);
  const TempDir directory;
  Store store = empty_store();
  Importer::Options own;
  own.own = fork.author.id();
  import_into(store, lines(fork.ours), own);
  Publisher publisher(store, fork.author, nullptr, Guard(directory / "guard", fork.author.id()));
  REQUIRE(publisher.force(5000));
  CHECK(*publisher.hold() == Hold::none);
  import_into(store, lines(fork.theirs), own);
  CHECK(*publisher.hold() == Hold::forked);
  const std::string content = post("more");
  CHECK(publisher.publish(std::span(&content, 1), 6000)->held == Hold::forked);
  REQUIRE(publisher.force(7000));
  CHECK(*publisher.hold() == Hold::forked);
  CHECK(tip_of(store, fork.author.id()) == 5);
  auto report = publisher.report();
  REQUIRE(report);
  REQUIRE(report->fork);
  CHECK(report->fork->sequence == 4);
  CHECK(report->waiting == 1);
}
