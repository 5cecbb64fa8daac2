// SPDX-License-Identifier: MIT
// intake/instances_beyond.h - what our own feed holds of files that no row of the positions knows.
//
// Used by the collector: after a store came back from a backup there may be many. Found by stream, and by run. One thread.
#pragma once

#include "store/positions.h"

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace ssblog {

class InstancesBeyond {
 public:
  InstancesBeyond() = default;
  explicit InstancesBeyond(std::vector<InstanceRow> rows);

  bool empty() const { return by_stream_.empty(); }
  /// Those of a stream, in the order in which they were given. Until one is taken.
  std::span<const InstanceRow> of_stream(const std::string& stream) const;
  /// Another stream than this one has an instance of that run.
  bool is_elsewhere(const std::string& run, const std::string& stream) const;
  /// It is known from now on. Nothing: it is none of them.
  std::optional<InstanceRow> take(const std::string& stream, const std::string& run);

 private:
  std::unordered_map<std::string, std::vector<InstanceRow>> by_stream_;  ///< none is empty
  std::unordered_multimap<std::string, std::string> streams_;            ///< by run
};

}  // namespace ssblog
