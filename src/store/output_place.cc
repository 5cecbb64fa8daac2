// SPDX-License-Identifier: MIT
#include "store/output_place.h"

#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace ssblog {
namespace {

constexpr int most_links = 40;  // as the kernel has it

bool is_ours(const struct stat& status) { return status.st_uid == 0 || status.st_uid == ::geteuid(); }

bool is_of_kernel(const std::string& path) { return path.starts_with("/proc/"); }

Error planted(const std::string& path, std::string_view what) {
  return {Code::permission,
          fmt::format("{} is {} of another user, who may have put it there to see or change what is written: "
                      "remove it, or write to a folder of your own",
                      path, what)};
}

}  // namespace

Result<std::string> output_place(const std::string& path) {
  std::string place = path;
  struct stat status {};
  for (int link = 0;; ++link) {
    if (is_of_kernel(place)) {
      // An open file of ours, as /dev/stdout is; what has no name of its own keeps this one.
      std::error_code unnamed;
      const auto named = std::filesystem::canonical(place, unnamed);
      return unnamed ? place : named.string();
    }
    // What cannot be looked at cannot be opened either, and that says why.
    if (::lstat(place.c_str(), &status) != 0) return place;
    if (!S_ISLNK(status.st_mode)) break;
    if (!is_ours(status)) return planted(place, "a symlink");
    if (link == most_links) return output_error(path, ELOOP);
    std::error_code failed;
    const auto target = std::filesystem::read_symlink(place, failed);
    if (failed) return output_error(place, failed.value());
    place = (std::filesystem::path(directory_of(place)) / target).string();
  }
  struct stat folder {};
  if (!S_ISREG(status.st_mode) || is_ours(status) || ::stat(directory_of(place).c_str(), &folder) != 0)
    return place;
  if ((folder.st_mode & S_IWOTH) != 0 && folder.st_uid != status.st_uid) return planted(place, "a file");
  return place;
}

int output_flags(const std::string& place) { return is_of_kernel(place) ? 0 : O_NOFOLLOW; }

}  // namespace ssblog
