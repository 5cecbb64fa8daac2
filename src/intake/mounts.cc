// SPDX-License-Identifier: MIT
#include "intake/mounts.h"

#include "store/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace ssblog {
namespace {

constexpr std::size_t longest_list = 16 << 20;  // bytes

/// The kernel writes blanks and backslashes as three octal digits: `\040`.
std::string unescaped(std::string_view text) {
  std::string plain;
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto digits = text.substr(at + 1, 3);
    if (text[at] != '\\' || digits.size() != 3 || !std::all_of(digits.begin(), digits.end(), is_octal)) {
      plain += text[at];
      continue;
    }
    plain += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
    at += digits.size();
  }
  return plain;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

}  // namespace

bool Mount::is_remote() const {
  static constexpr std::array<std::string_view, 15> remote = {
      "nfs",  "cifs", "smb",    "fuse",    "9p",       "virtiofs", "ceph", "afs",
      "coda", "ncp",  "lustre", "gluster", "orangefs", "ocfs2",    "gfs2"};
  return std::any_of(remote.begin(), remote.end(),
                     [this](std::string_view name) { return type.starts_with(name); });
}

std::vector<Mount> parse_mounts(std::string_view text) {
  std::vector<Mount> mounts;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto words = words_of(line);
    const auto dash = std::find(words.begin(), words.end(), "-");  // behind it: type, device, options
    if (words.size() < 7 || dash == words.end() || dash + 1 == words.end()) continue;
    mounts.push_back({unescaped(words[4]), std::string(dash[1]), std::string(line)});
  }
  return mounts;
}

Result<std::vector<Mount>> read_mounts() {
  const std::string path = "/proc/self/mountinfo";
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return file_error("read", path, errno);
  std::string text;
  std::array<char, 16 * 1024> block;
  while (text.size() < longest_list) {
    const ssize_t got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error("read", path, errno);
    if (got == 0) break;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  return parse_mounts(text);
}

const Mount* mount_of(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* deepest = nullptr;
  for (const Mount& mount : mounts) {
    const std::string_view point = mount.point == "/" ? std::string_view() : std::string_view(mount.point);
    if (!path.starts_with(point) || (path.size() > point.size() && path[point.size()] != '/')) continue;
    if (deepest == nullptr || mount.point.size() >= deepest->point.size()) deepest = &mount;
  }
  return deepest;
}

}  // namespace ssblog
