// SPDX-License-Identifier: MIT
// store/bundle_reader.h - the messages of a bundle, one after another, as texts.
//
// Used by import. A bundle is a sequence of JSON objects: message values, one a line, or what sbot's
// `createHistoryStream` and `log` print, {key, value, timestamp}, compact or over many lines. A `{` at the
// beginning of a line always begins an object (inside a pretty-printed one it is indented); so what is cut
// short or no JSON costs that object alone. zstd is recognised. Memory is bounded. One thread an object.
#pragma once

#include "store/byte_stream.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// One object of a bundle: its text as it stands there, or why it cannot be read.
struct BundleItem {
  std::uint64_t line = 0;  ///< where it begins
  std::string text;
  std::string fault;  ///< not empty: there is no text
};

class BundleReader {
 public:
  static constexpr std::size_t max_object = 1024 * 1024;  ///< bytes; pretty printing makes a message larger

  explicit BundleReader(ByteSource source);

  /// The next object; nothing at the end. An error is of the source: there is no more.
  Result<std::optional<BundleItem>> next();

 private:
  Result<void> open();
  Result<bool> fill();
  Result<bool> skip_blank();
  Result<void> skip_to_object();
  bool scan();
  BundleItem take(std::size_t size);

  ByteSource source_;
  bool opened_ = false;
  bool ended_ = false;
  std::string held_;
  std::size_t begin_ = 0;  ///< of held_: what was taken already
  std::size_t at_ = 0;     ///< of held_: scanned so far, of the object under way
  std::size_t depth_ = 0;  ///< of the object under way
  bool in_string_ = false;
  const char* fault_ = nullptr;
  std::uint64_t line_ = 1;          ///< of begin_
  std::uint64_t lines_inside_ = 0;  ///< line ends between begin_ and at_
};

/// The message value of an object of a bundle: the object itself, or the `value` of {key, value, timestamp}.
/// The view points into `object` or into `buffer`; empty for what only says that a stream is in step.
std::string_view message_value(std::string_view object, std::string& buffer);

}  // namespace ssblog
