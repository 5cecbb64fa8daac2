// SPDX-License-Identifier: MIT
#include "assemble/append/rotation.h"

#include "store/files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <vector>

namespace ssblog {
namespace {

bool is_there(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

Result<void> move(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return file_error("rename", from, errno);
  return {};
}

std::string numbered(const std::string& path, unsigned number) { return fmt::format("{}.{}", path, number); }

/// FILE.1 to FILE.2 and so on, up to the first number that is free, and FILE to FILE.1.
Result<void> shift_numbers(const std::string& path, const Rotation& rotation) {
  unsigned free = 1;
  while (free < rotation.keep && is_there(numbered(path, free))) ++free;
  // Those behind it are of a time when more were kept.
  for (unsigned old = rotation.keep + 1;
       is_there(numbered(path, rotation.keep)) && is_there(numbered(path, old)); ++old) {
    const std::string name = numbered(path, old);
    if (::unlink(name.c_str()) != 0) return file_error("remove", name, errno);
  }
  // The last place may be taken: what stands there is the oldest, and goes.
  for (; free > 1; --free) {
    if (auto moved = move(numbered(path, free - 1), numbered(path, free)); !moved) return moved;
  }
  return move(path, numbered(path, 1));
}

bool is_put_aside(const std::string& name) {
  constexpr std::size_t size = 25 + 2;
  return name.size() == size && name[0] == '@' && (name.ends_with(".s") || name.ends_with(".u"));
}

/// Those of a folder, the oldest first.
Result<std::vector<std::string>> names_put_aside(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (const std::string name = entry.path().filename().string(); is_put_aside(name)) names.push_back(name);
  }
  if (failed) return file_error("read", folder, failed.value());
  std::sort(names.begin(), names.end());
  return names;
}

/// The label of now, but behind that of `last` in any case: a clock may stand still, or be set back, and the order of
/// the names is that of the lines.
std::string label_behind(std::string_view last, Millis now) {
  std::string label = tai64n(now);
  if (last.substr(0, label.size()) < label) return label;
  std::uint64_t seconds = 0, nanoseconds = 0;
  std::from_chars(last.data() + 1, last.data() + 17, seconds, 16);
  std::from_chars(last.data() + 17, last.data() + 25, nanoseconds, 16);
  if (++nanoseconds >= 1'000'000'000) {
    nanoseconds = 0;
    ++seconds;
  }
  return fmt::format("@{:016x}{:08x}", seconds, nanoseconds);
}

Result<void> move_to_label(const std::string& folder, const std::string& live, const Rotation& rotation,
                           Millis now, Whole whole) {
  auto names = names_put_aside(folder);
  if (!names) return names.error();
  if (auto marked = mark_whole(live, whole); !marked) return marked;
  names->push_back(label_behind(names->empty() ? "" : names->back(), now) +
                   (whole == Whole::yes ? ".s" : ".u"));
  if (auto moved = move(live, folder + "/" + names->back()); !moved) return moved;
  for (std::size_t i = 0; i + rotation.keep < names->size(); ++i) {
    const std::string old = folder + "/" + (*names)[i];
    if (::unlink(old.c_str()) != 0 && errno != ENOENT) return file_error("remove", old, errno);
  }
  return {};
}

}  // namespace

std::string to_text(const Rotation& rotation) {
  if (rotation.style == RotateStyle::none) return "append-only";
  return fmt::format("append-only {}", rotation.style == RotateStyle::s6 ? "s6" : "numbered");
}

std::string first_put_aside(const std::string& path) { return numbered(path, 1); }

std::string live_path(const std::string& path, RotateStyle style) {
  return style == RotateStyle::s6 ? path + "/current" : path;
}

Result<void> mark_whole(const std::string& path, Whole whole) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return file_error("look at", path, errno);
  const mode_t others = status.st_mode & 07777 & ~static_cast<mode_t>(S_IXUSR);
  const mode_t mode = whole == Whole::yes ? others | S_IXUSR : others;
  if (::chmod(path.c_str(), mode) != 0) return file_error("finish", path, errno);
  return {};
}

Result<void> put_aside(const std::string& path, const Rotation& rotation, Millis now, Whole whole) {
  const std::string live = live_path(path, rotation.style);
  if (!is_there(live)) return {};
  if (rotation.style == RotateStyle::numbered) {
    if (auto shifted = shift_numbers(path, rotation); !shifted) return shifted;
  } else {
    if (auto moved = move_to_label(path, live, rotation, now, whole); !moved) return moved;
  }
  return sync_directory(directory_of(live));
}

std::string tai64n(Millis time) {
  // TAI was 10 s ahead of UTC in 1970; leap seconds are left out, as all programs do that write such names from a clock
  // of UTC.
  constexpr std::uint64_t epoch = (std::uint64_t{1} << 62) + 10;
  const auto ms = static_cast<std::uint64_t>(std::max<Millis>(time, 0));
  return fmt::format("@{:016x}{:08x}", epoch + ms / 1000, ms % 1000 * 1'000'000);
}

}  // namespace ssblog
