// SPDX-License-Identifier: MIT
// gossip/protocol/lan_ear.h - announcements as they come in from a LAN that may be hostile.
//
// Used by Lan. Pure: time comes in as an argument. So many datagrams a second are looked at, from all sources and from
// one; what a source said before is not decoded again. Its memory is bounded. Source: reliability.md, 2.4; discovery.md.
#pragma once

#include "gossip/protocol/lan_packet.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace ssblog {

class LanEar {
 public:
  using Time = std::chrono::milliseconds;  ///< on a clock that never jumps

  explicit LanEar(const NetworkKey& network) : network_(network) {}

  /// @param source the IP address that it came from
  /// @param plain  the old form, which proves nothing
  /// @return whom it announces; nothing when it is none, or one too many.
  std::optional<LanPeer> take(ByteView datagram, const std::string& source, bool plain, Time now);

 private:
  struct Said {
    ByteBuf datagram;
    std::optional<LanPeer> peer;
  };
  bool lets_in(const std::string& source, Time now);

  const NetworkKey network_;
  Time second_{0};  ///< when the second began that is counted
  std::size_t count_ = 0;
  std::map<std::string, std::size_t> counts_;  ///< of this second, by source
  std::map<std::string, Said> said_;           ///< the last datagram of a source, by source and form
};

}  // namespace ssblog
