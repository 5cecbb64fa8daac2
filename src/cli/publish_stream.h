// SPDX-License-Identifier: MIT
// cli/publish_stream.h - stdin, read and published as it comes.
//
// Used by publish. Blocks are read as they come, packed, and each round of full messages is one transaction.
// What waits is published when its time is up. A signal ends the stream as its end does: what was read, and
// what the pipe still holds, is published first.
#pragma once

#include "feed/chunk_writer.h"
#include "intake/level_filter.h"
#include "store/publish.h"

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ssblog {

struct StreamOptions {
  std::chrono::milliseconds batch{200};              ///< how long a whole line may wait for others
  bool tee = false;                                  ///< copy stdin to stdout
  std::function<void()> published;                   ///< called after each transaction
  std::function<void(std::string_view bytes)> look;  ///< sees all that is published
  std::optional<LevelFilter> filter;                 ///< of the lines that are published; the copy has all
};

/// What became of the stream.
struct StreamEnd {
  Published published;
  std::optional<Error> tee_error;  ///< stdout did not take all of the copy
};

/// Puts contents into the feed, in order, at a time.
using PublishSome = std::function<Result<Published>(std::span<const std::string> contents, Millis now)>;

/// True when a person, or the machine that goes down, wants the stream to end without waiting for anybody.
bool is_stream_to_end();

/// Publishes stdin to its end. On an error it says how many bytes had been published before.
Result<StreamEnd> publish_stdin(const PublishSome& publish_some, ChunkWriter writer,
                                const StreamOptions& options);

}  // namespace ssblog
