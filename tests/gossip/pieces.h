// SPDX-License-Identifier: MIT
// gossip/pieces.h - bytes as a socket may deliver them.
//
// Used by tests.
#pragma once

#include "feed/bytes.h"

#include <algorithm>
#include <vector>

namespace ssblog {

/// The bytes in pieces of `step`, the last one shorter.
inline std::vector<ByteView> pieces(ByteView bytes, std::size_t step) {
  std::vector<ByteView> cut;
  for (; !bytes.empty(); bytes = bytes.subspan(cut.back().size())) {
    cut.push_back(bytes.first(std::min(step, bytes.size())));
  }
  return cut;
}

}  // namespace ssblog
