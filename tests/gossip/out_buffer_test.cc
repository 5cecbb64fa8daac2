// SPDX-License-Identifier: MIT
#include "gossip/protocol/out_buffer.h"

#include <doctest/doctest.h>

using namespace ssblog;

TEST_CASE("who does not read is not heard above a limit, and goes above another") {
  CHECK(weigh_out_buffer(0) == OutBuffer::free);
  CHECK(weigh_out_buffer(out_buffer_pause_bytes) == OutBuffer::free);
  CHECK(weigh_out_buffer(out_buffer_pause_bytes + 1) == OutBuffer::full);
  CHECK(weigh_out_buffer(max_out_buffer_bytes) == OutBuffer::full);
  CHECK(weigh_out_buffer(max_out_buffer_bytes + 1) == OutBuffer::over);
}
