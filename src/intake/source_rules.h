// SPDX-License-Identifier: MIT
// intake/source_rules.h - a source, made ready: its patterns, its cutter, the name of a file's stream.
//
// Used by the collector. Made once; pure, any thread.
#pragma once

#include "intake/file_system.h"
#include "intake/line_cutter.h"
#include "intake/path_pattern.h"
#include "intake/position.h"
#include "intake/redactor.h"
#include "intake/source.h"
#include "intake/stream_template.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

class SourceRules {
 public:
  /// Code::config for a pattern, a time zone or a template that is none. `host` is the `source` of its messages.
  static Result<std::unique_ptr<SourceRules>> create(Source source, std::string host);

  const Source& source() const { return source_; }
  const LineCutter& cutter() const { return cutter_; }
  /// Null: its bytes are left as they are.
  const Redactor* redactor() const { return redactor_ ? &*redactor_ : nullptr; }
  const std::vector<PathPattern>& patterns() const { return patterns_; }
  const std::vector<PathPattern>& exclude() const { return exclude_; }

  /// A file of this path is one of the source's.
  bool matches(std::string_view path) const;
  /// Something below this folder may be.
  bool may_match_below(std::string_view folder) const;
  /// The stream of a file that is seen for the first time.
  std::string stream_of(const std::string& path, const FileFacts& facts, Millis now) const;
  /// What all messages of a stream say besides their lines.
  std::string head_of(const std::string& stream) const;
  /// A `loss` record at the next byte of a file; `bytes` 0: nobody knows how many.
  std::string loss_of(const Position& position, std::uint64_t bytes, std::string_view reason,
                      Millis now) const;

 private:
  SourceRules(Source source, std::string host, LineCutter cutter, StreamTemplate stream_template)
      : source_(std::move(source)),
        host_(std::move(host)),
        cutter_(std::move(cutter)),
        stream_template_(std::move(stream_template)) {}
  Source source_;
  std::string host_;
  LineCutter cutter_;
  StreamTemplate stream_template_;
  std::optional<Redactor> redactor_;
  std::vector<PathPattern> patterns_, exclude_;
};

/// Reasons of `loss` records. Part of the format: the number of truncations that a file's run is made of is counted from
/// them when positions are lost.
inline constexpr std::string_view reason_truncated = "truncated";
inline constexpr std::string_view reason_gone = "file gone";
inline constexpr std::string_view reason_behind = "too far behind";

}  // namespace ssblog
