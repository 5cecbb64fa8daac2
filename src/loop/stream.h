// SPDX-License-Identifier: MIT
// loop/stream.h - a stream of bytes both ways, over TCP or a unix socket.
#pragma once

#include "feed/bytes.h"
#include "loop/loop.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace ssblog {

/// Closes a stream of either kind, and frees it when libuv is done with it.
struct CloseStream {
  void operator()(uv_stream_t* handle) const;
};
using StreamHandle = std::unique_ptr<uv_stream_t, CloseStream>;

/// One connection. Calls come from the loop only; after `ended` no bytes come. Its owner may end it in a
/// callback only as the very last thing that is done there.
class Stream {
 public:
  struct Events {
    std::function<void(ByteView)> bytes;      ///< came in; the view lives as long as the call
    std::function<void(const Error*)> ended;  ///< the other side is done (null), or the line is dead
    std::function<void()> drained;            ///< everything written is with the system
  };

  /// `name` is what errors call the other side.
  Stream(StreamHandle handle, std::string name);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Begins to read.
  void start(Events events);

  /// Sends bytes behind all that was sent. No answer: what fails is told by `ended`.
  void write(ByteBuf bytes);

  /// Bytes that the system did not take yet.
  std::size_t waiting() const { return waiting_; }

  /// The same to the byte: of what is sent in parts, only the rest.
  std::size_t unsent() const { return uv_stream_get_write_queue_size(handle_.get()); }

  /// To ask the system something about it; nothing once it is closed.
  std::optional<int> descriptor() const;

  /// Reading stops, and the other side soon waits; and goes on.
  void pause();
  void resume();

  /// Stops to read, and takes what came in already, at most about `most` bytes: before the end.
  /// @return bytes that are left.
  std::size_t drain(std::size_t most);

  /// Sends what waits, then says that no more will come. Nothing may be written after it.
  void shut();

 private:
  void take(ssize_t count, const uv_buf_t* buffer);
  void written(std::size_t bytes, int status);
  void end(const Error* error);
  Error failed(int code) const;

  StreamHandle handle_;
  const std::string name_;
  Events events_;
  ByteBuf buffer_;
  std::size_t waiting_ = 0;
  bool reading_ = false;
  bool had_turn_ = false;  // in this turn of the loop there were more bytes than are read at once
  bool ended_ = false;     // was told
  bool dead_ = false;      // nothing can be sent any more
};

}  // namespace ssblog
