// SPDX-License-Identifier: MIT
#include "view/host_list.h"

#include "store/streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace ssblog {
namespace {

constexpr std::size_t longest_name = 64;  // bytes; a longer one is shown with its id
constexpr std::string_view file_prefix = "file:";

bool stands_in_address(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

}  // namespace

Result<std::vector<ViewHost>> view_hosts(Store& store) {
  auto feeds = store.feeds();
  if (!feeds) return feeds.error();
  std::vector<ViewHost> hosts;
  std::map<std::string, int> count;
  for (const FeedRow& feed : *feeds) {
    if (!feed.tip) continue;
    auto name = store.name_before(feed.number, max_sequence);
    if (!name) return name.error();
    if (!stands_in_address(*name)) name = std::string();
    ++count[*name];
    hosts.push_back({feed.id, std::move(*name)});
  }
  for (ViewHost& host : hosts) {
    if (host.name.empty() || count[host.name] > 1) host.name += fmt::format("@{}", short_id(host.id));
  }
  std::sort(hosts.begin(), hosts.end(), [](const ViewHost& a, const ViewHost& b) { return a.name < b.name; });
  return hosts;
}

const ViewHost* find_host(const std::vector<ViewHost>& hosts, std::string_view word) {
  const auto at = std::find_if(hosts.begin(), hosts.end(), [&](const ViewHost& host) {
    return host.name == word || to_text(host.id) == word || short_id(host.id) == word;
  });
  return at == hosts.end() ? nullptr : &*at;
}

std::string file_name(std::string_view job, std::string_view stream) {
  if (stream.starts_with(file_prefix)) return std::string(stream.substr(file_prefix.size()));
  return job.empty() ? std::string(stream) : fmt::format("{}/{}", job, stream);
}

std::string ViewFile::name() const { return file_name(job, stream); }

Result<std::vector<ViewFile>> view_files(Store& store, const FeedId& feed) {
  auto row = store.feed(feed);
  if (!row) return row.error();
  std::vector<ViewFile> files;
  if (!*row) return files;
  auto names = Streams(store).names((*row)->number);
  if (!names) return names.error();
  for (StreamName& name : *names) files.push_back({std::move(name.job), std::move(name.stream)});
  return files;
}

}  // namespace ssblog
