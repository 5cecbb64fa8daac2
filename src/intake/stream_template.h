// SPDX-License-Identifier: MIT
// intake/stream_template.h - the name of the stream that a file's lines come in as.
//
// Used by whoever tails files, once for each file, when it is first seen. A name is well-formed text of one line, never
// empty, whatever the file is called. Pure, any thread.
#pragma once

#include "feed/record.h"
#include "feed/result.h"
#include "intake/source.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// What the placeholders of a template stand for. Names are as the file system has them, any bytes.
struct StreamValues {
  std::string name;  ///< of the source
  std::string path;  ///< absolute
  std::string host;
  Millis time = 0;  ///< when the file was first seen
  Millis atime = 0, mtime = 0, ctime = 0;
  std::uint64_t ino = 0, dev = 0;
};

class StreamTemplate {
 public:
  static constexpr std::size_t longest = 255;  ///< bytes of a name

  /// Of `stream`, `regex_from` and `regex_to` of a source. Code::config for a placeholder that there is not, an open
  /// brace, a pattern that RE2 does not take, or a rewrite with a group that the pattern does not have.
  static Result<StreamTemplate> parse(const Source& source);
  StreamTemplate(StreamTemplate&&) noexcept;
  StreamTemplate& operator=(StreamTemplate&&) noexcept;
  ~StreamTemplate();

  /// The template filled in, then rewritten: the first match of the pattern becomes `regex_to`, where `$1` is its first
  /// group, `$0` all of it and `$$` a dollar. Control characters become blanks, what is no UTF-8 becomes U+FFFD; of a
  /// name that is too long the end is kept, behind "...".
  std::string of(const StreamValues& values) const;

 private:
  struct Part;
  struct Rewrite;
  StreamTemplate();
  std::vector<Part> parts_;
  std::unique_ptr<Rewrite> rewrite_;
};

}  // namespace ssblog
