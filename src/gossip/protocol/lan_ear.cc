// SPDX-License-Identifier: MIT
#include "gossip/protocol/lan_ear.h"

#include <algorithm>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_remembered = 256;  // sources; a datagram has at most some 4 KiB

}  // namespace

std::optional<LanPeer> LanEar::take(ByteView datagram, const std::string& source, bool plain, Time now) {
  if (datagram.empty() || !lets_in(source, now)) return std::nullopt;
  const std::string name = source + (plain ? "p" : "e");
  const auto known = said_.find(name);
  if (known != said_.end() && std::ranges::equal(known->second.datagram, datagram)) return known->second.peer;
  auto peer = plain ? decode_plain_lan(datagram) : decode_lan(datagram, network_);
  if (peer) {
    // Made-up sources may push the others out: then those are decoded again.
    if (known == said_.end() && said_.size() >= most_remembered) said_.clear();
    said_[name] = {ByteBuf(datagram.begin(), datagram.end()), peer};
  }
  return peer;
}

bool LanEar::lets_in(const std::string& source, Time now) {
  if (count_ == 0 || now - second_ >= 1s) {
    second_ = now;
    count_ = 0;
    counts_.clear();
  }
  // One that shouts does not take the others' share.
  if (count_ >= max_lan_packets_per_second || counts_[source] >= max_lan_packets_per_source) return false;
  ++count_;
  ++counts_[source];
  return true;
}

}  // namespace ssblog
