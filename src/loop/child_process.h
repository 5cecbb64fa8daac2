// SPDX-License-Identifier: MIT
// loop/child_process.h - another program whose output is read on the loop.
#pragma once

#include "loop/stream.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ssblog {

class ChildProcess {
 public:
  struct Exit {
    int status = 0;  ///< that it exited with
    int signal = 0;  ///< that ended it; 0: none
  };
  struct Events {
    std::function<void(ByteView)> out;  ///< came from its stdout; the view lives as long as the call
    std::function<void(ByteView)> err;  ///< from its stderr
    std::function<void(const Exit&)>
        ended;  ///< it has ended, and all of its output came; the owner may end this as its last act
  };

  /// Starts `words`, found on PATH, without stdin. Code::unavailable when there is no such program.
  static Result<std::unique_ptr<ChildProcess>> start(Loop& loop, const std::vector<std::string>& words,
                                                     Events events);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// Sends SIGTERM, if it has not ended, and waits for nothing.
  ~ChildProcess();

  /// Its stdout is not read, so that it soon waits; and is read on.
  void pause() { out_->pause(); }
  void resume() { out_->resume(); }

 private:
  ChildProcess() = default;
  void look();

  Handle<uv_process_t> handle_;
  std::unique_ptr<Stream> out_, err_;
  Events events_;
  Exit exit_;
  bool exited_ = false, out_ended_ = false, err_ended_ = false;
};

}  // namespace ssblog
