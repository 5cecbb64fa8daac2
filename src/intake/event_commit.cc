// SPDX-License-Identifier: MIT
#include "intake/event_commit.h"

#include "feed/json.h"
#include "intake/run_packer.h"
#include "store/positions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace ssblog {
namespace {

std::string row_key(const std::string& source) { return std::string(event_position_prefix).append(source); }

std::string format_row(const std::string& run, const std::string& cursor, bool gathering) {
  return fmt::format(R"({{"run":{},"cursor":{}{}}})", json_string(run), json_string(cursor),
                     gathering ? R"(,"gathering":true)" : "");
}

/// Where a source's streams stand while they are packed, to be held against the feed in the transaction.
struct Packed {
  const EventWish& wish;
  std::string run;
  std::map<std::string, std::uint64_t> begins;
};

}  // namespace

struct EventCommit::Own {
  KeyPair keys;
  std::optional<SigningKey> hmac;
  Store store;
  std::unique_ptr<Publisher> publisher;
};

EventCommit::EventCommit(Parts parts) : parts_(parts) {}
EventCommit::EventCommit(std::unique_ptr<Own> own)
    : own_(std::move(own)), parts_{own_->store, *own_->publisher, own_->keys.id()} {}
EventCommit::~EventCommit() = default;

Result<std::unique_ptr<EventCommit>> EventCommit::open(const Home& home,
                                                       const std::optional<SigningKey>& hmac,
                                                       std::chrono::milliseconds patience) {
  auto keys = load_keys(home);
  if (!keys) return keys.error();
  auto store = open_own_store(home);
  if (!store) return store.error();
  if (auto set = store->wait_at_most(patience); !set) return set.error();
  auto guard = guard_of(*store, home, keys->id());
  if (!guard) return guard.error();
  auto own = std::make_unique<Own>(Own{std::move(*keys), hmac, std::move(*store), nullptr});
  own->publisher = std::make_unique<Publisher>(own->store, own->keys, own->hmac ? &*own->hmac : nullptr,
                                               std::move(*guard));
  return std::unique_ptr<EventCommit>(new EventCommit(std::move(own)));
}

Result<EventCommit::Row*> EventCommit::row_of(const std::string& source) {
  if (const auto at = rows_.find(source); at != rows_.end()) return &at->second;
  const std::string key = row_key(source);
  auto rows = read_positions(parts_.store, key);
  if (!rows) return rows.error();
  Row row;
  for (const PositionRow& kept : *rows) {
    if (kept.source != key) continue;
    row.run = text_of(member(kept.position, "run")).value_or("");
    row.cursor = text_of(member(kept.position, "cursor")).value_or("");
    row.stored = !row.run.empty();
    row.gathering = member(kept.position, "gathering") == "true";
  }
  if (row.run.empty()) row.run = draw_run();
  return &rows_.emplace(source, std::move(row)).first->second;
}

Result<std::string> EventCommit::cursor(const std::string& source) {
  auto row = row_of(source);
  if (!row) return row.error();
  return (*row)->cursor;
}

Result<bool> EventCommit::gathered(const std::string& source) {
  auto row = row_of(source);
  if (!row) return row.error();
  return (*row)->gathering;
}

Result<void> EventCommit::note_gathering(const std::string& source, Millis now) {
  auto row = row_of(source);
  if (!row) return row.error();
  auto batch = Batch::begin(parts_.store, Durability::full);
  if (!batch) return batch.error();
  auto set = batch->set_position(row_key(source), format_row((*row)->run, (*row)->cursor, true));
  if (set) set = batch->set_position(std::string(event_run_prefix).append((*row)->run), "{}");
  if (!set) return set.error();
  if (auto committed = batch->commit(now); !committed) return committed.error();
  (*row)->stored = (*row)->gathering = true;
  return {};
}

Result<Committed> EventCommit::commit(std::span<const EventWish> wishes, Millis now) {
  auto feed = parts_.store.feed(parts_.feed);
  if (!feed) return feed.error();
  std::vector<std::string> contents;
  std::vector<Packed> all;
  Committed committed;
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const EventWish& wish = wishes[i];
    auto row = row_of(wish.source);
    if (!row) return row.error();
    EventHead head = wish.head;
    head.run = (*row)->run;
    const auto covered = [&](const std::string& stream) -> Result<std::uint64_t> {
      if (!*feed) return 0;
      auto instance = find_instance(parts_.store, (*feed)->number, stream, head.run);
      if (!instance) return instance.error();
      return *instance ? (*instance)->high : 0;
    };
    auto packed = pack_events(head, wish.entries, covered, now);
    if (!packed) {
      Error why{packed.error().code, fmt::format("source {}: {}", wish.source, packed.error().text)};
      if (why.code != Code::data) return why;
      // It stays so whenever it is tried, and the other sources must not wait for it.
      committed.left_out.emplace(i, std::move(why));
      continue;
    }
    contents.insert(contents.end(), std::make_move_iterator(packed->contents.begin()),
                    std::make_move_iterator(packed->contents.end()));
    all.push_back({wish, head.run, std::move(packed->begins)});
  }
  if (all.empty()) return committed;

  const auto together = [&](Batch& batch) -> Result<void> {
    auto own = batch.feed(parts_.feed);
    if (!own) return own.error();
    for (const Packed& packed : all) {
      for (const auto& [stream, begin] : packed.begins) {
        auto instance = batch.instance(own->number, stream, packed.run);
        if (!instance) return instance.error();
        // What was spooled, or came back from peers, may be signed a moment ago.
        if (instance->high != begin)
          return Error{Code::busy, fmt::format("the feed went on with stream {} meanwhile", stream)};
      }
    }
    for (const auto& [wish, run, begins] : all) {
      const Row& row = rows_.at(wish.source);
      const bool gathering = row.gathering && wish.more;
      if (!wish.cursor && row.stored && row.gathering == gathering) continue;
      auto set = batch.set_position(row_key(wish.source),
                                    format_row(row.run, wish.cursor.value_or(row.cursor), gathering));
      if (set) set = batch.set_position(std::string(event_run_prefix).append(row.run), "{}");
      if (!set) return set.error();
    }
    return {};
  };
  auto published = parts_.publisher.publish_with(contents, together, now);
  if (!published) {
    // Whoever restored the store may have put other rows there.
    rows_.clear();
    return published.error();
  }
  for (const auto& [wish, run, begins] : all) {
    Row& row = rows_.at(wish.source);
    row.stored = true;
    row.gathering = row.gathering && wish.more;
    if (wish.cursor) row.cursor = *wish.cursor;
  }
  committed.published = std::move(*published);
  return committed;
}

}  // namespace ssblog
