// SPDX-License-Identifier: MIT
#include "assemble/merged_output.h"

#include "feed/crypto.h"
#include "store/output_place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace ssblog {
namespace {

constexpr std::uint64_t tail_size = 4096;
constexpr int most_attempts = 20;
constexpr auto between_attempts = std::chrono::milliseconds(5);

}  // namespace

Result<OpenOutput> open_output(const std::string& path) {
  const auto place = output_place(path);
  if (!place) return place.error();
  const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | output_flags(*place);
  OpenOutput output;
  output.file = File(::open(place->c_str(), flags, 0666));  // as the umask says
  if (!output.file) return output_error(path, errno);
  int locked = ::flock(output.file.get(), LOCK_EX | LOCK_NB);
  // Whoever looks at the descriptors of a process (lsof) keeps a file that we just closed, and our lock, for a moment.
  for (int attempt = 0; locked != 0 && errno == EWOULDBLOCK && attempt < most_attempts; ++attempt) {
    std::this_thread::sleep_for(between_attempts);
    locked = ::flock(output.file.get(), LOCK_EX | LOCK_NB);
  }
  const int lock_error = errno;
  // After the lock: the one who had it may have written.
  struct stat status {};
  if (::fstat(output.file.get(), &status) != 0) return file_error("look at", path, errno);
  if (!S_ISREG(status.st_mode)) {
    return Error{Code::cannot_create,
                 fmt::format("{} is no regular file; for a pipe, leave out -o and use `|` or `>`", path)};
  }
  if (locked != 0 && lock_error != EWOULDBLOCK) return file_error("lock", path, lock_error);
  if (locked != 0) return Error{Code::busy, fmt::format("another ssblog assemble is writing {}", path)};
  output.length = static_cast<std::uint64_t>(status.st_size);
  output.stamp = stamp_of(status);
  return output;
}

Result<std::string> tail_hash(const File& file, const std::string& path, std::uint64_t end) {
  const std::uint64_t begin = end > tail_size ? end - tail_size : 0;
  ByteBuf bytes(end - begin);
  auto got = read_at(file, path, bytes, static_cast<off_t>(begin));
  if (!got) return got.error();
  bytes.resize(*got);
  return to_hex(sha256(bytes));
}

Result<void> cut_file(const File& file, const std::string& path, std::uint64_t length) {
  if (::ftruncate(file.get(), static_cast<off_t>(length)) != 0) return file_error("cut", path, errno);
  return {};
}

Result<std::string> settle_file(const File& file, const std::string& path) {
  if (::fdatasync(file.get()) != 0) return file_error("write", path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return file_error("look at", path, errno);
  return stamp_of(status);
}

}  // namespace ssblog
