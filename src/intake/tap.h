// SPDX-License-Identifier: MIT
// intake/tap.h - bytes from stdin to stdout, and a copy of them.
//
// Used by the command of that name. What passes is never changed, and waits for nothing but its reader (and the disk,
// with a spool). Where no copy is made, or a spool makes it, bytes are moved inside the kernel where it can do that
// (Linux, pipes). One thread beside the courier's.
#pragma once

#include "intake/courier.h"
#include "store/files.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

struct TapPlan {
  int in = 0, out = 1;
  std::function<Millis()> clock;              ///< ms since 1970
  std::function<void(std::string_view)> say;  ///< tells the user of trouble
  int over = -1;                              ///< can be read when a signal came, from then on
};

/// A file that has all bytes before they are passed on.
struct TapSpool {
  File file;
  std::string path;
};

/// Why it ended.
enum class TapEnd {
  input,   ///< nothing more comes
  output,  ///< nobody reads any more
  signal,
};

/// Passes bytes on until there is a reason to end. They are copied to the spool, if there is one, and to the courier
/// otherwise, or when the spool cannot be written to any more. Code::io when stdin cannot be read, or stdout not be
/// written to.
Result<TapEnd> tap(const TapPlan& plan, std::optional<TapSpool> spool, Courier& courier);

}  // namespace ssblog
