// SPDX-License-Identifier: MIT
#include "store/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

constexpr std::size_t block = 64 * 1024;

Error damaged(const FeedRow& feed, Seq sequence, std::string_view why) {
  return {Code::data, fmt::format("cannot export feed {}: message {} {}; see `ssblog verify`",
                                  to_text(feed.id), sequence, why)};
}

/// Appends the messages of one feed, and hands them on whenever there is a block of them. A bit that flipped on the disk
/// must not travel unnoticed, so each message is held against the key that the next one, or the tip, has of it; whether
/// signatures are good says `verify`, and whoever takes the bundle.
class FeedWriter {
 public:
  FeedWriter(Store& store, const ByteSink& sink)
      : sink_(sink),
        store_(store),
        messages_(store.database(),
                  "SELECT id, first_time, instance, shape, body FROM messages WHERE id BETWEEN ? AND ? ORDER "
                  "BY id") {}

  /// From the message `next` on.
  Result<void> write(const FeedRow& feed, Seq next) {
    auto run =
        messages_.run(RowId::of(feed.number, next).value, RowId::of(feed.number, feed.tip->sequence).value);
    for (;; ++next) {
      auto row = run.step();
      if (!row) return row.error();
      if (!*row) break;
      if (RowId{run.integer(0)}.sequence() != next) return damaged(feed, next, "is missing");
      if (auto read = store_.read_body({run.integer(0)}, run, 1, text_); !read)
        return damaged(feed, next, "cannot be read");
      const auto place = place_in_feed(text_);
      // Each message is handed on when the one behind it has confirmed its key.
      if (!place || place->author != feed.id || place->sequence != next)
        return damaged(feed, next, "is damaged");
      if (key_ && place->previous != key_) return damaged(feed, next - 1, "is damaged");
      if (auto written = put_held(); !written) return written;
      std::swap(held_, text_);
      key_ = place->key;
    }
    if (next <= feed.tip->sequence) return damaged(feed, next, "is missing");
    if (std::exchange(key_, std::nullopt) != feed.tip->key) return damaged(feed, next - 1, "is damaged");
    return put_held();
  }

  Result<void> put_held() {
    if (held_.empty()) return {};
    waiting_ += held_;
    waiting_ += '\n';
    held_.clear();
    return waiting_.size() < block ? Result<void>() : flush();
  }

  Result<void> flush() {
    if (auto taken = sink_(waiting_); !taken) return taken;
    waiting_.clear();
    return {};
  }

 private:
  const ByteSink& sink_;
  Store& store_;
  Statement messages_;
  std::string text_;
  std::string held_;               // not confirmed yet
  std::optional<MessageKey> key_;  // its own
  std::string waiting_;
};

}  // namespace

Result<Exported> export_feeds(Store& store, std::span<const FeedId> feeds,
                              const std::map<FeedId, Seq>& beyond, const ByteSink& sink) {
  auto snapshot = ReadTransaction::begin(store.database());
  if (!snapshot) return snapshot.error();
  auto rows = store.feeds();
  if (!rows) return rows.error();
  Exported exported;
  FeedWriter writer(store, sink);
  for (const FeedRow& row : *rows) {
    const bool wanted = feeds.empty() || std::find(feeds.begin(), feeds.end(), row.id) != feeds.end();
    const auto known = beyond.find(row.id);
    const Seq behind = known == beyond.end() ? 0 : known->second;
    if (!wanted || !row.tip || row.tip->sequence <= behind) continue;
    if (auto written = writer.write(row, behind + 1); !written) return written.error();
    ++exported.feeds;
    exported.messages += row.tip->sequence - behind;
  }
  if (auto flushed = writer.flush(); !flushed) return flushed.error();
  return exported;
}

}  // namespace ssblog
