// SPDX-License-Identifier: MIT
#include "intake/kernel_receiver.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <tuple>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr const char* usual_device = "/dev/kmsg";
constexpr const char* boot_id_path = "/proc/sys/kernel/random/boot_id";
constexpr std::size_t longest_record = 64 * 1024;  // bytes; the kernel's own limit is a few KiB
constexpr std::size_t records_a_turn = 512;        // then others have the loop
constexpr std::size_t longest_crash = 1024 * 1024;
constexpr std::size_t most_crashes = KernelCursor::most_crashes - 1;  // one mark is for what is left out
constexpr auto first_pause = 1s, longest_pause = 60s;                 // before the device is opened again

/// Ms since the boot, as the kernel's log counts them: without the time that the machine was suspended.
Millis uptime() {
  struct timespec time {};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<Millis>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

/// 32 hex digits; empty: the system does not say.
std::string this_boot() {
  auto text = read_file(boot_id_path, 64);
  if (!text) return "";
  std::erase_if(*text, [](char c) { return c == '-' || c == '\n'; });
  return *text;
}

/// The device; or a socket that gives a record a packet, for tests.
Result<File> open_device(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
    File file(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!file || path.size() >= sizeof address.sun_path)
      return file_error("open", path, file ? ENAMETOOLONG : errno);
    std::memcpy(address.sun_path, path.data(), path.size());
    if (::connect(file.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return file_error("open", path, errno);
    return file;
  }
  File file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return file_error("read", path, errno);
  return file;
}

/// A crash log that pstore kept.
struct CrashLog {
  std::string name, bytes;
  Millis modified = 0;
};

/// What lies in a folder.
struct CrashFolder {
  std::vector<CrashLog> logs;         ///< the oldest first
  std::vector<std::string> left_out;  ///< names of what is too long, or too much
  bool whole = true;                  ///< all of it could be looked at
};

/// `unread` is told of what cannot be read.
CrashFolder crash_logs(const std::string& folder, const std::function<void(const Error&)>& unread) {
  CrashFolder found;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), ::closedir);
  if (!entries) {
    found.whole = errno == ENOENT;
    if (!found.whole) unread(file_error("read", folder, errno));
    return found;
  }
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(entries.get());
    if (entry == nullptr) {
      found.whole = errno == 0;
      break;
    }
    struct stat status {};
    if (::lstat((folder + '/' + entry->d_name).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (status.st_size > static_cast<off_t>(longest_crash)) {
      found.left_out.emplace_back(entry->d_name);
      continue;
    }
    found.logs.push_back(
        {entry->d_name, "",
         static_cast<Millis>(status.st_mtim.tv_sec) * 1000 + status.st_mtim.tv_nsec / 1'000'000});
  }
  std::sort(found.logs.begin(), found.logs.end(), [](const CrashLog& a, const CrashLog& b) {
    return std::tie(a.modified, a.name) < std::tie(b.modified, b.name);
  });
  while (found.logs.size() > most_crashes) {
    found.left_out.push_back(std::move(found.logs.back().name));
    found.logs.pop_back();
  }
  std::sort(found.left_out.begin(), found.left_out.end());
  std::erase_if(found.logs, [&](CrashLog& crash) {
    auto bytes = read_file(folder + '/' + crash.name, longest_crash);
    if (bytes) {
      crash.bytes = std::move(*bytes);
      return false;
    }
    unread(bytes.error());
    found.whole = false;
    return true;
  });
  return found;
}

}  // namespace

KernelReceiver::KernelReceiver(Loop& loop, const EventSource& source, EventInlet& inlet,
                               std::function<Millis()> clock, EventSay say)
    : loop_(loop),
      source_(source),
      stream_(source.stream.empty() ? "kernel" : source.stream),
      inlet_(inlet),
      clock_(std::move(clock)),
      say_(std::move(say)),
      pause_(first_pause),
      rest_(loop, [this] { rest(); }),
      again_(loop, [this] { open(); }) {}

KernelReceiver::~KernelReceiver() { inlet_.when_room({}); }

void KernelReceiver::start() {
  boot_ = this_boot();
  if (boot_.empty()) {
    say_(true,
         fmt::format(
             "{} cannot be read, so nothing tells one boot from another: the kernel's log is read from its "
             "beginning at each start of this program",
             boot_id_path));
  }
  log_.emplace(boot_, KernelCursor::parse(inlet_.cursor()));
  inlet_.when_room([this] { go_on(); });
  if (!source_.pstore.empty()) read_crashes();
  go_on();
}

void KernelReceiver::read_crashes() {
  std::vector<std::string> lying;
  bool told = false;
  const auto unread = [&](const Error& why) {
    if (!std::exchange(told, true)) say_(true, fmt::format("{}: its crash logs are left out", why.text));
  };
  auto found = crash_logs(source_.pstore, unread);
  auto& logs = found.logs;
  auto& known = log_->cursor().crashes;
  for (const CrashLog& crash : logs) lying.push_back(crash_mark(crash.name, crash.modified, crash.bytes));
  const auto left_out = static_cast<std::uint64_t>(found.left_out.size());
  std::string names;
  for (const std::string& name : found.left_out) names.append(name) += '\n';
  if (left_out > 0) lying.push_back(crash_mark("", 0, names));
  // What is not there any more need not be known; nor what is too much for a cursor, the oldest first.
  std::size_t too_many = known.size() + lying.size();
  too_many = found.whole ? known.size() : too_many - std::min(too_many, KernelCursor::most_crashes);
  std::erase_if(known, [&](const auto& mark) {
    return std::find(lying.begin(), lying.end(), mark) == lying.end() && too_many > 0 && too_many-- > 0;
  });
  // Before the logs: its cursor must not speak of one that waits for room.
  if (left_out > 0 && std::find(known.begin(), known.end(), lying.back()) == known.end()) {
    known.push_back(lying.back());
    inlet_.lose({stream_ + ":pstore", clock_(), left_out, "crash logs that could not be read"},
                log_->cursor().text());
  }
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (std::find(known.begin(), known.end(), lying[i]) != known.end()) continue;
    known.push_back(lying[i]);
    Event event;
    event.stream = stream_ + ":pstore";
    event.time = logs[i].modified;
    event.from = TimeFrom::mtime;
    event.text = std::move(logs[i].bytes);
    put(std::move(event));
  }
}

/// False: it waits for room, and nothing more is to be read.
bool KernelReceiver::put(Event&& event) {
  std::string cursor = log_->cursor().text();
  if (waiting_.empty() && inlet_.put(std::move(event), cursor)) return true;
  // NOLINTNEXTLINE(bugprone-use-after-move): untouched where put says false
  waiting_.push_back({std::move(event), std::move(cursor)});
  return false;
}

/// Puts what waited, and reads on.
void KernelReceiver::go_on() {
  while (!waiting_.empty()) {
    if (!inlet_.put(std::move(waiting_.front().event), waiting_.front().cursor)) return;
    waiting_.erase(waiting_.begin());
  }
  if (broken_) return;
  if (!device_) return open();
  resting_ = false;
  rest_.stop();
  if (watch_) return;
  auto watch = ReadWatch::start(loop_, device_.get(), [this] { read(); });
  if (!watch) return trouble(watch.error().text);
  watch_.emplace(std::move(*watch));
}

void KernelReceiver::open() {
  const std::string path = source_.path.empty() ? usual_device : source_.path;
  auto device = open_device(path);
  if (!device) {
    trouble(
        device.error().code == Code::permission
            ? fmt::format("{}; reading the kernel's log needs CAP_SYSLOG (packaging/systemd has kernel.conf)",
                          device.error().text)
            : device.error().text);
    return;
  }
  device_ = std::move(*device);
  go_on();
}

/// Not in the call of the watch, which must not end itself.
void KernelReceiver::rest() {
  watch_.reset();
  if (!std::exchange(broken_, false)) return;
  device_ = File();
  again_.start(pause_);
  pause_ = std::min<std::chrono::milliseconds>(pause_ * 2, longest_pause);
}

void KernelReceiver::trouble(const std::string& text) {
  if (text != told_) say_(true, fmt::format("{}; it is tried again", text));
  told_ = text;
  resting_ = broken_ = true;
  rest_.start(0ms);
}

void KernelReceiver::read() {
  if (resting_) return;
  std::array<char, longest_record> buffer;
  // One for all that is read together, so that it does not tremble.
  const Millis clock_minus_up = clock_() - uptime();
  for (std::size_t i = 0; i < records_a_turn && waiting_.empty(); ++i) {
    const ssize_t got = ::read(device_.get(), buffer.data(), buffer.size());
    if (got > 0) {
      told_.clear();
      pause_ = first_pause;
      take({buffer.data(), static_cast<std::size_t>(got)}, clock_minus_up);
    } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return;
    } else if (got < 0 && (errno == EPIPE || errno == EINTR)) {
      continue;  // overwritten before it was read: the number of the next one tells how many
    } else {
      const std::string path = source_.path.empty() ? usual_device : source_.path;
      return trouble(got == 0 ? fmt::format("{} has ended", path) : file_error("read", path, errno).text);
    }
  }
  if (waiting_.empty()) return;
  resting_ = true;
  rest_.start(0ms);
}

void KernelReceiver::take(std::string_view record, Millis clock_minus_up) {
  auto taken = log_->take(record);
  if (!taken) {
    if (!std::exchange(found_wrong_, true))
      say_(true, fmt::format("{}; such are left out", taken.error().text));
    return;
  }
  if (!*taken) return;
  KernelRecord& kernel = (*taken)->record;
  if ((*taken)->lost > 0) {
    // Up to the record: what it says may find no room before the end.
    KernelCursor before = log_->cursor();
    before.sequence = kernel.sequence - 1;
    inlet_.lose({stream_, clock_(), (*taken)->lost, "kernel buffer overrun"}, before.text());
  }
  Event event;
  event.stream = stream_;
  event.up = kernel.microseconds / 1000;
  event.time = clamp_time(static_cast<double>(clock_minus_up) + static_cast<double>(*event.up));
  event.from = TimeFrom::line;
  event.level = kernel.level;
  event.boot = boot_.substr(0, 8);
  event.text = std::move(kernel.text);
  put(std::move(event));
}

}  // namespace ssblog
