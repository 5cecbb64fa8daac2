// SPDX-License-Identifier: MIT
#include "view/host_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace ssblog {
namespace {

constexpr std::size_t longest_name = 64;  // bytes; a longer one is shown with its id
constexpr std::string_view file_prefix = "file:";

bool stands_in_address(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && name != "." && name != ".." &&
         name.find('\0') == std::string_view::npos;
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
  // By these a host is found, too: nobody may call itself as another one is found.
  for (const FeedRow& feed : *feeds) {
    count[to_text(feed.id)] += 2;
    count[short_id(feed.id)] += 2;
  }
  for (ViewHost& host : hosts) {
    const bool is_alone = count[host.name] == 1 && host.name.find('@') == std::string::npos;
    if (host.name.empty() || !is_alone) host.name += fmt::format("@{}", short_id(host.id));
  }
  std::sort(hosts.begin(), hosts.end(), [](const ViewHost& a, const ViewHost& b) { return a.name < b.name; });
  return hosts;
}

const ViewHost* find_host(const std::vector<ViewHost>& hosts, std::string_view word) {
  const auto find = [&](const auto& is) {
    const auto at = std::find_if(hosts.begin(), hosts.end(), is);
    return at == hosts.end() ? nullptr : &*at;
  };
  if (const ViewHost* const host = find([&](const ViewHost& one) { return to_text(one.id) == word; }))
    return host;
  if (const ViewHost* const host = find([&](const ViewHost& one) { return short_id(one.id) == word; }))
    return host;
  return find([&](const ViewHost& one) { return one.name == word; });
}

std::string file_name(std::string_view job, std::string_view stream) {
  if (stream.starts_with(file_prefix)) return std::string(stream.substr(file_prefix.size()));
  if (stream.empty()) return std::string(job);
  return job.empty() ? std::string(stream) : fmt::format("{}/{}", job, stream);
}

Result<std::vector<ViewFile>> view_files(Store& store, const FeedId& feed) {
  auto row = store.feed(feed);
  if (!row) return row.error();
  std::vector<ViewFile> files;
  if (!*row) return files;
  auto names = Streams(store).names_of_all((*row)->number);
  if (!names) return names.error();
  std::map<std::string, std::vector<StreamName>> by_name;
  for (StreamName& name : *names) by_name[file_name(name.job, name.stream)].push_back(std::move(name));
  for (auto& [name, streams] : by_name) files.push_back({name, std::move(streams)});
  return files;
}

}  // namespace ssblog
