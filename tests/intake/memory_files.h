// SPDX-License-Identifier: MIT
// intake/memory_files.h - a file system in memory, with inodes that are used again, for tests of the collector.
#pragma once

#include "intake/file_system.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ssblog {

/// gzip's form of some bytes.
std::string gzipped(std::string_view bytes);

class MemoryFiles final : public FileSystem {
 public:
  struct Inode {
    FileFacts facts;
    std::string bytes;
    std::string plain;  ///< what is packed in it
  };
  using File = std::shared_ptr<Inode>;

  std::int64_t now = 1'700'000'000'000'000'000;  ///< ns since 1970
  bool tells_birth = true;
  std::int64_t grain = 1;        ///< of times, ns
  std::set<std::string> locked;  ///< that may not be read
  std::uint64_t opened = 0;
  std::uint64_t read = 0;                                ///< bytes, of all files
  std::function<bool(const std::string& path)> answers;  ///< asked before each call; empty: always

  // What programs do to files.
  File create(const std::string& path);
  File at(const std::string& path) const;
  bool exists(const std::string& path) const { return names_.contains(path); }
  void append(const File& file, std::string_view bytes);
  void append(const std::string& path, std::string_view bytes) { append(at(path), bytes); }
  void truncate(const File& file, std::size_t size = 0);
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& path) { names_.erase(path); }
  /// cp; with `keep_time`, cp -p.
  void copy(const std::string& from, const std::string& to, bool keep_time);
  void gzip(const std::string& path);
  std::vector<std::string> names() const;

  Result<void> find(const std::vector<PathPattern>& patterns, const std::vector<PathPattern>& exclude,
                    const FindCalls& calls) override;
  Result<FileFacts> facts(const std::string& path) override;
  Result<std::unique_ptr<OpenFile>> open(const std::string& path, bool follow) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  std::string canonical(const std::string& path) override { return path; }

 private:
  bool is_away(const std::string& path) const { return answers && !answers(path); }
  std::int64_t time() const { return now / grain * grain; }
  std::map<std::string, File> names_;
  std::shared_ptr<std::vector<std::uint64_t>> free_ = std::make_shared<std::vector<std::uint64_t>>();
  std::uint64_t next_inode_ = 10;
};

}  // namespace ssblog
