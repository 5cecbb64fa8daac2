// SPDX-License-Identifier: MIT
// view/host_list.h - the hosts of a store and their files, by the names that stand in addresses.
//
// Used by the API. All names are claims of their feeds. One thread.
#pragma once

#include "store/store.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct ViewHost {
  FeedId id;
  /// What the feed calls itself; with `@` and eight characters of the id where another feed says the same, where it says
  /// nothing, and where what it says could not stand in an address.
  std::string name;
};

/// Hosts of which a message is held, by their names.
Result<std::vector<ViewHost>> view_hosts(Store& store);

/// By its name, its whole id, or the eight characters of it.
const ViewHost* find_host(const std::vector<ViewHost>& hosts, std::string_view word);

/// A job's stream, or a file that is read into the feed.
struct ViewFile {
  std::string job, stream;
  /// The path of a file; `JOB/STREAM` of a job, `STREAM` without one.
  std::string name() const;
};

Result<std::vector<ViewFile>> view_files(Store& store, const FeedId& feed);

/// The name of a line's file.
std::string file_name(std::string_view job, std::string_view stream);

}  // namespace ssblog
