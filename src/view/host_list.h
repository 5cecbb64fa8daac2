// SPDX-License-Identifier: MIT
// view/host_list.h - the hosts of a store and their files, by the names that stand in addresses.
//
// Used by the API. All names are claims of their feeds. One thread.
#pragma once

#include "store/streams.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct ViewHost {
  FeedId id;
  /// What the feed calls itself; with `@` and eight characters of the id where another feed says the same, and where it has
  /// an `@` in it, so that no feed can take the address of another. These alone where it says nothing, or what could not
  /// stand in an address.
  std::string name;
};

/// Hosts of which a message is held, by their names.
Result<std::vector<ViewHost>> view_hosts(Store& store);

/// By its whole id, the eight characters of it, or its name: no name hides the id of another.
const ViewHost* find_host(const std::vector<ViewHost>& hosts, std::string_view word);

/// What has one name in addresses: mostly one stream of a job, or one file that is read into the feed.
struct ViewFile {
  std::string name;
  std::vector<StreamName> streams;
};

/// By their names.
Result<std::vector<ViewFile>> view_files(Store& store, const FeedId& feed);

/// The name of a line's file: the path of a file that is read; `JOB/STREAM` of a job, `STREAM` without one; `JOB` for the
/// beginning and the end of its runs.
std::string file_name(std::string_view job, std::string_view stream);

}  // namespace ssblog
