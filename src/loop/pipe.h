// SPDX-License-Identifier: MIT
// loop/pipe.h - a unix socket that programs of this machine connect to.
#pragma once

#include "loop/stream.h"
#include "loop/timer.h"

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ssblog {

class PipeListener {
 public:
  using Accept = std::function<void(std::unique_ptr<Stream>)>;

  /// Who may connect. `group`: none is that of the process.
  struct Rights {
    mode_t mode;
    std::optional<gid_t> group;
  };

  /// Makes the socket anew, with these permissions from its first moment on that anybody can connect; it goes with the
  /// object. What is there and is no socket stays, and is an error.
  static Result<std::unique_ptr<PipeListener>> listen(Loop& loop, const std::string& path,
                                                      const Rights& rights, Accept accept);

 private:
  PipeListener(Loop& loop, std::string path, const Rights& rights, Accept accept);
  Result<void> open();
  void hear(int status);
  void take(int descriptor);
  void rest();

  Loop& loop_;
  std::string path_;
  Rights rights_;
  Handle<uv_pipe_t> handle_;     ///< none: it rests, as a TcpListener does
  Handle<uv_poll_t> listening_;  ///< at the socket of the handle
  Accept accept_;
  Timer again_;
};

}  // namespace ssblog
