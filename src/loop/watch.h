// SPDX-License-Identifier: MIT
// loop/watch.h - told when a file descriptor can be read, or when a file changes.
#pragma once

#include "loop/loop.h"

#include <functional>
#include <string>
#include <string_view>

namespace ssblog {

/// Calls `ready` while `descriptor` (of a socket or pipe, which must outlive the watch) can be read, or has an error,
/// which `ready` must take off by reading.
class ReadWatch {
 public:
  static Result<ReadWatch> start(Loop& loop, int descriptor, std::function<void()> ready);

 private:
  ReadWatch(Handle<uv_poll_t> handle, std::unique_ptr<std::function<void()>> ready)
      : ready_(std::move(ready)), handle_(std::move(handle)) {}
  std::unique_ptr<std::function<void()>> ready_;
  Handle<uv_poll_t> handle_;
};

/// Calls `changed` when the file at `path`, or what stands in the directory `path`, changes.
class FileWatch {
 public:
  static Result<FileWatch> start(Loop& loop, const std::string& path, std::function<void()> changed);

 private:
  FileWatch(Handle<uv_fs_event_t> handle, std::unique_ptr<std::function<void()>> changed)
      : changed_(std::move(changed)), handle_(std::move(handle)) {}
  std::unique_ptr<std::function<void()>> changed_;
  Handle<uv_fs_event_t> handle_;
};

/// Calls `changed` with the name of what changed in the directory `path`: made, written to, renamed, removed. An empty
/// name: something did, nobody knows what.
class FolderWatch {
 public:
  static Result<FolderWatch> start(Loop& loop, const std::string& path,
                                   std::function<void(std::string_view name)> changed);

 private:
  using Changed = std::function<void(std::string_view)>;
  FolderWatch(Handle<uv_fs_event_t> handle, std::unique_ptr<Changed> changed)
      : changed_(std::move(changed)), handle_(std::move(handle)) {}
  std::unique_ptr<Changed> changed_;
  Handle<uv_fs_event_t> handle_;
};

}  // namespace ssblog
