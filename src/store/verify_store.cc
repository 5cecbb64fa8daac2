// SPDX-License-Identifier: MIT
#include "store/verify_store.h"

#include "store/forks.h"
#include "store/placement_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <future>
#include <thread>
#include <utility>
#include <variant>

namespace ssblog {
namespace {

constexpr std::size_t told = 5;
constexpr std::size_t part_messages = 512;
constexpr std::size_t part_bytes = 256 * 1024;  // as they are stored; unpacked they are several times that
constexpr std::size_t most_workers = 8;

struct StoredBody {
  Seq sequence = 0;
  StoredPlace place;
  ByteBuf body;
};

struct CheckedBody {
  Seq sequence = 0;
  StoredPlace place;
  std::string text;  ///< as it is stored, unpacked
  std::variant<Inspected, MessagePlace, std::string> result;
};

using Part = std::vector<CheckedBody>;

/// On a worker thread.
Part check(FeedId feed, std::vector<StoredBody> bodies, std::optional<SigningKey> hmac, Depth depth) {
  Part part;
  part.reserve(bodies.size());
  BodyReader reader;
  for (StoredBody& stored : bodies) {
    std::string text;
    const StoredPlace& place = stored.place;
    const auto mark = mark_of(BesideBody{&feed, stored.sequence, place.first, place.instance, place.shape});
    if (auto read = reader.unpack(stored.body, mark, text); !read) {
      part.push_back({stored.sequence, {}, {}, read.error().text});
    } else if (depth == Depth::quick) {
      if (auto said = place_in_feed(text))
        part.push_back({stored.sequence, {}, {}, *said});
      else
        part.push_back({stored.sequence, {}, {}, std::string("it is no message")});
    } else if (auto inspected = inspect(as_bytes(text), hmac ? &*hmac : nullptr);
               auto* good = std::get_if<Inspected>(&inspected)) {
      part.push_back({stored.sequence, std::move(stored.place), std::move(text), std::move(*good)});
    } else {
      part.push_back({stored.sequence, {}, {}, std::get<Rejection>(inspected).text});
    }
    stored.body = ByteBuf();
  }
  return part;
}

/// Follows one feed from its first message to its tip.
class Chain {
 public:
  explicit Chain(const FeedRow& row) : row_(row) { verdict_.id = row.id; }

  /// Also holds what the store keeps beside the messages against them.
  Result<void> check_places(Store& store) {
    auto check = PlacementCheck::begin(
        store, row_, [this](std::string finding) { verdict_.findings.add(std::move(finding)); });
    if (!check) return check.error();
    places_.emplace(std::move(*check));
    return {};
  }

  Result<void> follow(Part part) {
    for (CheckedBody& body : part) {
      const auto message = next(body);
      // Where a message is missing or bad, the places of those behind it cannot be known.
      if (!message) places_.reset();
      if (!places_) continue;
      if (auto taken = places_->take(*message, body.place); !taken) return taken;
    }
    return {};
  }

  /// Every message was followed.
  Result<void> compare_tables() { return places_ ? places_->end() : Result<void>(); }

  FeedVerdict end() {
    const Seq tip = row_.tip ? row_.tip->sequence : 0;
    if (last_ < tip) miss(last_ + 1, tip);
    if (row_.tip && last_ == tip && state_ && *state_ != *row_.tip)
      add(fmt::format("message {} is not the one that the store calls the last", tip));
    return std::move(verdict_);
  }

  std::uint64_t messages() const { return verdict_.messages; }
  /// Of a message; what is kept beside them can be made again from them.
  void add(std::string finding) {
    verdict_.damaged = true;
    verdict_.findings.add(std::move(finding));
  }

 private:
  void miss(Seq from, Seq to) {
    add(from == to ? fmt::format("message {} is missing", from)
                   : fmt::format("messages {} to {} are missing", from, to));
  }

  bool belongs(Seq sequence, const FeedId& author, Seq claimed) {
    if (author == row_.id && claimed == sequence) return true;
    add(fmt::format("where message {} belongs lies message {} of feed {}", sequence, claimed,
                    short_id(author)));
    return false;
  }

  /// What Depth::quick knows of a message.
  void follow_place(const MessagePlace& place, Seq sequence, const std::optional<FeedState>& before,
                    bool linked) {
    if (!belongs(sequence, place.author, place.sequence)) return;
    state_ = FeedState{sequence, place.key};
    const auto previous = before ? std::optional(before->key) : std::nullopt;
    if (linked && place.previous != previous)
      add(fmt::format("message {} does not name the one before it", sequence));
  }

  /// The message, if it is good and goes on from the one before.
  std::optional<Verified> next(CheckedBody& body) {
    ++verdict_.messages;
    const Seq sequence = body.sequence;
    if (sequence > last_ + 1) {
      miss(last_ + 1, sequence - 1);
      state_.reset();
    }
    const bool linked = state_.has_value() || sequence == 1;
    const auto before = std::exchange(state_, std::nullopt);
    last_ = sequence;
    if (!row_.tip || sequence > row_.tip->sequence)
      add(fmt::format("message {} lies behind the last one", sequence));
    if (const auto* fault = std::get_if<std::string>(&body.result)) {
      add(fmt::format("message {}: {}", sequence, *fault));
      return std::nullopt;
    }
    if (const auto* place = std::get_if<MessagePlace>(&body.result)) {
      follow_place(*place, sequence, before, linked);
      return std::nullopt;
    }
    auto& message = std::get<Inspected>(body.result);
    if (!belongs(sequence, message.author(), message.sequence())) return std::nullopt;
    state_ = FeedState{sequence, message.key()};
    if (!linked) return std::nullopt;  // the one before is missing or bad, and was told
    auto checked = verify(std::move(message), before);
    if (const auto* rejection = std::get_if<Rejection>(&checked)) {
      add(fmt::format("message {}: {}", sequence, rejection->text));
      return std::nullopt;
    }
    auto& verified = std::get<Verified>(checked);
    if (verified->text != body.text)
      add(fmt::format("message {} is not stored as its canonical text", sequence));
    return std::move(verified);
  }

  const FeedRow& row_;
  FeedVerdict verdict_;
  std::optional<PlacementCheck> places_;  ///< as long as every message was good
  std::optional<FeedState> state_;        ///< of the last message; none: it was bad, or there was none
  Seq last_ = 0;
};

/// Reads one feed and hands it to workers, part by part.
class FeedCheck {
 public:
  FeedCheck(Store& store, const std::optional<SigningKey>& hmac, const VerifyTalk& talk, Depth depth)
      : store_(store),
        hmac_(hmac),
        depth_(depth),
        talk_(talk),
        messages_(store.database(),
                  "SELECT id, first_time, instance, shape, body FROM messages WHERE id BETWEEN ? AND ? ORDER "
                  "BY id") {}

  Result<FeedVerdict> run(const FeedId& id) {
    // Message and tip must be of one state.
    auto snapshot = ReadTransaction::begin(store_.database());
    if (!snapshot) return snapshot.error();
    auto row = store_.feed(id);
    if (!row) return row.error();
    const FeedRow feed = row->value_or(FeedRow{0, id, std::nullopt, 0});
    Chain chain(feed);
    if (depth_ == Depth::full) {
      if (auto begun = chain.check_places(store_); !begun) return begun.error();
    }
    if (auto read = read_all(feed, chain); !read) {
      // A file that is damaged here may be good elsewhere; a disk that fails is not to be worked on.
      if (read.error().code != Code::data) return read.error();
      if (auto finished = finish(chain, 0); !finished) return finished.error();
      chain.add(read.error().text);
    } else if (auto compared = chain.compare_tables(); !compared) {
      return compared.error();
    }
    ForkBook forks(store_);
    auto fork = forks.of(id);
    if (!fork) return fork.error();
    auto forked = forks.is_forked(id);
    if (!forked) return forked.error();
    if (*fork && *forked) chain.add(fork_text(**fork));
    all_ += chain.messages();
    return chain.end();
  }

 private:
  Result<void> read_all(const FeedRow& feed, Chain& chain) {
    auto run = messages_.run(RowId::of(feed.number, 0).value, RowId::of(feed.number + 1, 0).value - 1);
    std::vector<StoredBody> bodies;
    std::size_t bytes = 0;
    for (bool more = true; more;) {
      auto row = run.step();
      if (!row) {
        start(feed.id, std::move(bodies));
        return row.error();
      }
      more = *row;
      if (more) {
        const ByteView body = run.blob(4);
        bodies.push_back({RowId{run.integer(0)}.sequence(),
                          {run.maybe_integer(1), run.maybe_integer(2), std::string(run.text(3))},
                          ByteBuf(body.begin(), body.end())});
        bytes += body.size();
      }
      if (!bodies.empty() && (!more || bodies.size() >= part_messages || bytes >= part_bytes)) {
        start(feed.id, std::exchange(bodies, {}));
        bytes = 0;
        const auto left = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, most_workers) - 1;
        if (auto finished = finish(chain, left); !finished) return finished;
      }
    }
    return finish(chain, 0);
  }

  void start(const FeedId& feed, std::vector<StoredBody> bodies) {
    checking_.push_back(std::async(std::launch::async, check, feed, std::move(bodies), hmac_, depth_));
  }

  /// Follows what is checked until no more than `left` parts are under way.
  Result<void> finish(Chain& chain, std::size_t left) {
    while (checking_.size() > left) {
      if (auto followed = chain.follow(checking_.front().get()); !followed) return followed;
      checking_.pop_front();
      if (talk_.progress) talk_.progress(all_ + chain.messages());
    }
    return {};
  }

  Store& store_;
  const std::optional<SigningKey>& hmac_;
  const Depth depth_;
  const VerifyTalk& talk_;
  Statement messages_;
  std::deque<std::future<Part>> checking_;
  std::uint64_t all_ = 0;
};

/// SQLite's own check, and rows that belong to no feed.
Result<void> check_file(Store& store, Depth depth, Findings& findings) {
  Statement own_check(store.database(),
                      depth == Depth::full ? "PRAGMA integrity_check(100)" : "PRAGMA quick_check(100)");
  auto lines = own_check.run();
  for (;;) {
    auto line = lines.step();
    if (!line) return line.error();
    if (!*line) break;
    if (lines.text(0) != "ok") findings.add(std::string(lines.text(0)));
  }
  Statement strays(store.database(),
                   "SELECT count(*) FROM messages WHERE id >> 40 NOT IN (SELECT feed FROM feeds)");
  auto count = strays.run();
  if (auto row = count.step(); !row) return row.error();
  if (count.integer(0) > 0) findings.add(fmt::format("{} messages belong to no feed", count.integer(0)));
  return {};
}

}  // namespace

void Findings::add(std::string text) {
  if (++count <= told) first.push_back(std::move(text));
}

Result<Findings> verify_store(Store& store, std::span<const FeedId> feeds,
                              const std::optional<SigningKey>& hmac, const VerifyTalk& talk, Depth depth) {
  std::vector<FeedId> ids(feeds.begin(), feeds.end());
  Findings findings;
  if (ids.empty()) {
    auto rows = store.feeds();
    if (!rows) return rows.error();
    for (const FeedRow& row : *rows) ids.push_back(row.id);
  }
  FeedCheck check(store, hmac, talk, depth);
  for (const FeedId& id : ids) {
    auto verdict = check.run(id);
    if (!verdict) return verdict.error();
    if (talk.feed_done) talk.feed_done(*verdict);
  }
  if (!feeds.empty()) return findings;
  if (auto checked = check_file(store, depth, findings); !checked) {
    if (checked.error().code != Code::data) return checked.error();
    findings.add(checked.error().text);
  }
  return findings;
}

Result<std::string> check_pages(Store& store, std::chrono::milliseconds patience,
                                const std::atomic<bool>& break_off) {
  if (break_off) return std::string();
  struct Deadline {
    std::chrono::steady_clock::time_point end;
    const std::atomic<bool>& break_off;
    bool over = false;
  } deadline{std::chrono::steady_clock::now() + patience, break_off};
  constexpr int steps_per_look = 1000;
  sqlite3* const handle = store.database().handle();
  sqlite3_progress_handler(
      handle, steps_per_look,
      [](void* told) {
        auto& limit = *static_cast<Deadline*>(told);
        limit.over = limit.break_off || std::chrono::steady_clock::now() >= limit.end;
        return limit.over ? 1 : 0;
      },
      &deadline);
  Result<std::string> finding = std::string();
  {
    Statement quick_check(store.database(), "PRAGMA quick_check(1)");
    auto lines = quick_check.run();
    if (auto line = lines.step(); !line)
      finding = line.error();
    else if (*line && lines.text(0) != "ok")
      finding = std::string(lines.text(0));
  }
  sqlite3_progress_handler(handle, 0, nullptr, nullptr);
  if (finding) return finding;
  if (deadline.over) return std::string();
  return finding.error().code == Code::data ? Result<std::string>(finding.error().text) : finding;
}

}  // namespace ssblog
