// SPDX-License-Identifier: MIT
// intake/syslog_frames.h - the messages in a stream of bytes, as syslog comes over TCP.
//
// Used by the syslog receiver, one for each connection. A message that begins with a number and a blank is counted in
// bytes, another ends at a newline or a NUL; that is decided message by message. Source: RFC 6587, section 3.4. Holds
// one message, and what was fed last. Pure, one thread.
#pragma once

#include "feed/bytes.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// One message out of a stream; the view lives until the next call.
struct SyslogFrame {
  std::string_view message;
  std::size_t cut = 0;  ///< bytes behind it that were left out
};

class SyslogFrames {
 public:
  /// Longest that is kept of a message.
  explicit SyslogFrames(std::size_t longest) : longest_(longest) {}

  /// Takes bytes behind those that it has. All messages are to be taken out before more is fed.
  void feed(ByteView bytes);

  /// The next whole message; nothing until more bytes come. Empty lines are none.
  std::optional<SyslogFrame> next();

  /// What is left when the stream has ended: a line without its end, or the first part of a counted message.
  std::optional<SyslogFrame> rest();

  /// Bytes of a message under way.
  bool is_inside() const { return state_ != State::start || at_ < bytes_.size(); }

 private:
  enum class State { start, counted, line };
  static constexpr std::size_t most_digits = 9;
  bool begin();
  void keep(std::string_view part);
  std::optional<SyslogFrame> whole();

  const std::size_t longest_;
  std::string bytes_;  ///< fed, and from at_ on not looked at
  std::size_t at_ = 0;
  State state_ = State::start;
  std::size_t left_ = 0;  ///< bytes of a counted message that are still to come
  std::string held_;      ///< the message under way, as far as it is kept
  std::size_t cut_ = 0;   ///< bytes of it that are not
  std::string given_;     ///< the message that was given last
};

}  // namespace ssblog
