// SPDX-License-Identifier: MIT
// intake/line_cutter.h - cuts the bytes of a file into lines and records, and says the time of each line.
//
// Used by the tail of a file and by `source test`. What it must remember between two calls is a CutState, small enough
// to be kept beside the position. Lines and records are the same however the bytes are dealt out to the calls; times
// are, but for those that are guessed. Pure, one thread a cutter.
//
// Where the time of an old line comes from: from the line itself (TimeFrom::line); else it lies between those of the
// lines before and behind it (interpolated), in equal steps. Before the first time, from when the file was made, if that
// is known; behind the last, at the end of the file, up to when it was written to, elsewhere with the last. A file
// without any time has that of its last write (mtime). A line that joins has the time of the one before.
#pragma once

#include "feed/chunk_writer.h"
#include "feed/result.h"
#include "intake/line_time.h"
#include "intake/source.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct CutLine {
  /// With its newline; without, it is the unfinished last line, or a piece of a line longer than `most_record`: more of
  /// the same line follows. Points into what was cut.
  std::string_view bytes;
  LineStamp stamp;
};

/// What one file's cutting has to remember.
struct CutState {
  /// The last time that stood in a line, or when a new one was read: it gives the next ones their year.
  std::optional<Millis> latest;
  bool in_record = false;  ///< a line came before: a continuation has something to join
  std::string trace;       ///< how far the record under way is, in the cutter's own words; empty: none
  bool operator==(const CutState&) const = default;
};

/// What is known of the bytes besides themselves.
struct CutContext {
  Millis now = 0;
  bool old = false;     ///< they stood in the file before we looked: their time is in the lines, or guessed
  Millis begins = 0;    ///< for old ones: when the file was made, 0 when unknown
  Millis modified = 0;  ///< for old ones: when the file was last written to
  bool at_end = false;  ///< nothing stands behind them in the file now
  bool record_due = false;  ///< ... and nothing came for so long that the record counts as whole
  bool line_due = false;    ///< ... and even a line without its newline is given out
};

class LineCutter {
 public:
  /// Code::config for a pattern or a time zone that is none. It knows nothing of `source` afterwards.
  static Result<LineCutter> create(const Source& source);
  LineCutter(LineCutter&&) noexcept;
  LineCutter& operator=(LineCutter&&) noexcept;
  ~LineCutter();

  /// Cuts whole lines off the front of `bytes` into `lines` (cleared first). What is left out at the end, a record or a
  /// line that may go on, is given again with more bytes; a record or line that fills `bytes` up to `most_record` is
  /// given out all the same, so that there is always progress. A record is held back only if it has more lines than one
  /// already, began as a stack trace does, or is one of a pattern: other lines do not wait, and what joins them later
  /// says so (LineStamp::joins).
  /// @return how many bytes were cut off.
  std::size_t cut(std::string_view bytes, const CutContext& context, CutState& state,
                  std::vector<CutLine>& lines) const;

  /// Looks through a file whose old lines may have times without a year, from its first byte on, before it is cut.
  class YearScan {
   public:
    explicit YearScan(const LineCutter& cutter) : cutter_(cutter) {}
    /// Bytes in order; a line may be cut between two calls.
    void add(std::string_view bytes);
    /// Nothing more is to be learned: a line said its year.
    bool done() const { return anchor_.has_value(); }
    /// The latest time of a line before the first one, for CutState::latest, so that the last line comes to lie as
    /// near as it can before `modified`; nothing when the lines have no times, or have years.
    std::optional<Millis> before_first(Millis modified) const;

   private:
    void take(std::string_view line);
    const LineCutter& cutter_;
    std::string held_;                      ///< the beginning of the line under way
    bool skipping_ = false;                 ///< ... is all that is needed of it
    std::optional<LineTime> first_, last_;  ///< without a year
    int new_years_ = 0;                     ///< between the two
    std::optional<Millis> anchor_;          ///< of the first line that says its year
  };

  static constexpr std::size_t most_record = 256 * 1024;  ///< bytes that are held back for a record at most

 private:
  struct Rules;
  explicit LineCutter(std::unique_ptr<Rules> rules);
  std::unique_ptr<Rules> rules_;
};

}  // namespace ssblog
