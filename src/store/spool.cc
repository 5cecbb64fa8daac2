// SPDX-License-Identifier: MIT
#include "store/spool.h"

#include "feed/chunk_writer.h"
#include "feed/json.h"

#include <algorithm>
#include <vector>

namespace ssblog {
namespace {

/// The parts of [begin, end) that the instance does not cover.
std::vector<Range> uncovered(const InstanceState& state, std::uint64_t begin, std::uint64_t end) {
  std::vector<Range> parts;
  for (const Range& hole : state.holes) {
    const Range part{std::max(hole.begin, begin), std::min(hole.end, end)};
    if (part.begin < part.end) parts.push_back(part);
  }
  if (end > state.high) parts.push_back({std::max(begin, state.high), end});
  return parts;
}

/// A content's members besides those that carry its bytes.
std::string head_of(std::string_view content) {
  std::string head = "{";
  for (Members members(content); members.next();) {
    if (members.name() == "text" || members.name() == "chunk") continue;
    if (head.size() > 1) head += ',';
    head += '"';
    head += members.name();
    head += "\":";
    head += members.value();
  }
  return head + "}";
}

/// Contents that cover `part` of a chunk and nothing else, each line with its own time.
Result<std::vector<std::string>> recut(std::string_view content, const Record& record, const Range& part,
                                       Millis now) {
  const Chunk& chunk = *record.chunk;
  auto writer = ChunkWriter::create(head_of(content), Packing::full, [&chunk] { return chunk.run; });
  if (!writer) return writer.error();
  writer->begin_at(part.begin);
  std::vector<std::string> contents;
  const auto keep = [&contents](std::string_view made) { contents.emplace_back(made); };

  const std::string bytes = record.bytes + (record.ends_line() ? "\n" : "");
  Millis time = record.time;
  std::size_t begin = 0;
  for (std::uint32_t line = 0; line < record.lines && begin < bytes.size(); ++line) {
    if (line > 0 && !record.steps.empty()) time = std::clamp<Millis>(time + record.steps[line], 0, max_time);
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size() - 1) + 1;
    const std::size_t from = std::max<std::uint64_t>(chunk.offset + begin, part.begin) - chunk.offset;
    const std::size_t to = std::min<std::uint64_t>(chunk.offset + end, part.end) - chunk.offset;
    if (from < to) writer->add(std::string_view(bytes).substr(from, to - from), time, keep);
    begin = end;
  }
  const bool is_last = part.end == chunk.offset + record.length();
  writer->finish(now, keep, !is_last || chunk.more);
  return contents;
}

}  // namespace

Spool::Spool(Batch& batch)
    : batch_(batch),
      push_(batch.database(), "INSERT INTO spool(timestamp, content) VALUES (?, ?)"),
      front_(batch.database(), "SELECT id, timestamp, content FROM spool ORDER BY id LIMIT 1"),
      pop_(batch.database(), "DELETE FROM spool WHERE id = ?"),
      last_(batch.database(), "SELECT timestamp FROM spool ORDER BY id DESC LIMIT 1"),
      candidates_(batch.database(),
                  "SELECT id FROM messages WHERE first_time BETWEEN ? AND ? AND id BETWEEN ? AND ?"),
      latest_(batch.database(),
              "SELECT max(latest) FROM instances WHERE feed = ? AND name = ? AND kind < 2") {}

Result<void> Spool::push(std::string_view content, double timestamp) {
  return push_.exec(timestamp, packer_.pack(content, mark_of(timestamp)));
}

Result<std::optional<Spooled>> Spool::front() {
  auto run = front_.run();
  auto row = run.step();
  if (!row) return row.error();
  if (!*row) return std::optional<Spooled>();
  Spooled spooled{run.integer(0), run.real(1), {}};
  if (auto read = reader_.unpack(run.blob(2), mark_of(spooled.timestamp), spooled.content); !read)
    return Error{Code::data,
                 "the oldest of the lines that wait to be signed is damaged in the store; keep a copy of it "
                 "and see `ssblog verify`"};
  return std::optional(std::move(spooled));
}

Result<void> Spool::pop(const Spooled& spooled) { return pop_.exec(spooled.id); }

Result<std::optional<double>> Spool::last_timestamp() {
  auto run = last_.run();
  auto row = run.step();
  if (!row) return row.error();
  return *row ? std::optional(run.real(0)) : std::optional<double>();
}

/// True when the own feed has a message of equal timestamp and content.
Result<bool> Spool::is_signed(const FeedRow& own, const Spooled& spooled, const Record& record) {
  // Where such a message would stand in time: at its own time, or, for a record of a run, as late as
  // anything of the run.
  Millis until = record.time;
  if (!record.run.empty()) {
    auto run = latest_.run(own.number, std::string_view(record.run));
    if (auto row = run.step(); !row) return row.error();
    until = std::max(until, run.maybe_integer(0).value_or(until));
  }
  auto run = candidates_.run(record.time, until, RowId::of(own.number, 1).value,
                             RowId::of(own.number, max_sequence).value);
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return false;
    auto text = batch_.store().message({run.integer(0)});
    if (!text) return text.error();
    if (member(*text, "content") == spooled.content &&
        number_of(member(*text, "timestamp")) == spooled.timestamp)
      return true;
  }
}

Result<void> Spool::unsigned_part(const FeedRow& own, const Spooled& spooled,
                                  const std::function<Result<void>(std::string_view)>& use) {
  Record record;
  read_record(spooled.content, spooled.timestamp, record);
  if (!record.chunk) {
    auto known = is_signed(own, spooled, record);
    if (!known) return known.error();
    return *known ? Result<void>() : use(spooled.content);
  }
  auto state = batch_.instance(own.number, record.stream, record.chunk->run);
  if (!state) return state.error();
  const Range whole{record.chunk->offset, record.chunk->offset + record.length()};
  const auto parts = uncovered(*state, whole.begin, whole.end);
  if (parts.size() == 1 && parts.front() == whole) return use(spooled.content);
  for (const Range& part : parts) {
    auto contents = recut(spooled.content, record, part, clamp_time(spooled.timestamp));
    if (!contents) return contents.error();
    for (const std::string& content : *contents) {
      if (auto used = use(content); !used) return used;
    }
  }
  return {};
}

}  // namespace ssblog
