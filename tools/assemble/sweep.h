// SPDX-License-Identifier: MIT
// assemble/sweep.h - all wanted lines of a store, in the one order.
//
// Used by assemble and log. The sweep goes over the messages by the t' of their first line and holds only
// those that overlap, so its memory does not grow with the store, and many short runs are merged as fast as
// a few long streams. It reads one state of the store: begin a ReadTransaction first.
// One thread. Which messages are looked at is in sweep_admission.cc. Source: design.md, section 6.
#pragma once

#include "assemble/host_name.h"
#include "assemble/line_filter.h"
#include "assemble/line_position.h"
#include "assemble/message_walk.h"
#include "assemble/selection.h"
#include "feed/instance.h"
#include "store/timeline.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ssblog {

/// A message whose lines are being swept.
struct SweptMessage {
  RowId row;
  FeedId feed;
  Record record;
  Placement placement;
  std::vector<LinePiece> pieces;
  std::size_t next = 0;  ///< of pieces
  bool gap_due = false;  ///< its gap is still to be told
  Millis shift = 0;      ///< by which its clock is put right; 0: it is not
  std::string host;      ///< what the feed calls itself there, else `source`
};

/// One line. Everything points into the sweep and lives until the next call.
struct SweptLine {
  const SweptMessage* message = nullptr;
  LinePosition position;
  Millis time = 0;
  std::optional<Millis> clock;  ///< where `time` was put right: what the host's clock said
  std::string_view bytes;       ///< of a structural line: its text; else the first piece of the line
  bool structural = false;      ///< job, loss, gap and the like: no log line
  bool finished = true;         ///< false: it may go on in later messages (Sweep::rest)
  char level = '-';             ///< `0`-`7` where `chunk.levels` says it
};

/// What a look ends with for which nobody waits any more.
Error nobody_waits();

/// The places of a message's lines where its clock is put right by `shift`; 0: it is not.
void put_right(std::vector<LinePiece>& pieces, Millis shift);

/// Messages of one feed, one behind the other: those behind `behind`, up to `last`.
struct MessageSpan {
  Seq behind = 0, last = 0;
  bool operator==(const MessageSpan&) const = default;
};

class Sweep {
 public:
  /// Lines at `from` and behind it. `behind` leaves out messages up to the sequence given for their feed; `upto` those
  /// behind it, and feeds that it does not name; `picked` says which messages have to be read.
  static Result<Sweep> begin(Store& store, Selection selection, const LinePosition& from,
                             const std::map<FeedId, Seq>& behind = {}, Picked picked = nullptr,
                             const std::optional<std::map<FeedId, Seq>>& upto = std::nullopt);

  /// The selected lines of these messages alone, for those who hand out what arrived in portions. A line that began before
  /// them goes on as one of its own, and what stands behind them is not known yet. All of them are held, so not for many.
  static Result<Sweep> of(Store& store, Selection selection, const std::map<FeedId, MessageSpan>& spans);

  /// Asked before each line that is held against levels or words; true: nobody waits for it any more, `next` fails.
  void stop_when(std::function<bool()> is_gone) { is_gone_ = std::move(is_gone); }

  /// The next line; false at the end. Code::busy when it was stopped.
  Result<bool> next(SweptLine& line);

  /// Calls `use` with the further pieces of an unfinished line, as far as they are known.
  Result<void> rest(const SweptLine& line, const std::function<Result<void>(std::string_view bytes)>& use);

 private:
  struct Key {
    Millis order;
    std::uint32_t rank;  ///< place of the feed's key among all: its stand-in in comparisons
    Seq sequence;
    std::uint32_t line;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    Key key;
    RowId row;
    SweptMessage* message;  ///< null: not read yet
  };
  struct Feed {
    FeedRow row;
    bool wanted = true;
    Seq behind = 0;
    Seq last = max_sequence;  ///< what stands behind it is not seen
    HostName name;
  };
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const { return a.key > b.key; }
  };

  Sweep(Store& store, Selection selection, LineFilter filter, Picked picked);
  Result<void> read_feeds(const std::map<FeedId, Seq>& behind,
                          const std::optional<std::map<FeedId, Seq>>& upto);
  Result<void> admit_spans(const std::map<FeedId, MessageSpan>& spans);
  Result<void> admit_earlier();
  Result<void> admit_continuations();
  Result<Millis> earliest_news();
  Result<void> admit_until(Millis order);
  Result<void> walk_on();
  std::optional<TimedRow> upcoming() const;
  void admit(RowId row, Millis first);
  Result<void> load(Entry& entry);
  Result<void> read_placement(RowId row, SweptMessage& message);
  Result<bool> wants(const SweptLine& line);
  /// As `rest`, until `use` says false.
  Result<void> further(const SweptLine& line, const std::function<Result<bool>(std::string_view bytes)>& use);
  bool advance(Entry& entry);
  void push(Entry entry);
  void put_back(Entry entry);
  Entry pop();
  SweptMessage* take_slot();
  void show(const Entry& entry, SweptLine& line);

  Store* store_;
  Selection selection_;
  LineFilter filter_;
  Picked picked_;
  std::function<bool()> is_gone_;
  std::string whole_;  ///< of a line that is held against the filter
  Key from_{};
  Millis until_ = max_time;
  std::vector<Feed> feeds_;  ///< by their keys
  std::map<FeedNumber, std::uint32_t> ranks_;
  std::vector<Entry> heap_;
  std::vector<std::unique_ptr<SweptMessage>> slots_;
  std::vector<SweptMessage*> free_slots_;
  std::optional<Entry> current_;                     ///< whose line was given last
  bool walked_ = false;                              ///< there are no more
  std::vector<RightedRow> righted_;                  ///< those whose clock is put right
  std::size_t next_righted_ = 0;                     ///< the one to be admitted next
  std::unordered_map<std::int64_t, Millis> shifts_;  ///< of them, by their rows
  Timeline timeline_;
  std::optional<MessageWalk> walk_;  ///< over the messages to be admitted; stands at the next one
};

}  // namespace ssblog
