// SPDX-License-Identifier: MIT
#include "view/info.h"

#include "feed/json.h"
#include "store/disk_room.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

std::string json_of(const DaemonState& daemon, ViewRight right) {
  const std::size_t connected = connected_in(daemon);
  std::string troubles;
  // That of a sink may quote what its program said, which may be a line.
  if (right == ViewRight::all) {
    for (const std::string& trouble : daemon.troubles)
      troubles += (troubles.empty() ? "" : ",") + json_string(trouble);
  }
  return fmt::format(R"({{"pid":{},"connected":{},"held":{},"troubles":[{}]}})", daemon.process, connected,
                     daemon.held, troubles);
}

}  // namespace

std::string info_json(const std::vector<FeedRow>& feeds, const std::optional<DaemonState>& daemon,
                      const ViewOptions& options, const ApiContext& context) {
  Seq messages = 0;
  std::size_t hosts = 0;
  for (const FeedRow& feed : feeds) {
    if (!feed.tip) continue;
    ++hosts;
    messages += feed.tip->sequence;
  }
  const auto room = disk_room(options.home);
  return fmt::format(
      R"({{"version":"{}","id":"{}","now":{},"uptime":{},"hosts":{},"messages":{},"storeBytes":{},"freeBytes":{},)"
      R"("connections":{},"maxConnections":{},"maxCount":{},"daemon":{}}})",
      SSBLOG_VERSION, to_text(options.own), context.now, context.uptime / std::chrono::seconds(1), hosts,
      messages, size_of_file(options.store_path) + size_of_file(options.store_path + "-wal"),
      room ? room->free : -1, context.connections, context.most_connections, options.most_count,
      daemon ? json_of(*daemon, context.right) : std::string("null"));
}

}  // namespace ssblog
