// SPDX-License-Identifier: MIT
// cli/progress.h - one line on the terminal that says how far long work has come.
//
// Used by import and verify. Says nothing where stderr is no terminal.
#pragma once

#include <chrono>
#include <string>

namespace ssblog {

class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// True when it is time for a new text.
  bool due();
  void show(const std::string& text);
  /// To be called before anything else is written to the terminal.
  void clear();

 private:
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace ssblog
