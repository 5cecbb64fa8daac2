// SPDX-License-Identifier: MIT
#include "assemble/raw.h"

#include "feed/instance.h"
#include "feed/json.h"
#include "store/streams.h"

#include <algorithm>

namespace ssblog {
namespace {

using Sink = std::function<Result<void>(std::string_view)>;

/// New bytes of one message of a run.
struct Part {
  std::uint64_t begin = 0;
  RowId row;
  bool operator<(const Part& other) const { return begin < other.begin; }
};

class RawWriter {
 public:
  RawWriter(Store& store, const RawStream& stream, const Sink& sink)
      : stream_(stream), sink_(sink), streams_(store) {}

  Result<std::vector<RawGap>> write() {
    const StreamName name{stream_.job, stream_.stream};
    auto runs = streams_.runs(stream_.feed.number, Streams::Kind::chunks, name);
    if (!runs) return runs.error();
    auto alone = streams_.runs(stream_.feed.number, Streams::Kind::alone, name);
    if (!alone) return alone.error();
    // A line without chunk is a run of its own: each stands where its sequence says.
    Seq from = 1;
    for (const StreamRun& run : *runs) {
      if (auto written = write_alone(*alone, from, run.first); !written) return written.error();
      if (auto written = write_run(run); !written) return written.error();
      from = run.first + 1;
    }
    if (auto written = write_alone(*alone, from, max_sequence); !written) return written.error();
    return std::move(gap_list_);
  }

 private:
  Result<void> write_alone(const std::vector<StreamRun>& instances, Seq from, Seq before) {
    for (const StreamRun& instance : instances) {
      if (instance.first >= before || instance.last < from) continue;
      auto done =
          streams_.for_each_message(stream_.feed.number, instance.instance, std::max(from, instance.first),
                                    std::min(before - 1, instance.last), [this](RowId row) -> Result<void> {
                                      if (auto taken = read(row); !taken) return taken;
                                      return sink_(bytes_);
                                    });
      if (!done) return done;
    }
    return {};
  }

  Result<void> write_run(const StreamRun& run) {
    auto disordered = streams_.had_gaps(stream_.feed.number, run);
    if (!disordered) return disordered.error();
    std::uint64_t at = 0;
    if (!*disordered) {
      return streams_.for_each_message(stream_.feed.number, run.instance, run.first, run.last,
                                       [&](RowId row) { return write_parts(run, row, std::nullopt, at); });
    }
    // Where a gap was filled later, the bytes do not lie in the order of the sequence.
    std::vector<Part> parts;
    auto collected = streams_.for_each_message(stream_.feed.number, run.instance, run.first, run.last,
                                               [&](RowId row) -> Result<void> {
                                                 if (auto taken = read(row); !taken) return taken;
                                                 for (const Range& range : ranges())
                                                   parts.push_back({range.begin, row});
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
  Result<void> write_parts(const StreamRun& run, RowId row, std::optional<std::uint64_t> only,
                           std::uint64_t& at) {
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
    auto text = streams_.read(row, placement_);
    if (!text) return text.error();
    read_record(member(*text, "content"), 0, record_);
    bytes_ = record_.bytes;
    if (record_.ends_line()) bytes_ += '\n';
    return {};
  }

  const RawStream& stream_;
  const Sink& sink_;
  Streams streams_;
  Record record_;
  Placement placement_;
  std::string bytes_;
  std::vector<RawGap> gap_list_;
};

}  // namespace

Result<std::vector<RawStream>> raw_streams(Store& store, const Selection& selection) {
  auto feeds = store.feeds();
  if (!feeds) return feeds.error();
  Streams of_store(store);
  std::vector<RawStream> streams;
  for (const FeedRow& feed : *feeds) {
    if (!selection.wants_feed(feed.id)) continue;
    auto names = of_store.names(feed.number);
    if (!names) return names.error();
    for (StreamName& name : *names) {
      RawStream stream{feed, std::move(name.job), std::move(name.stream)};
      const bool wanted = selection.job.wants(stream.job) && selection.stream.wants(stream.stream);
      if (wanted) streams.push_back(std::move(stream));
    }
  }
  return streams;
}

Result<std::vector<RawGap>> write_raw(Store& store, const RawStream& stream, const Sink& sink) {
  return RawWriter(store, stream, sink).write();
}

}  // namespace ssblog
