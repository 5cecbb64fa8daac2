// SPDX-License-Identifier: MIT
#include "assemble/split/file_names.h"

#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ssblog {
namespace {

constexpr std::size_t longest_list = 256 * 1024 * 1024;
constexpr std::size_t longest_name_listed = 4096 + 1 + 60;  // with its feed
constexpr char before_feed = '\t';                          // in no name

/// The list is a file that others could have changed: nothing outside of the directory is ours.
bool is_our_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name_listed) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (end == begin || name[begin] == '.') return false;
    begin = end + 1;
  }
  return name.find('\0') == std::string_view::npos;
}

/// Cuts off a name that was cut short (a kill, a full disk): with a newline behind it, it would be taken for one of ours.
Result<void> cut_half_name(const File& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return file_error("look at", path, errno);
  const off_t begin = std::max<off_t>(status.st_size - static_cast<off_t>(longest_name_listed) - 1, 0);
  ByteBuf end(static_cast<std::size_t>(status.st_size - begin));
  auto got = read_at(file, path, end, begin);
  if (!got) return got.error();
  end.resize(*got);
  const auto newline = std::find(end.rbegin(), end.rend(), '\n');
  const off_t length = begin + (end.rend() - newline);
  if (length < status.st_size && ::ftruncate(file.get(), length) != 0) return file_error("cut", path, errno);
  return {};
}

void append_line(std::string& text, const std::string& name, const std::string& feed) {
  text += name;
  if (!feed.empty()) (text += before_feed) += feed;
  text += '\n';
}

}  // namespace

Result<FileNames> FileNames::load(const std::string& place) {
  FileNames names(place + "-files");
  if (::access(names.path_.c_str(), F_OK) != 0) return names;
  auto text = read_file(names.path_, longest_list);
  if (!text) return text.error();
  for (std::size_t begin = 0; begin < text->size();) {
    // The last one may be cut short by a kill: its file was not made.
    const std::size_t end = text->find('\n', begin);
    if (end == std::string::npos) break;
    const std::string_view line = std::string_view(*text).substr(begin, end - begin);
    const std::size_t tab = std::min(line.find(before_feed), line.size());
    const std::string_view feed = line.substr(std::min(tab + 1, line.size()));
    if (is_our_name(line.substr(0, tab))) names.insert(std::string(line.substr(0, tab)), std::string(feed));
    begin = end + 1;
  }
  return names;
}

void FileNames::insert(const std::string& name, const std::string& feed) {
  if (names_.emplace(name, feed).second && !feed.empty()) ++of_feed_[feed];
}

bool FileNames::admit(const std::string& name, const FeedId& feed, const FileLimits& limits) {
  if (names_.contains(name)) return true;
  const std::string id = short_id(feed);
  const auto held = of_feed_.find(id);
  if (names_.size() >= limits.all || (held != of_feed_.end() && held->second >= limits.of_feed)) return false;
  insert(name, id);
  append_line(unsaved_, name, id);
  return true;
}

Result<void> FileNames::save_new() {
  if (unsaved_.empty()) return {};
  const File file(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return output_error(path_, errno);
  if (auto cut = cut_half_name(file, path_); !cut) return cut;
  if (auto written = write_all(file, path_, unsaved_); !written) return written;
  if (::fdatasync(file.get()) != 0) return file_error("write", path_, errno);
  unsaved_.clear();
  return sync_directory(directory_of(path_));
}

Result<void> FileNames::remove(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const auto found = names_.find(name);
    if (found == names_.end()) continue;
    if (const auto held = of_feed_.find(found->second); held != of_feed_.end()) --held->second;
    names_.erase(found);
  }
  for (const auto& [name, feed] : names_) append_line(text, name, feed);
  unsaved_.clear();
  return replace_file(path_, text, S_IRUSR | S_IWUSR);
}

Result<void> FileNames::clear() {
  names_.clear();
  of_feed_.clear();
  return remove({});
}

}  // namespace ssblog
