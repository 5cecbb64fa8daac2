// SPDX-License-Identifier: MIT
// gossip/protocol/out_buffer.h - what becomes of a peer that does not read what we send.
//
// Used by Peer after each write. Pure.
#pragma once

#include "gossip/protocol/limits.h"

#include <cstddef>

namespace ssblog {

enum class OutBuffer {
  free,  ///< it reads: it is heard
  full,  ///< nothing more is read of it, until it has read some
  over   ///< it asks and asks, and never reads: the connection ends
};

/// By the bytes that the system did not take yet.
constexpr OutBuffer weigh_out_buffer(std::size_t waiting_bytes) {
  return waiting_bytes > max_out_buffer_bytes     ? OutBuffer::over
         : waiting_bytes > out_buffer_pause_bytes ? OutBuffer::full
                                                  : OutBuffer::free;
}

}  // namespace ssblog
