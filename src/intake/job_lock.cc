// SPDX-License-Identifier: MIT
#include "intake/job_lock.h"

#include "feed/crypto.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <vector>

namespace ssblog {
namespace {

/// Where it may lie, the best place first. A job's name may be any text: its hash is a name for a file.
std::vector<std::string> places(const std::string& home, const std::string& job) {
  const std::string in_home = to_hex(sha256(as_bytes(job))).substr(0, 16);
  const std::string elsewhere = to_hex(sha256(as_bytes(home + '\n' + job))).substr(0, 16);
  std::vector<std::string> paths;
  if (!home.empty()) paths.push_back(fmt::format("{}/run-{}.lock", home, in_home));
  if (const char* own = std::getenv("XDG_RUNTIME_DIR"); own != nullptr && *own == '/')
    paths.push_back(fmt::format("{}/ssblog-run-{}.lock", own, elsewhere));
  paths.push_back(fmt::format("/tmp/ssblog-run-{}-{}.lock", ::getuid(), elsewhere));
  return paths;
}

/// In /tmp others could have put a file there.
bool is_ours(const File& file) {
  struct stat status {};
  return ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid();
}

std::optional<Millis> written_in(const File& file) {
  std::array<char, 32> text{};
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), 0);
  Millis since = 0;
  if (got <= 0 || std::from_chars(text.data(), text.data() + got, since).ec != std::errc())
    return std::nullopt;
  return since;
}

}  // namespace

Result<std::variant<JobLock, JobLock::Holder>> JobLock::take(const std::string& home, const std::string& job,
                                                             Millis now) {
  using Taken = std::variant<JobLock, Holder>;
  std::optional<Error> trouble;
  for (const std::string& path : places(home, job)) {
    File file(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, S_IRUSR | S_IWUSR));
    if (!file || !is_ours(file)) {
      trouble = file ? Error{Code::cannot_create, fmt::format("{} is another user's", path)}
                     : output_error(path, errno);
      continue;
    }
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(file.get(), F_SETLK, &lock) == 0) {
      const std::string since = fmt::format("{:<20}\n", now);
      [[maybe_unused]] const auto written = ::pwrite(file.get(), since.data(), since.size(), 0);
      return Taken(JobLock(std::move(file)));
    }
    if (errno != EACCES && errno != EAGAIN) {
      trouble = file_error("lock", path, errno);
      continue;
    }
    Holder holder;
    // It may have ended in this moment; the next run will find out.
    if (::fcntl(file.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) holder.process = lock.l_pid;
    holder.since = written_in(file);
    return Taken(holder);
  }
  return Error{Code::cannot_create, fmt::format("no place for the lock of the job: {}", trouble->text)};
}

}  // namespace ssblog
