// SPDX-License-Identifier: MIT
#include "intake/secret_file.h"

#include "feed/crypto.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto settle_pause = 100ms;  // a file is written in several steps

struct Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  const int number;
};

std::string folder_above(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string mark_of(const std::string& secret) { return to_hex(sha256(as_bytes(secret))); }

}  // namespace

Result<std::string> read_secret(const std::string& path) {
  const std::string doing = fmt::format("cannot read the secret {}", path);
  // Not waiting: a named pipe there would stop the daemon.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.number < 0 || ::fstat(file.number, &status) != 0)
    return Error{Code::no_input, fmt::format("{}: {}", doing, std::strerror(errno))};
  if (!S_ISREG(status.st_mode)) return Error{Code::config, fmt::format("{}: it is no regular file", doing)};
  if ((status.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0)
    return Error{Code::config,
                 fmt::format("the secret {0} is open to others (mode {1:04o}); say: chmod 640 {0}", path,
                             status.st_mode & 07777)};
  std::array<char, SecretFile::longest + 3> bytes{};  // a newline, and one byte to see that there is more
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(file.number, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Code::no_input, fmt::format("{}: {}", doing, std::strerror(errno))};
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  std::string secret(bytes.data(), size);
  sodium_memzero(bytes.data(), bytes.size());
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (secret.size() < SecretFile::shortest || secret.size() > SecretFile::longest)
    return Error{Code::config,
                 fmt::format("the secret {0} has {1} bytes, but {2} to {3} are needed; make one with: "
                             "openssl rand -hex 32 >{0}",
                             path, size == bytes.size() ? "more" : std::to_string(secret.size()),
                             SecretFile::shortest, SecretFile::longest)};
  return secret;
}

SecretFile::SecretFile(Loop& loop, std::string path, Say say)
    : loop_(loop),
      path_(std::move(path)),
      say_(std::move(say)),
      soon_(loop, [this] { look_again(); }),
      later_(loop, [this] { look_again(); }),
      over_(loop, [this] { forget(); }) {}

Result<void> SecretFile::start() {
  auto secret = read_secret(path_);
  if (!secret) return secret.error();
  mark_ = mark_of(*secret);
  key_.emplace(as_bytes(*secret));
  sodium_memzero(secret->data(), secret->size());  // NOLINT(clang-analyzer-cplusplus.InnerPointer)
  // The folder tells of a file that is replaced; where it cannot be watched, looks now and then are enough.
  auto watch = FolderWatch::start(loop_, folder_above(path_), [this](std::string_view) { changed(); });
  if (watch) watch_.emplace(std::move(*watch));
  later_.start(look);
  return {};
}

void SecretFile::changed() {
  // Each step anew: a secret that is half there would be one.
  soon_.start(settle_pause);
}

void SecretFile::forget() {
  std::erase_if(before_, [now = loop_.now()](const Replaced& one) { return one.until <= now; });
  if (!before_.empty()) over_.start(before_.front().until - loop_.now());
}

void SecretFile::look_again() {
  later_.start(look);
  auto secret = read_secret(path_);
  if (!secret) {
    if (trouble_ == secret.error().text) return;
    trouble_ = secret.error().text;
    return say_(true, fmt::format("{}; the one before stays in use", trouble_));
  }
  trouble_.clear();
  if (const std::string mark = mark_of(*secret); mark != mark_) {
    mark_ = mark;
    // The one that was good for the shortest time gives way: a file that is written slowly has many.
    if (before_.size() >= most_before) before_.pop_back();
    before_.push_back({*key_, loop_.now() + overlap});
    key_.emplace(as_bytes(*secret));
    if (!over_.running()) over_.start(overlap);
    say_(false, fmt::format("the secret {} has changed; the one before is good for {} s more", path_,
                            overlap.count()));
  }
  sodium_memzero(secret->data(), secret->size());  // NOLINT(clang-analyzer-cplusplus.InnerPointer)
}

bool SecretFile::signs(const HmacKey::Mac& mac, std::string_view text) const {
  return (key_ && key_->holds(mac, as_bytes(text))) ||
         std::any_of(before_.begin(), before_.end(),
                     [&](const Replaced& one) { return one.key.holds(mac, as_bytes(text)); });
}

}  // namespace ssblog
