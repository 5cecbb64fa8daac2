// SPDX-License-Identifier: MIT
#include "view/info.h"

#include "feed/json.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cstdint>

namespace ssblog {
namespace {

std::int64_t size_of_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

/// Of the disk that has it; -1: not known.
std::int64_t free_bytes(const std::string& directory) {
  struct statvfs status {};
  if (::statvfs(directory.c_str(), &status) != 0) return -1;
  return static_cast<std::int64_t>(status.f_bavail * status.f_frsize);
}

std::string json_of(const DaemonState& daemon) {
  const std::size_t connected = connected_in(daemon);
  std::string troubles;
  for (const std::string& trouble : daemon.troubles)
    troubles += (troubles.empty() ? "" : ",") + json_string(trouble);
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
  return fmt::format(
      R"({{"version":"{}","id":"{}","now":{},"uptime":{},"hosts":{},"messages":{},"storeBytes":{},"freeBytes":{},)"
      R"("connections":{},"maxConnections":{},"maxCount":{},"daemon":{}}})",
      SSBLOG_VERSION, to_text(options.own), context.now, context.uptime / std::chrono::seconds(1), hosts,
      messages, size_of_file(options.store_path) + size_of_file(options.store_path + "-wal"),
      free_bytes(options.home), context.connections, context.most_connections, options.most_count,
      daemon ? json_of(*daemon) : std::string("null"));
}

}  // namespace ssblog
