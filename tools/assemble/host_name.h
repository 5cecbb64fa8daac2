// SPDX-License-Identifier: MIT
// assemble/host_name.h - what the host of a line is called: what its feed calls itself there, else `source`.
//
// Used by the sweep and by what looks for the last lines. One thread.
#pragma once

#include "assemble/selection.h"
#include "store/timeline.h"

#include <string>

namespace ssblog {

/// Of one feed; remembers from where to where the last answer holds.
class HostName {
 public:
  Result<std::string> at(Store& store, Timeline& timeline, RowId row, const std::string& source);

 private:
  std::string name_;
  Seq from_ = 1, until_ = 0;
};

/// False: no line of the feed can be wanted, as neither its id nor any of its names is.
Result<bool> may_want_feed(Timeline& timeline, const Selection& selection, const FeedRow& feed);

}  // namespace ssblog
