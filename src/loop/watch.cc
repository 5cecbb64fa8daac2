// SPDX-License-Identifier: MIT
#include "loop/watch.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

template <class T>
void call_owner(T* handle) {
  auto* call = static_cast<std::function<void()>*>(handle->data);
  if (call == nullptr) return;
  (*call)();
}

// An error that comes without UV_PRIORITIZED ends the poll: /dev/kmsg says both when it was overrun.
constexpr int readable = UV_READABLE | UV_PRIORITIZED;

/// An error is for the owner's next read to find; the poll, which libuv ended with it, goes on.
void can_be_read(uv_poll_t* poll, int status, int) {
  if (poll->data == nullptr) return;
  if (status < 0) uv_poll_start(poll, readable, can_be_read);
  call_owner(poll);
}

}  // namespace

Result<ReadWatch> ReadWatch::start(Loop& loop, int descriptor, std::function<void()> ready) {
  auto raw = std::make_unique<uv_poll_t>();
  if (const int code = uv_poll_init(loop.raw(), raw.get(), descriptor); code != 0)
    return uv_error("cannot wait for a socket", code);
  Handle<uv_poll_t> handle(raw.release());
  auto call = std::make_unique<std::function<void()>>(std::move(ready));
  handle->data = call.get();
  if (const int code = uv_poll_start(handle.get(), readable, can_be_read); code != 0)
    return uv_error("cannot wait for a socket", code);
  return ReadWatch(std::move(handle), std::move(call));
}

namespace {

/// Watches `path`; `heard` finds the owner in `data`.
Result<Handle<uv_fs_event_t>> watch_path(Loop& loop, const std::string& path, uv_fs_event_cb heard,
                                         void* owner) {
  const std::string doing = fmt::format("cannot watch {}", path);
  auto raw = std::make_unique<uv_fs_event_t>();
  if (const int code = uv_fs_event_init(loop.raw(), raw.get()); code != 0) return uv_error(doing, code);
  Handle<uv_fs_event_t> handle(raw.release());
  handle->data = owner;
  if (const int code = uv_fs_event_start(handle.get(), heard, path.c_str(), 0); code != 0)
    return uv_error(doing, code);
  return handle;
}

}  // namespace

Result<FileWatch> FileWatch::start(Loop& loop, const std::string& path, std::function<void()> changed) {
  auto call = std::make_unique<std::function<void()>>(std::move(changed));
  auto handle = watch_path(
      loop, path, [](uv_fs_event_t* event, const char*, int, int) { call_owner(event); }, call.get());
  if (!handle) return handle.error();
  return FileWatch(std::move(*handle), std::move(call));
}

Result<FolderWatch> FolderWatch::start(Loop& loop, const std::string& path, Changed changed) {
  auto call = std::make_unique<Changed>(std::move(changed));
  auto handle = watch_path(
      loop, path,
      [](uv_fs_event_t* event, const char* name, int, int) {
        if (event->data == nullptr) return;
        (*static_cast<Changed*>(event->data))(name == nullptr ? "" : name);
      },
      call.get());
  if (!handle) return handle.error();
  return FolderWatch(std::move(*handle), std::move(call));
}

}  // namespace ssblog
