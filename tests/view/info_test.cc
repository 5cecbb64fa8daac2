// SPDX-License-Identifier: MIT
#include "view/info.h"

#include <doctest/doctest.h>

using namespace ssblog;

TEST_CASE("what the daemon has trouble with may quote a line, so it is for those who may read lines") {
  DaemonState daemon;
  daemon.process = 7;
  daemon.troubles = {R"(sink mail: it said "secret" on its stdout)"};
  ApiContext context;
  context.right = ViewRight::all;
  CHECK(info_json({}, daemon, {}, context)
            .find(R"("troubles":["sink mail: it said \"secret\" on its stdout"])") != std::string::npos);
  context.right = ViewRight::board;
  const std::string info = info_json({}, daemon, {}, context);
  CHECK(info.find(R"("pid":7)") != std::string::npos);
  CHECK(info.find(R"("troubles":[])") != std::string::npos);
  CHECK(info_json({}, std::nullopt, {}, context).find(R"("daemon":null)") != std::string::npos);
}
