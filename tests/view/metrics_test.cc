// SPDX-License-Identifier: MIT
#include "view/metrics.h"

#include <doctest/doctest.h>

using namespace ssblog;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics tell of hosts whose jobs are not all there") {
  Board board;
  CHECK(has_line(metrics_text(board, {}), "ssblog_hosts_with_more_jobs 0"));
  board.left_out = 2;
  const std::string text = metrics_text(board, {});
  CHECK(has_line(text, "ssblog_hosts_with_more_jobs 2"));
  CHECK(has_line(text, "# TYPE ssblog_hosts_with_more_jobs gauge"));
}
