// SPDX-License-Identifier: MIT
#include "assemble/raw.h"

#include "feed/instance.h"
#include "feed/json.h"

#include <algorithm>

namespace ssblog {
namespace {

using Sink = std::function<Result<void>(std::string_view)>;

constexpr int kind_chunks = 0;  // of the instances table
constexpr int kind_alone = 2;

struct Run {
  std::int64_t instance = 0;
  std::string name;
  Seq first = 0, last = 0;
};

/// New bytes of one message of a run.
struct Part {
  std::uint64_t begin = 0;
  RowId row;
  bool operator<(const Part& other) const { return begin < other.begin; }
};

class RawWriter {
 public:
  RawWriter(Store& store, const RawStream& stream, const Sink& sink)
      : store_(store),
        stream_(stream),
        sink_(sink),
        rows_(store.database(),
              "SELECT id FROM messages NOT INDEXED WHERE id BETWEEN ? AND ? AND instance = ?"),
        shape_(store.database(), "SELECT shape FROM messages WHERE id = ?"),
        gaps_(store.database(),
              "SELECT 1 FROM messages NOT INDEXED WHERE id BETWEEN ? AND ? AND instance = ? AND shape LIKE "
              "'%gap%' LIMIT 1") {}

  Result<std::vector<RawGap>> write() {
    auto runs = read_runs(kind_chunks);
    if (!runs) return runs.error();
    auto alone = read_runs(kind_alone);
    if (!alone) return alone.error();
    // A line without chunk is a run of its own: each stands where its sequence says.
    Seq from = 1;
    for (const Run& run : *runs) {
      if (auto written = write_alone(*alone, from, run.first); !written) return written.error();
      if (auto written = write_run(run); !written) return written.error();
      from = run.first + 1;
    }
    if (auto written = write_alone(*alone, from, max_sequence); !written) return written.error();
    return std::move(gap_list_);
  }

 private:
  Result<std::vector<Run>> read_runs(int kind) {
    Statement find(store_.database(),
                   "SELECT instance, name, first_sequence, last_sequence FROM instances "
                   "WHERE feed = ? AND kind = ? AND job = ? AND stream = ? ORDER BY first_sequence");
    std::vector<Run> runs;
    auto run =
        find.run(stream_.feed.number, kind, std::string_view(stream_.job), std::string_view(stream_.stream));
    for (;;) {
      auto row = run.step();
      if (!row) return row.error();
      if (!*row) return runs;
      runs.push_back({run.integer(0), std::string(run.text(1)), static_cast<Seq>(run.integer(2)),
                      static_cast<Seq>(run.integer(3))});
    }
  }

  /// Calls `use` for each message of an instance in [first, last].
  template <class Use>
  Result<void> for_each_row(std::int64_t instance, Seq first, Seq last, Use&& use) {
    auto run = rows_.run(row_id(first), row_id(last), instance);
    for (;;) {
      auto row = run.step();
      if (!row) return row.error();
      if (!*row) return {};
      if (auto used = use(RowId{run.integer(0)}); !used) return used;
    }
  }

  std::int64_t row_id(Seq sequence) const { return RowId::of(stream_.feed.number, sequence).value; }

  Result<void> write_alone(const std::vector<Run>& instances, Seq from, Seq before) {
    for (const Run& instance : instances) {
      if (instance.first >= before || instance.last < from) continue;
      auto done = for_each_row(instance.instance, std::max(from, instance.first),
                               std::min(before - 1, instance.last), [this](RowId row) -> Result<void> {
                                 if (auto taken = read(row); !taken) return taken;
                                 return sink_(bytes_);
                               });
      if (!done) return done;
    }
    return {};
  }

  Result<void> write_run(const Run& run) {
    auto disordered = gaps_.run(row_id(run.first), row_id(run.last), run.instance).step();
    if (!disordered) return disordered.error();
    std::uint64_t at = 0;
    if (!*disordered) {
      return for_each_row(run.instance, run.first, run.last,
                          [&](RowId row) { return write_parts(run, row, std::nullopt, at); });
    }
    // Where a gap was filled later, the bytes do not lie in the order of the sequence.
    std::vector<Part> parts;
    auto collected = for_each_row(run.instance, run.first, run.last, [&](RowId row) -> Result<void> {
      if (auto taken = read(row); !taken) return taken;
      for (const Range& range : ranges()) parts.push_back({range.begin, row});
      return {};
    });
    if (!collected) return collected;
    std::sort(parts.begin(), parts.end());
    for (const Part& part : parts) {
      if (auto written = write_parts(run, part.row, part.begin, at); !written) return written;
    }
    return {};
  }

  /// Hands on the new bytes of one message, all or those that begin at `only`.
  Result<void> write_parts(const Run& run, RowId row, std::optional<std::uint64_t> only, std::uint64_t& at) {
    if (auto taken = read(row); !taken) return taken;
    const std::uint64_t base = record_.chunk ? record_.chunk->offset : 0;
    for (const Range& range : ranges()) {
      if (only && range.begin != *only) continue;
      if (range.begin > at) gap_list_.push_back({run.name, at, range.begin - at});
      at = range.end;
      if (auto given = sink_(std::string_view(bytes_).substr(range.begin - base, range.end - range.begin));
          !given)
        return given;
    }
    return {};
  }

  /// The new bytes of the message that was read, as ranges of the instance.
  std::vector<Range> ranges() const {
    const std::uint64_t base = record_.chunk ? record_.chunk->offset : 0;
    const Range whole{base, base + bytes_.size()};
    if (bytes_.empty()) return {};  // covers nothing, wherever it says that it stands
    if (placement_.whole) return {whole};
    std::vector<Range> inside;
    for (const Range& range : placement_.fresh) {
      const Range part{std::max(range.begin, whole.begin), std::min(range.end, whole.end)};
      if (part.begin < part.end) inside.push_back(part);
    }
    return inside;
  }

  Result<void> read(RowId row) {
    auto text = store_.message(row);
    if (!text) return text.error();
    read_record(member(*text, "content"), 0, record_);
    bytes_ = record_.bytes;
    if (record_.ends_line()) bytes_ += '\n';
    placement_ = Placement{};
    auto run = shape_.run(row.value);
    auto found = run.step();
    if (!found) return found.error();
    if (*found && !run.null(0)) parse_shape(run.text(0), placement_);
    return {};
  }

  Store& store_;
  const RawStream& stream_;
  const Sink& sink_;
  Statement rows_, shape_, gaps_;
  Record record_;
  Placement placement_;
  std::string bytes_;
  std::vector<RawGap> gap_list_;
};

}  // namespace

Result<std::vector<RawStream>> raw_streams(Store& store, const Selection& selection) {
  auto feeds = store.feeds();
  if (!feeds) return feeds.error();
  Statement find(
      store.database(),
      "SELECT DISTINCT job, stream FROM instances WHERE feed = ? AND kind IN (0, 2) ORDER BY job, stream");
  std::vector<RawStream> streams;
  for (const FeedRow& feed : *feeds) {
    if (!selection.wants_feed(feed.id)) continue;
    auto run = find.run(feed.number);
    for (;;) {
      auto row = run.step();
      if (!row) return row.error();
      if (!*row) break;
      RawStream stream{feed, std::string(run.text(0)), std::string(run.text(1))};
      const bool wanted = (!selection.job || *selection.job == stream.job) &&
                          (!selection.stream || *selection.stream == stream.stream);
      if (wanted) streams.push_back(std::move(stream));
    }
  }
  return streams;
}

Result<std::vector<RawGap>> write_raw(Store& store, const RawStream& stream, const Sink& sink) {
  return RawWriter(store, stream, sink).write();
}

}  // namespace ssblog
