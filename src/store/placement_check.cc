// SPDX-License-Identifier: MIT
#include "store/placement_check.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {
namespace {

// Of one feed (?1) each; numbers of instances are a store's own.
constexpr std::pair<const char*, const char*> derived[] = {
    {"SELECT id, last_time FROM wide WHERE id >> 40 = ?1 ORDER BY id",
     "the table of messages that reach far"},
    {"SELECT next, previous, first FROM continued WHERE next BETWEEN ?1 << 40 AND (?1 + 1 << 40) - 1 "
     "ORDER BY next",
     "the table of lines that go on"},
    {"SELECT sequence, name FROM names WHERE feed = ?1 ORDER BY sequence", "the table of names"},
    {"SELECT contact, relation FROM contacts WHERE feed = ?1 ORDER BY contact", "the table of contacts"},
    {"SELECT boot, began FROM boots WHERE feed = ?1 ORDER BY boot", "the table of boots"},
    {"SELECT id, boot, up, time, last_time FROM unset_clocks WHERE id BETWEEN ?1 << 40 AND (?1 + 1 << 40) - "
     "1 "
     "ORDER BY id",
     "the table of clocks that were not set"},
    {"SELECT name, job, source, destination, first_sequence, seen, began, ended, status, signal, duration, "
     "lines, errors, reason FROM runs WHERE feed = ?1 ORDER BY name",
     "the table of runs"},
    {"SELECT sequence, key, rule, made, content FROM expectations WHERE feed = ?1 ORDER BY sequence",
     "the table of rules"},
    {"SELECT key FROM removals WHERE feed = ?1 ORDER BY key", "the table of rules that were taken back"},
    {"SELECT id, sequence, made, kind, rule, host, job, source, destination, due, after, reason, run, detail "
     "FROM alerts WHERE feed = ?1 ORDER BY id",
     "the table of alerts"},
    {"SELECT kind, name, stream, job, first_sequence, last_sequence, high, latest, open_next, open_first, "
     "open_last, holes FROM instances WHERE feed = ?1 ORDER BY kind, name, stream",
     "the table of stream instances"},
};

bool same_row(const Statement::Run& a, const Statement::Run& b, int columns) {
  for (int column = 0; column < columns; ++column) {
    if (a.null(column) != b.null(column) || a.text(column) != b.text(column)) return false;
  }
  return true;
}

}  // namespace

Result<PlacementCheck> PlacementCheck::begin(Store& store, const FeedRow& feed, Tell tell) {
  auto again = Store::open(":memory:", OpenMode::create);
  if (!again) return again.error();
  return PlacementCheck(store, std::move(*again), feed, std::move(tell));
}

PlacementCheck::PlacementCheck(Store& store, Store again, const FeedRow& feed, Tell tell)
    : store_(&store),
      again_(std::make_unique<Store>(std::move(again))),
      placer_(std::make_unique<Placer>(again_->database())),
      feed_(feed.number),
      id_(feed.id),
      tell_(std::move(tell)) {}

Result<void> PlacementCheck::take(const Verified& message, const StoredPlace& stored) {
  auto placed = placer_->take(feed_, id_, *message);
  if (!placed) return placed.error();
  bool same = placed->placement.first == stored.first && format_shape(placed->placement) == stored.shape &&
              placed->instance.has_value() == stored.instance.has_value();
  if (same && placed->instance)
    same = instances_.try_emplace(*placed->instance, *stored.instance).first->second == *stored.instance;
  if (!same)
    tell_(fmt::format("message {} does not stand where its lines belong in the order", message->sequence));
  return {};
}

Result<void> PlacementCheck::end() {
  if (auto flushed = placer_->flush(); !flushed) return flushed;
  for (const auto& [sql, what] : derived) {
    if (auto compared = compare(sql, what); !compared) return compared;
  }
  return {};
}

Result<void> PlacementCheck::compare(const char* sql, std::string_view what) {
  Statement ours(again_->database(), sql);
  Statement theirs(store_->database(), sql);
  auto expected = ours.run(feed_);
  auto stored = theirs.run(feed_);
  for (;;) {
    auto more = expected.step();
    if (!more) return more.error();
    auto more_stored = stored.step();
    if (!more_stored) return more_stored.error();
    if (*more != *more_stored || (*more && !same_row(expected, stored, expected.columns()))) {
      tell_(fmt::format("{} does not say what the messages say", what));
      return {};
    }
    if (!*more) return {};
  }
}

}  // namespace ssblog
