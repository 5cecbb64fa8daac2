// SPDX-License-Identifier: MIT
// intake/syslog_message.h - one syslog message, read: RFC 5424, and RFC 3164 as real senders write it.
//
// Used by the syslog receivers. Nothing is refused: what follows no form is a text. Pure, any thread; a Zone belongs to
// one thread.
//
// RFC 3164 comes with and without a host, a tag, a pid, a priority; with the year of Cisco or the ISO time of rsyslog.
#pragma once

#include "intake/event.h"
#include "intake/line_time.h"
#include "intake/zone.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ssblog {

/// How a message came. Programs of this machine leave the host out, which is not to be seen in the message.
enum class SyslogWay { local, network };

inline constexpr std::size_t longest_syslog =
    std::size_t{64} * 1024;  ///< bytes of a message; the rest is cut off

/// Views into the message. Any of them may hold any bytes but blanks and control characters; `data` and `text` any.
struct SyslogMessage {
  std::optional<int> priority;   ///< 8 * facility + level, 0..191
  std::optional<LineTime> time;  ///< as the sender has it
  std::string_view host, tag, pid;
  std::string_view id;    ///< MSGID of RFC 5424
  std::string_view data;  ///< structured data of RFC 5424 as it stands there, brackets and all; empty: none
  std::string_view text;
};

/// `message` has no frame around it; NULs and a newline at its end are left out.
SyslogMessage parse_syslog(std::string_view message, SyslogWay way);

/// kern, user, mail ... local7, as syslog.conf has them; `unknown` for a message without a priority.
std::string_view facility_keyword(std::optional<int> priority);

/// What stands around a message.
struct SyslogArrival {
  Millis now = 0;
  std::string sender;  ///< its address, shown when the message names no host, or ours; empty: this machine
  std::span<const std::string> own_names;  ///< what this host is called: not shown
  std::string_view stream;                 ///< `{facility}` stands for the keyword of the facility
  std::size_t cut = 0;                     ///< bytes that were cut off at the end
};

/// The text is `HOST TAG[PID]: ID DATA TEXT`, absent parts left out. The time is the sender's unless it is more than a
/// day off, or says no more than the second that it is now.
Event syslog_event(const SyslogMessage& message, const SyslogArrival& arrival, const Zone& zone);

}  // namespace ssblog
