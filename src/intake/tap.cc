// SPDX-License-Identifier: MIT
#include "intake/tap.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

namespace ssblog {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;
constexpr std::size_t most_moved = 1024 * 1024;  // inside the kernel, at once
constexpr std::size_t tap_stream = 0;

bool is_pipe(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

class Tap {
 public:
  Tap(const TapPlan& plan, std::optional<TapSpool> spool, Courier& courier)
      : plan_(plan),
        courier_(courier),
        spool_(std::move(spool)),
        moves_(is_pipe(plan.in) || is_pipe(plan.out)),
        block_(block_bytes) {
    if (spool_ && is_pipe(plan.in) && is_pipe(plan.out)) open_side_pipe();
  }

  Result<TapEnd> run() {
    while (!end_) {
      wait();
      if (end_) break;
      Result<void> passed;
      if (spool_)
        passed = side_read_ ? move_with_copy() : pass();
      else
        passed = moves_ && !courier_.has_room() ? move() : pass();
      if (!passed) return passed.error();
    }
    return *end_;
  }

 private:
  /// Until something comes. Whether there is room for a copy is looked at then: some may have been made.
  void wait() {
    std::array<pollfd, 2> on = {{{plan_.in, POLLIN, 0}, {plan_.over, POLLIN, 0}}};
    while (::poll(on.data(), on.size(), -1) < 0 && errno == EINTR) continue;
    if (on[1].revents != 0) end_ = TapEnd::signal;
  }

  bool is_over() const {
    pollfd over{plan_.over, POLLIN, 0};
    return ::poll(&over, 1, 0) == 1;
  }

  /// What a system call came to. False: not a byte.
  bool got(ssize_t result, std::string_view doing, const std::string& name, Result<void>& failed) {
    if (result > 0) return true;
    if (result == 0) {
      end_ = TapEnd::input;
    } else if (errno == EPIPE) {
      end_ = TapEnd::output;
    } else if (errno == EINTR) {
      if (is_over()) end_ = TapEnd::signal;
    } else if (errno == EAGAIN) {
      ::poll(nullptr, 0, 1);  // somebody else made the descriptor nonblocking
    } else {
      failed = file_error(doing, name, errno);
    }
    return false;
  }

  /// Reads, copies, writes.
  Result<void> pass() {
    Result<void> failed;
    const ssize_t size = ::read(plan_.in, block_.data(), block_.size());
    if (!got(size, "read", "standard input", failed)) return failed;
    const std::string_view bytes(block_.data(), static_cast<std::size_t>(size));
    copy(bytes);
    return write(bytes);
  }

  void copy(std::string_view bytes) {
    if (spool_ && keep(bytes)) return;
    courier_.add(tap_stream, bytes, plan_.clock());
  }

  /// False: the spool cannot be written to, and is none any more. What it took of these bytes is cut off again.
  bool keep(std::string_view bytes) {
    struct stat before {};
    const bool known = ::fstat(spool_->file.get(), &before) == 0;
    auto written = write_all(spool_->file, spool_->path, bytes);
    if (written) return true;
    if (!known || ::ftruncate(spool_->file.get(), before.st_size) != 0)
      plan_.say(fmt::format("the end of {} is not whole", spool_->path));
    plan_.say(
        fmt::format("{}; from here on lines go to the daemon, as without --spool", written.error().text));
    spool_.reset();
    return false;
  }

  Result<void> write(std::string_view bytes) {
    while (!bytes.empty() && !end_) {
      Result<void> failed;
      const ssize_t written = ::write(plan_.out, bytes.data(), bytes.size());
      if (got(written, "write to", "standard output", failed))
        bytes.remove_prefix(static_cast<std::size_t>(written));
      if (!failed) return failed;
    }
    return {};
  }

#ifdef __linux__
  /// Bytes that nobody looks at: they are lost for the feed.
  Result<void> move() {
    Result<void> failed;
    const ssize_t moved = ::splice(plan_.in, nullptr, plan_.out, nullptr, most_moved, SPLICE_F_MOVE);
    if (moved < 0 && errno == EINVAL) {
      moves_ = false;  // not between these two
      return {};
    }
    if (got(moved, "pass on", "standard input", failed))
      courier_.lose(tap_stream, static_cast<std::uint64_t>(moved), plan_.clock());
    return failed;
  }

  /// The pipe's bytes are doubled into a pipe of our own, from there they are kept, and then passed on as they are.
  Result<void> move_with_copy() {
    Result<void> failed;
    const ssize_t doubled = ::tee(plan_.in, side_write_.get(), most_moved, 0);
    if (!got(doubled, "read", "standard input", failed)) return failed;
    for (auto left = static_cast<std::size_t>(doubled); left > 0;) {
      const ssize_t size = ::read(side_read_.get(), block_.data(), std::min(left, block_.size()));
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return file_error("read", "a pipe", errno);
      copy({block_.data(), static_cast<std::size_t>(size)});
      left -= static_cast<std::size_t>(size);
    }
    for (auto left = static_cast<std::size_t>(doubled); left > 0 && !end_;) {
      const ssize_t moved = ::splice(plan_.in, nullptr, plan_.out, nullptr, left, SPLICE_F_MOVE);
      if (got(moved, "pass on", "standard input", failed)) left -= static_cast<std::size_t>(moved);
      if (!failed) return failed;
    }
    return {};
  }

  void open_side_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    side_read_ = File(ends[0]);
    side_write_ = File(ends[1]);
    ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(most_moved));
  }
#else
  Result<void> move() { return pass(); }
  Result<void> move_with_copy() { return pass(); }
  void open_side_pipe() {}
#endif

  const TapPlan& plan_;
  Courier& courier_;
  std::optional<TapSpool> spool_;
  bool moves_;
  std::vector<char> block_;
  File side_read_, side_write_;
  std::optional<TapEnd> end_;
};

}  // namespace

Result<TapEnd> tap(const TapPlan& plan, std::optional<TapSpool> spool, Courier& courier) {
  return Tap(plan, std::move(spool), courier).run();
}

}  // namespace ssblog
