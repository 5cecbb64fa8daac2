// SPDX-License-Identifier: MIT
#include "intake/watched_files.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

Error given_up(const std::string& path) {
  return {Code::unavailable, fmt::format("{} does not answer", path)};
}

/// Makes one call, with the worker at `path`.
template <class Call>
auto noted(Whereabouts& whereabouts, const std::string& path, Call&& call) -> decltype(call()) {
  if (!whereabouts.enter(path)) return given_up(path);
  auto answer = call();
  if (!whereabouts.leave()) return given_up(path);
  return answer;
}

class WatchedFile final : public OpenFile {
 public:
  WatchedFile(std::unique_ptr<OpenFile> file, std::string path, std::shared_ptr<Whereabouts> whereabouts)
      : file_(std::move(file)), path_(std::move(path)), whereabouts_(std::move(whereabouts)) {}
  WatchedFile(const WatchedFile&) = delete;
  WatchedFile& operator=(const WatchedFile&) = delete;
  ~WatchedFile() override {
    // To close a file may be a call to a server, too; who was given up closes it all the same.
    whereabouts_->enter(path_);
    file_.reset();
    whereabouts_->leave();
  }
  Result<FileFacts> facts() override {
    return noted(*whereabouts_, path_, [&] { return file_->facts(); });
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    return noted(*whereabouts_, path_, [&] { return file_->read_at(offset, out); });
  }

 private:
  std::unique_ptr<OpenFile> file_;
  std::string path_;
  std::shared_ptr<Whereabouts> whereabouts_;
};

class WatchedFiles final : public FileSystem {
 public:
  WatchedFiles(std::unique_ptr<FileSystem> files, std::shared_ptr<Whereabouts> whereabouts)
      : files_(std::move(files)), whereabouts_(std::move(whereabouts)) {}

  Result<void> find(const std::vector<PathPattern>& patterns, const std::vector<PathPattern>& exclude,
                    const FindCalls& calls) override {
    FindCalls noted_calls = calls;
    noted_calls.at = [&](const std::string& path) { return whereabouts_->enter(path); };
    auto found = files_->find(patterns, exclude, noted_calls);
    if (!whereabouts_->leave()) return given_up(whereabouts_->path());
    return found;
  }
  Result<FileFacts> facts(const std::string& path) override {
    return noted(*whereabouts_, path, [&] { return files_->facts(path); });
  }
  Result<std::unique_ptr<OpenFile>> open(const std::string& path, bool follow) override {
    return noted(*whereabouts_, path, [&]() -> Result<std::unique_ptr<OpenFile>> {
      auto file = files_->open(path, follow);
      if (!file) return file.error();
      return std::unique_ptr<OpenFile>(std::make_unique<WatchedFile>(std::move(*file), path, whereabouts_));
    });
  }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    return noted(*whereabouts_, folder, [&] { return files_->list(folder); });
  }
  std::string canonical(const std::string& path) override {
    if (!whereabouts_->enter(path)) return path;
    std::string whole = files_->canonical(path);
    return whereabouts_->leave() ? whole : path;
  }

 private:
  std::unique_ptr<FileSystem> files_;
  std::shared_ptr<Whereabouts> whereabouts_;
};

}  // namespace

std::unique_ptr<FileSystem> watched_files(std::unique_ptr<FileSystem> files,
                                          std::shared_ptr<Whereabouts> whereabouts) {
  return std::make_unique<WatchedFiles>(std::move(files), std::move(whereabouts));
}

}  // namespace ssblog
