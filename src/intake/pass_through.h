// SPDX-License-Identifier: MIT
// intake/pass_through.h - bytes to a descriptor that is shared with others, without waiting for it.
//
// Used by run for its own stdout and stderr. The descriptor is not made nonblocking: that would be so for every process
// that shares it. What it does not take at once is kept, and the owner brings no more until that is gone. When nobody
// reads any more, or a disk is full, bytes go nowhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

class PassThrough {
 public:
  explicit PassThrough(int descriptor);

  /// Writes what the descriptor takes, and keeps the rest.
  void write(std::string_view bytes);

  /// Tries again. To be called when the descriptor can be written to.
  void go_on();

  /// Waits until all is written, or `over` says that it is not to be waited for; it is asked ten times a second.
  template <class Over>
  void drain(const Over& over) {
    while (is_waiting() && !over()) wait_and_go_on();
  }

  int descriptor() const { return descriptor_; }
  bool is_waiting() const { return taken_ < waiting_.size(); }
  /// Drops what waits, and all that comes.
  void close();
  /// The error that ended it, if it was not that nobody reads any more.
  std::optional<int> error() const { return error_; }

 private:
  enum class Kind { file, socket, other };
  void wait_and_go_on();
  bool write_some();

  int descriptor_;
  Kind kind_ = Kind::other;
  std::string waiting_;
  std::size_t taken_ = 0;  ///< of waiting_: written
  bool closed_ = false;
  std::optional<int> error_;
};

}  // namespace ssblog
