// SPDX-License-Identifier: MIT
#include "intake/find_files.h"

#include "store/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>
#include <unordered_set>

namespace ssblog {
namespace {

constexpr std::size_t names_of_an_answer = 1024;

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "folder";
  if (S_ISFIFO(mode)) return "named pipe";
  if (S_ISSOCK(mode)) return "socket";
  return "device";
}

std::string joined(const std::string& folder, std::string_view name) {
  return folder.ends_with('/') ? folder + std::string(name) : fmt::format("{}/{}", folder, name);
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

class Walk {
 public:
  Walk(const std::vector<PathPattern>& patterns, const std::vector<PathPattern>& exclude,
       const std::string& root, const FindCalls& calls, std::size_t entries)
      : patterns_(patterns), exclude_(exclude), root_(root), calls_(calls), entries_left_(entries) {}

  /// Looks into a folder and those below it.
  Result<void> from(const std::string& begin) {
    std::vector<std::string> folders = {begin};
    while (!folders.empty()) {
      const std::string folder = std::move(folders.back());
      folders.pop_back();
      if (!seen_.insert(folder).second || any_matches(exclude_, folder)) continue;
      if (!may_ask(folder)) return {};
      std::vector<std::string> below;
      if (auto looked = look_into(folder, below); !looked) return looked.error();
      folders.insert(folders.end(), below.rbegin(), below.rend());
    }
    return {};
  }

  /// A path that a pattern names as it is: it must be there.
  void expect(const std::string& path) const {
    struct stat status;
    if (any_matches(exclude_, path) || !may_ask(path) || ::lstat((root_ + path).c_str(), &status) == 0)
      return;
    // Of a folder that is not there, or cannot be read, was told already.
    if (errno == ENOENT && ::access((root_ + directory_of(path)).c_str(), X_OK) == 0)
      trouble(path, {Code::no_input, fmt::format("there is no file {}", root_ + path)});
  }

 private:
  bool may_ask(const std::string& path) const { return !calls_.at || calls_.at(path); }
  void trouble(const std::string& path, const Error& why) const {
    if (calls_.trouble) calls_.trouble(path, why);
  }

  Result<void> look_into(const std::string& folder, std::vector<std::string>& below) {
    const std::unique_ptr<DIR, CloseFolder> opened(::opendir((root_ + folder).c_str()));
    if (!opened) {
      missing(folder, errno);
      return {};
    }
    if (calls_.folder) calls_.folder(folder);
    std::vector<std::pair<std::string, unsigned char>> entries;
    errno = 0;
    while (const dirent* entry = ::readdir(opened.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (entries_left_-- == 0)
        return Error{Code::config, fmt::format("too many files at {} to look through; narrow the patterns",
                                               root_ + folder)};
      // A long list is many answers.
      if (entries.size() % names_of_an_answer == 0 && !may_ask(folder)) return {};
      entries.emplace_back(name, entry->d_type);
    }
    if (errno != 0) trouble(folder, file_error("read", root_ + folder, errno));
    std::sort(entries.begin(), entries.end());
    for (const auto& [name, type] : entries) take(::dirfd(opened.get()), folder, name, type, below);
    return {};
  }

  void take(int descriptor, const std::string& folder, const std::string& name, unsigned char type,
            std::vector<std::string>& below) const {
    const std::string path = joined(folder, name);
    const bool wanted = any_matches(patterns_, path);
    const bool leads_on = std::any_of(patterns_.begin(), patterns_.end(), [&](const PathPattern& pattern) {
      return pattern.may_match_below(path);
    });
    const bool may_be_folder = type == DT_DIR || type == DT_UNKNOWN;
    if ((!wanted && !(leads_on && may_be_folder)) || !may_ask(path)) return;
    struct stat entry;
    if (::fstatat(descriptor, name.c_str(), &entry, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) trouble(path, file_error("read", root_ + path, errno));
      return;
    }
    if (S_ISDIR(entry.st_mode) && leads_on) below.push_back(path);
    if (wanted && !any_matches(exclude_, path)) take_file(descriptor, path, name, entry);
  }

  void take_file(int descriptor, const std::string& path, const std::string& name,
                 const struct stat& entry) const {
    FoundFile file{path, entry};
    if (S_ISLNK(entry.st_mode)) {
      if (::fstatat(descriptor, name.c_str(), &file.status, 0) != 0)
        return trouble(path, file_error("read", root_ + path, errno));
      const uid_t owner = entry.st_uid;
      if (owner != 0 && owner != ::geteuid() && owner != file.status.st_uid) {
        return trouble(path,
                       {Code::permission, fmt::format("{} is a symlink to a file of another user, and not "
                                                      "followed; name the file itself",
                                                      root_ + path)});
      }
    }
    if (S_ISREG(file.status.st_mode)) {
      if (calls_.found) calls_.found(file);
    } else if (!S_ISDIR(file.status.st_mode) || is_named(path)) {
      const auto kind = kind_of(file.status.st_mode);
      trouble(path,
              {Code::no_input, fmt::format("{} is a {}, no file{}", root_ + path, kind,
                                           kind == "folder" ? "; say its files, as " + path + "/*" : "")});
    }
  }

  /// A folder that cannot be looked into.
  void missing(const std::string& folder, int error_number) const {
    if (error_number != ENOENT && error_number != ENOTDIR) return closed(folder, error_number);
    // One below the beginning of a pattern went away under our eyes.
    if (!is_root(folder)) return;
    trouble(folder, {Code::no_input, fmt::format("there is no folder {}", root_ + folder)});
    std::string above = folder;
    struct stat status;
    while (above != "/") {
      above = directory_of(above);
      if (!may_ask(above)) return;
      if (::stat((root_ + above).c_str(), &status) == 0) break;
    }
    if (calls_.folder) calls_.folder(above);
  }

  /// A folder whose entries may not be listed. What is named in it may be readable all the same.
  void closed(const std::string& folder, int error_number) const {
    bool needs_list = false;
    for (const PathPattern& pattern : patterns_) {
      if (!may_ask(folder)) return;
      const bool named = pattern.is_literal() && pattern.root() == folder;
      if (!named) needs_list = needs_list || pattern.root() == folder || pattern.may_match_below(folder);
      const std::string place = named ? root_ + pattern.path() : "";
      struct stat entry;
      if (named && !any_matches(exclude_, pattern.path()) && ::lstat(place.c_str(), &entry) == 0)
        take_file(AT_FDCWD, pattern.path(), place, entry);
      else if (named && errno != ENOENT)
        needs_list = true;
    }
    if (needs_list) trouble(folder, file_error("read", root_ + folder, error_number));
  }

  bool is_root(const std::string& path) const {
    return std::any_of(patterns_.begin(), patterns_.end(),
                       [&](const PathPattern& pattern) { return pattern.root() == path; });
  }
  bool is_named(const std::string& path) const {
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const PathPattern& pattern) {
      return pattern.is_literal() && pattern.matches(path);
    });
  }

  const std::vector<PathPattern>& patterns_;
  const std::vector<PathPattern>& exclude_;
  const std::string& root_;
  const FindCalls& calls_;
  std::size_t entries_left_;
  std::unordered_set<std::string> seen_;  ///< folders
};

}  // namespace

Result<std::vector<PathPattern>> parse_patterns(const std::vector<std::string>& texts, bool relative) {
  std::vector<PathPattern> patterns;
  for (const std::string& text : texts) {
    auto parsed = PathPattern::parse(text, relative);
    if (!parsed) return parsed.error();
    patterns.insert(patterns.end(), parsed->begin(), parsed->end());
  }
  return patterns;
}

Result<void> find_files(const std::vector<PathPattern>& patterns, const std::vector<PathPattern>& exclude,
                        const std::string& root, const FindCalls& calls, std::size_t most_entries) {
  // Each beginning by itself: a folder that is a symlink is followed there.
  std::set<std::string> begins;
  for (const PathPattern& pattern : patterns) begins.insert(pattern.root());
  Walk walk(patterns, exclude, root, calls, most_entries);
  for (const std::string& begin : begins) {
    if (auto walked = walk.from(begin); !walked) return walked.error();
  }
  for (const PathPattern& pattern : patterns) {
    if (pattern.is_literal()) walk.expect(pattern.path());
  }
  return {};
}

}  // namespace ssblog
