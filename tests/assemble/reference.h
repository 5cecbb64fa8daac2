// SPDX-License-Identifier: MIT
// assemble/reference.h - what has to come out of hosts that said something, found slowly and byte by byte.
//
// Used by tests of the merge. Nothing here is shared with the program but the escapes of a line's text.
// Source: design.md, sections 4 and 6.
#pragma once

#include "assemble/escape.h"
#include "assemble/line_position.h"
#include "assemble/time_text.h"
#include "assemble/world.h"

#include <set>

namespace ssblog {

/// One line as it has to be shown.
struct RefLine {
  Millis order = 0;
  FeedId feed;
  Seq sequence = 0;
  std::uint32_t piece = 0;  ///< 0: a gap
  Millis time = 0;
  std::string host, source, job, stream;
  bool structural = false;
  std::string bytes;

  auto place() const { return std::tuple(order, feed, sequence, piece); }
};

/// One stream instance, a byte at a time.
struct RefInstance {
  std::map<std::uint64_t, char> bytes;
  std::uint64_t high = 0;
  std::optional<Millis> latest;
  std::optional<std::uint64_t> open_next;  ///< where the open line goes on
  std::size_t open_line = 0;               ///< which line it is
  Seq first = 0;
  std::string job;
};

class Reference {
 public:
  /// Of the first messages of each host.
  Reference(const std::vector<Host>& hosts, const std::vector<std::size_t>& counts) {
    for (std::size_t i = 0; i < hosts.size(); ++i) read(hosts[i], counts[i]);
    std::sort(lines_.begin(), lines_.end(),
              [](const RefLine& a, const RefLine& b) { return a.place() < b.place(); });
  }

  const std::vector<RefLine>& lines() const { return lines_; }

  template <class Wanted>
  std::string text(Wanted&& wanted) const {
    std::string text;
    for (const RefLine& line : lines_) {
      if (!wanted(line)) continue;
      append_utc_time(text, line.time);
      text += fmt::format(" {}@{} {}[{}]{} ", escape_name(line.host), short_id(line.feed),
                          escape_name(line.job), escape_name(line.stream), line.structural ? '!' : ':');
      escape_line(as_bytes(line.bytes), text);
      text += '\n';
    }
    return text;
  }
  std::string text() const {
    return text([](const RefLine&) { return true; });
  }

  /// The bytes of a stream as `--raw` has to give them; `missing` counts bytes that are not there.
  std::string raw(const FeedId& feed, const std::string& job, const std::string& stream,
                  std::uint64_t& missing) const {
    std::map<Seq, std::string> parts;
    if (const auto alone = alone_.find({feed, job, stream}); alone != alone_.end()) parts = alone->second;
    missing = 0;
    if (const auto all = instances_.find(feed); all != instances_.end()) {
      for (const auto& [key, instance] : all->second) {
        if (instance.job != job || key.second != stream) continue;
        std::string& part = parts[instance.first];
        for (const auto& [offset, byte] : instance.bytes) part += byte;
        missing += instance.high - instance.bytes.size();
      }
    }
    std::string bytes;
    for (const auto& [sequence, part] : parts) bytes += part;
    return bytes;
  }

 private:
  void read(const Host& host, std::size_t count) {
    auto& instances = instances_[host.id()];
    std::map<std::string, Millis> records;  // run
    std::string name;
    for (std::size_t i = 0; i < count; ++i) {
      const Said& said = host.said()[i];
      RefLine line;
      line.feed = host.id();
      line.sequence = static_cast<Seq>(i + 1);
      line.piece = 1;
      line.time = line.order = said.time;
      line.host = name.empty() ? said.source : name;
      line.source = said.source;
      line.job = said.job;
      line.stream = said.stream;
      switch (said.kind) {
        case Kind::about:
          name = said.name;
          break;
        case Kind::other:
          break;
        case Kind::alone:
          alone_[{host.id(), said.job, said.stream}][line.sequence] = said.bytes + "\n";
          for (std::size_t begin = 0; begin <= said.bytes.size(); ++line.piece) {
            const auto end = std::min(said.bytes.find('\n', begin), said.bytes.size());
            line.bytes = said.bytes.substr(begin, end - begin);
            lines_.push_back(line);
            begin = end + 1;
          }
          break;
        case Kind::job:
        case Kind::loss:
          for (const auto& [key, instance] : instances) {
            if (key.first == said.run && instance.latest) line.order = std::max(line.order, *instance.latest);
          }
          if (records.contains(said.run)) line.order = std::max(line.order, records[said.run]);
          records[said.run] = line.order;
          line.structural = true;
          line.bytes = said.note;
          lines_.push_back(line);
          break;
        case Kind::chunk:
          read_chunk(said, line, instances[{said.run, said.stream}]);
          break;
      }
    }
  }

  void read_chunk(const Said& said, RefLine line, RefInstance& instance) {
    if (instance.first == 0) {
      instance.first = line.sequence;
      instance.job = line.job;
    }
    const std::string bytes = said.bytes + (said.more || said.end ? "" : "\n");
    const std::uint64_t high_before = instance.high;
    std::uint32_t piece = 0;
    bool at_piece = false, any_new = false, line_began = false, goes_on = false;
    Millis time = said.time;
    std::size_t line_number = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::uint64_t offset = said.offset + i;
      if (instance.bytes.contains(offset)) {
        at_piece = false;
      } else {
        if (!at_piece) {
          at_piece = true;
          ++piece;
          const bool continues = !any_new && instance.open_next == offset;
          if (!any_new) goes_on = continues;
          if (!continues) {
            const bool afresh =
                instance.latest && !line_began && !goes_on && *instance.latest - time > 2 * 60 * 60 * 1000;
            instance.latest = instance.latest && !afresh ? std::max(*instance.latest, time) : time;
            line_began = true;
            line.order = *instance.latest;
            line.time = time;
            line.piece = piece;
            line.bytes.clear();
            if (!any_new && offset > high_before && said.offset > high_before) {
              RefLine gap = line;
              gap.piece = 0;
              gap.structural = true;
              gap.bytes = fmt::format("gap run={} offset={} bytes={}", said.run, high_before,
                                      said.offset - high_before);
              lines_.push_back(gap);
            }
            instance.open_line = lines_.size();
            lines_.push_back(line);
          }
          any_new = true;
          instance.open_next.reset();
        }
        instance.bytes[offset] = bytes[i];
        instance.high = std::max(instance.high, offset + 1);
        if (bytes[i] != '\n') lines_[instance.open_line].bytes += bytes[i];
        if (i + 1 == bytes.size() && said.more && bytes[i] != '\n') instance.open_next = offset + 1;
      }
      if (bytes[i] == '\n') {
        at_piece = false;
        if (line_number < said.steps.size()) {
          time = std::clamp<Millis>(time + said.steps[line_number], 0, max_time);
        }
        ++line_number;
      }
    }
  }

  std::vector<RefLine> lines_;
  std::map<FeedId, std::map<std::pair<std::string, std::string>, RefInstance>> instances_;  // run, stream
  std::map<std::tuple<FeedId, std::string, std::string>, std::map<Seq, std::string>> alone_;
};

}  // namespace ssblog
