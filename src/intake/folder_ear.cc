// SPDX-License-Identifier: MIT
#include "intake/folder_ear.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace ssblog {
namespace {

constexpr std::uint32_t wanted = IN_ATTRIB | IN_CREATE | IN_MODIFY | IN_DELETE | IN_DELETE_SELF |
                                 IN_MOVE_SELF | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
constexpr std::size_t most_bytes = 64 * 1024;  // of a turn of the loop

}  // namespace

std::vector<WatchedFolder> watch_folders(int ear, const std::vector<std::string>& folders,
                                         Whereabouts& whereabouts) {
  std::vector<WatchedFolder> watched;
  for (const std::string& folder : folders) {
    if (!whereabouts.enter(folder)) break;
    const int number = ::inotify_add_watch(ear, folder.c_str(), wanted);
    const int code = errno;
    if (!whereabouts.leave()) break;
    if (number >= 0) {
      watched.push_back({folder, number});
    } else if (code == ENOSPC) {
      watched.push_back({folder, Error{Code::unavailable,
                                       fmt::format("cannot watch {}: the limit fs.inotify.max_user_watches "
                                                   "is reached",
                                                   folder)}});
    } else {
      watched.push_back({folder, file_error("watch", folder, code)});
    }
  }
  return watched;
}

Result<std::unique_ptr<FolderEar>> FolderEar::make(Loop& loop, Heard heard) {
  File descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!descriptor) {
    return Error{Code::unavailable, fmt::format("cannot watch folders: {} (raise "
                                                "fs.inotify.max_user_instances, or the limit of open files)",
                                                std::strerror(errno))};
  }
  std::unique_ptr<FolderEar> ear(new FolderEar(std::move(descriptor), std::move(heard)));
  auto ready = ReadWatch::start(loop, ear->descriptor_->get(), [ear = ear.get()] { ear->read(); });
  if (!ready) return ready.error();
  ear->ready_.emplace(std::move(*ready));
  return ear;
}

void FolderEar::add(const std::string& folder, int number) {
  if (const auto before = numbers_.find(folder); before != numbers_.end() && before->second != number)
    folders_[before->second].erase(folder);
  numbers_[folder] = number;
  folders_[number].insert(folder);
}

void FolderEar::keep(const std::set<std::string>& folders) {
  for (auto at = numbers_.begin(); at != numbers_.end();) {
    if (folders.contains(at->first)) {
      ++at;
      continue;
    }
    std::set<std::string>& same = folders_[at->second];
    same.erase(at->first);
    if (same.empty()) {
      // It fails where the folder is gone: then there is nothing to end.
      [[maybe_unused]] const int ignored = ::inotify_rm_watch(descriptor_->get(), at->second);
      folders_.erase(at->second);
    }
    at = numbers_.erase(at);
  }
}

void FolderEar::read() {
  alignas(inotify_event) std::array<char, most_bytes> bytes;
  const ssize_t got = ::read(descriptor_->get(), bytes.data(), bytes.size());
  if (got <= 0) return;  // there is nothing; what fails for good is found by the next look
  for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
    inotify_event event;
    std::memcpy(&event, &bytes[at], sizeof event);
    const char* const name = &bytes[at + sizeof event];
    at += sizeof event + event.len;
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      heard_("", "");
      continue;
    }
    const auto found = folders_.find(event.wd);
    if (found == folders_.end()) continue;
    const std::set<std::string> folders = found->second;
    if ((event.mask & (IN_IGNORED | IN_MOVE_SELF)) != 0) {
      // The folder is gone from its path; one of the same name is another one.
      for (const std::string& folder : folders) numbers_.erase(folder);
      folders_.erase(found);
      if ((event.mask & IN_MOVE_SELF) != 0) {
        // It fails where the folder is gone altogether.
        [[maybe_unused]] const int ignored = ::inotify_rm_watch(descriptor_->get(), event.wd);
      }
    }
    for (const std::string& folder : folders)
      heard_(folder, event.len == 0 ? std::string_view() : std::string_view(name));
  }
}

}  // namespace ssblog
