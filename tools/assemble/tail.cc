// SPDX-License-Identifier: MIT
#include "assemble/tail.h"

#include "assemble/host_name.h"
#include "assemble/line_filter.h"
#include "assemble/sweep.h"

#include "feed/instance.h"
#include "feed/json.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace ssblog {
namespace {

/// How far a message was looked at.
enum class Looked {
  whole,
  cut,   ///< the patience was over before its end
  gone,  ///< nobody waits any more
};

/// What a message has for the selection.
struct Found {
  std::uint64_t lines = 0;  ///< lines that begin in it, and are wanted for sure
  bool perhaps = false;     ///< it may have more: the end of a long line lies elsewhere
  Looked looked = Looked::whole;
};

class TailFinder {
 public:
  TailFinder(Store& store, const Selection& selection, LineFilter filter, const LookPatience& patience)
      : store_(store),
        selection_(selection),
        patience_(patience),
        filter_(std::move(filter)),
        timeline_(store) {}

  Result<LastLines> find(std::uint64_t lines, const Picked& picked) {
    if (auto read = read_feeds(); !read) return read.error();
    if (auto read = read_righted(picked); !read) return read.error();
    MessageWalkBack walk(timeline_, selection_.since.value_or(0), selection_.until.value_or(max_time),
                         picked);
    if (auto first = walk_on(walk); !first) return first.error();
    auto rows = std::make_shared<PickedRows>();
    LastLines tail;
    std::optional<Millis> newest, oldest;  // of those that were looked at
    for (std::uint64_t found = 0; found < lines && !tail.cut_short;) {
      TimedRow message;
      Millis shift = 0;
      const bool is_righted = !righted_.empty() && (walked_ || righted_.back().first > walk.at().first);
      if (is_righted) {
        message = {righted_.back().first, righted_.back().row};
        shift = righted_.back().shift;
        righted_.pop_back();
      } else if (!walked_) {
        message = walk.at();
        if (auto next = walk_on(walk); !next) return next.error();
      } else {
        break;
      }
      // It may be left for the next time where what came before it is of a later time.
      auto of_message = look_at(message.row, shift, oldest && message.first < *oldest);
      if (!of_message) return of_message.error();
      if (of_message->looked == Looked::gone || is_gone()) return nobody_waits();
      if (of_message->looked == Looked::cut) {
        tail.cut_short = true;
        tail.since = oldest;
        break;
      }
      // Those whose clock is put right a sweep finds by itself.
      if (!is_righted && (of_message->lines > 0 || of_message->perhaps)) rows->rows.push_back(message);
      found += of_message->lines;
      if (!newest) newest = message.first;
      oldest = message.first;
      tail.cut_short = message.first < *newest && found < lines && is_over();
      if (found >= lines || tail.cut_short) tail.since = message.first;
    }
    // Of those that begin at the same time not all were looked at.
    if (tail.since) {
      while (!walked_ && walk.at().first == *tail.since) {
        rows->rows.push_back(walk.at());
        if (auto next = walk_on(walk); !next) return next.error();
      }
    }
    rows->from = tail.since.value_or(selection_.since.value_or(0));
    std::reverse(rows->rows.begin(), rows->rows.end());
    if (picked && picked->from < rows->from) {
      // What was picked before tells of earlier messages, too.
      const auto end = std::find_if(picked->rows.begin(), picked->rows.end(),
                                    [&](const TimedRow& row) { return row.first >= rows->from; });
      rows->rows.insert(rows->rows.begin(), picked->rows.begin(), end);
      rows->from = picked->from;
    }
    if (picked) {
      rows->by_row = picked->by_row;
      rows->all_times = picked->all_times;
    }
    tail.picked = std::move(rows);
    return tail;
  }

 private:
  struct Feed {
    FeedId id;
    HostName name;
  };

  Result<void> read_feeds() {
    auto feeds = store_.feeds();
    if (!feeds) return feeds.error();
    for (const FeedRow& feed : *feeds) {
      auto wanted = may_want_feed(timeline_, selection_, feed);
      if (!wanted) return wanted.error();
      if (*wanted) feeds_.emplace(feed.number, Feed{feed.id, {}});
    }
    return {};
  }

  Result<void> read_righted(const Picked& picked) {
    if (!selection_.right_clocks) return {};
    auto found = timeline_.righted();
    if (!found) return found.error();
    righted_ = std::move(*found);
    for (const RightedRow& message : righted_) shifts_.emplace(message.row.value, message.shift);
    std::erase_if(righted_, [&](const RightedRow& message) {
      return message.first < selection_.since.value_or(0) ||
             message.first > selection_.until.value_or(max_time) ||
             (picked && !picked->may_want_righted(message.row));
    });
    return {};
  }

  Result<void> walk_on(MessageWalkBack& walk) {
    do {
      auto more = walk.next();
      if (!more) return more.error();
      walked_ = !*more;
    } while (!walked_ && shifts_.contains(walk.at().row.value));
    return {};
  }

  bool is_over() const { return patience_.is_over && patience_.is_over(); }
  bool is_gone() const { return patience_.is_gone && patience_.is_gone(); }

  Result<Found> look_at(RowId row, Millis shift, bool may_leave) {
    const auto feed = feeds_.find(row.feed());
    if (feed == feeds_.end()) return Found{};
    if (auto read = timeline_.read(row, text_, placement_); !read) return read.error();
    read_record(member(text_, "content"), number_of(member(text_, "timestamp")).value_or(0), record_);
    if (!selection_.wants(record_)) return Found{};
    if (selection_.host) {
      auto host = feed->second.name.at(store_, timeline_, row, record_.source);
      if (!host) return host.error();
      if (!selection_.wants_host(feed->second.id, *host)) return Found{};
    }
    return count_lines(shift, may_leave);
  }

  /// As far as they are wanted and not behind the end of the selection.
  Found count_lines(Millis shift, bool may_leave) {
    if (record_.kind != RecordKind::log)
      return {.lines = filter_.wants(record_.note, level_of_structural(record_)) ? 1U : 0U};
    // Whether its gap is shown, and wanted, the sweep says.
    Found found{.perhaps = placement_.gap > 0};
    lay_out(record_, placement_, pieces_);
    const bool goes_on = !pieces_.empty() && !pieces_.back().finished;
    if (!found.perhaps && !goes_on && !filter_.may_want(record_)) return found;
    put_right(pieces_, shift);
    const Millis until = selection_.until.value_or(max_time);
    for (const LinePiece& piece : pieces_) {
      if (piece.continues || piece.order > until) continue;
      if (filter_.looks()) {
        found.looked = is_gone() ? Looked::gone : may_leave && is_over() ? Looked::cut : Looked::whole;
        if (found.looked != Looked::whole) break;
      }
      if (filter_.looks() && !piece.finished) {
        found.perhaps = true;
      } else if (filter_.wants(piece.bytes, level_of_line(record_, piece.level))) {
        ++found.lines;
      }
    }
    return found;
  }

  Store& store_;
  const Selection& selection_;
  const LookPatience& patience_;
  LineFilter filter_;
  Timeline timeline_;
  std::unordered_map<FeedNumber, Feed> feeds_;  ///< those that may be wanted
  std::vector<RightedRow> righted_;
  std::unordered_map<std::int64_t, Millis> shifts_;
  bool walked_ = false;  ///< there are no more, but those whose clock is put right
  Placement placement_;
  Record record_;
  std::vector<LinePiece> pieces_;
  std::string text_;
};

}  // namespace

Result<LastLines> find_tail(Store& store, const Selection& selection, std::uint64_t lines,
                            const Picked& picked, const LookPatience& patience) {
  auto filter = LineFilter::make(selection);
  if (!filter) return filter.error();
  return TailFinder(store, selection, std::move(*filter), patience).find(lines, picked);
}

}  // namespace ssblog
