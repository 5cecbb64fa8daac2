// SPDX-License-Identifier: MIT
// store/store_watch.h - waits until something may have come into a store, without asking it all the time.
//
// Used by `log -f`, the view, and whatever else follows a store without a loop. SQLite writes each commit into the log beside the
// store, and inotify tells of that; the commit can be seen a moment later, so after each word the store is asked again
// soon, at growing distances. Where inotify is not there, or says nothing (a file system of a network), the store is asked
// at times. One thread. Source: inotify(7).
#pragma once

#include "store/files.h"

#include <chrono>
#include <string>

namespace ssblog {

class StoreWatch {
 public:
  /// How often the store is asked where nobody tells of its changes, and to be safe where somebody does.
  static constexpr auto unheard = std::chrono::milliseconds(100);
  static constexpr auto heard = std::chrono::seconds(2);

  /// `store` is the path of its file.
  explicit StoreWatch(const std::string& store);

  /// Returns when the store is to be asked. `news`: when it was asked last, there was something new. Also returns when
  /// nobody reads what stands behind `output` any more (a pipe whose other end is closed): false then.
  bool wait(bool news, int output);

 private:
  bool watch();

  std::string log_;
  File ear_;
  bool watches_log_ = false;
  std::chrono::milliseconds soon_{0};  ///< the distance to the next question after a word; 0: all is quiet
};

}  // namespace ssblog
