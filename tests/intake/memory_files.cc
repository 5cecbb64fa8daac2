// SPDX-License-Identifier: MIT
#include "intake/memory_files.h"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>

namespace ssblog {
namespace {

class MemoryFile final : public OpenFile {
 public:
  MemoryFile(MemoryFiles::File file, std::function<bool()> is_away, std::uint64_t& read)
      : file_(std::move(file)), is_away_(std::move(is_away)), read_(read) {}
  Result<FileFacts> facts() override {
    if (is_away_()) return Error{Code::unavailable, "it does not answer"};
    file_->facts.size = file_->bytes.size();
    return file_->facts;
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    if (is_away_()) return Error{Code::unavailable, "it does not answer"};
    if (offset >= file_->bytes.size()) return std::size_t{0};
    const std::size_t got = file_->bytes.copy(out.data(), out.size(), offset);
    read_ += got;
    return got;
  }

 private:
  MemoryFiles::File file_;
  std::function<bool()> is_away_;
  std::uint64_t& read_;
};

}  // namespace

std::string gzipped(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflate");
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

MemoryFiles::File MemoryFiles::create(const std::string& path) {
  std::uint64_t number = 0;
  if (free_->empty()) {
    number = next_inode_++;
  } else {
    number = free_->back();
    free_->pop_back();
  }
  // As ext4 does: the number is free again when nobody has the file any more.
  File file(new Inode, [free = free_](Inode* inode) {
    free->push_back(inode->facts.id.inode);
    delete inode;
  });
  file->facts.id = {1, number, tells_birth ? time() : 0};
  file->facts.kind = FileKind::regular;
  file->facts.modified = file->facts.changed = time();
  names_[path] = file;
  return file;
}

MemoryFiles::File MemoryFiles::at(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second;
}

void MemoryFiles::append(const File& file, std::string_view bytes) {
  file->bytes += bytes;
  file->facts.modified = file->facts.changed = time();
}

void MemoryFiles::truncate(const File& file, std::size_t size) {
  file->bytes.resize(size);
  file->facts.modified = file->facts.changed = time();
}

void MemoryFiles::rename(const std::string& from, const std::string& to) {
  File file = at(from);
  names_.erase(from);
  names_[to] = std::move(file);
}

void MemoryFiles::copy(const std::string& from, const std::string& to, bool keep_time) {
  const File source = at(from);
  const File file = create(to);
  file->bytes = source->bytes;
  if (keep_time) file->facts.modified = source->facts.modified;
}

void MemoryFiles::gzip(const std::string& path) {
  const File source = at(path);
  const File file = create(path + ".gz");
  file->bytes = gzipped(source->bytes);
  file->plain = source->bytes;
  file->facts.modified = source->facts.modified;
  names_.erase(path);
}

std::vector<std::string> MemoryFiles::names() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : names_) names.push_back(name);
  return names;
}

Result<void> MemoryFiles::find(const std::vector<PathPattern>& patterns,
                               const std::vector<PathPattern>& exclude, const FindCalls& calls) {
  for (const auto& [path, file] : names_) {
    if (!any_matches(patterns, path) || any_matches(exclude, path)) continue;
    if ((calls.at && !calls.at(path)) || is_away(path)) return {};
    FoundFile found{path, {}};
    found.status.st_dev = file->facts.id.device;
    found.status.st_ino = file->facts.id.inode;
    found.status.st_size = static_cast<off_t>(file->bytes.size());
    found.status.st_mtim = {file->facts.modified / 1'000'000'000, file->facts.modified % 1'000'000'000};
    calls.found(found);
  }
  return {};
}

Result<FileFacts> MemoryFiles::facts(const std::string& path) {
  if (is_away(path)) return Error{Code::unavailable, path + " does not answer"};
  const File file = at(path);
  if (!file) return Error{Code::no_input, path + " is not there"};
  file->facts.size = file->bytes.size();
  return file->facts;
}

Result<std::unique_ptr<OpenFile>> MemoryFiles::open(const std::string& path, bool) {
  if (is_away(path)) return Error{Code::unavailable, path + " does not answer"};
  const File file = at(path);
  if (!file) return Error{Code::no_input, path + " is not there"};
  if (locked.contains(path)) return Error{Code::permission, "cannot read " + path + ": Permission denied"};
  ++opened;
  return std::unique_ptr<OpenFile>(std::make_unique<MemoryFile>(
      file, [this, path] { return is_away(path); }, read));
}

Result<std::vector<std::string>> MemoryFiles::list(const std::string& folder) {
  if (is_away(folder)) return Error{Code::unavailable, folder + " does not answer"};
  std::vector<std::string> names;
  for (const auto& [path, file] : names_) {
    if (folder_of(path) == folder) names.emplace_back(name_of(path));
  }
  return names;
}

}  // namespace ssblog
