// SPDX-License-Identifier: MIT
// ssblog/client.hpp - log records of a C++ program to the ssblog daemon of its machine, as signed datagrams.
//
// One header, C++17, POSIX and nothing else. The format is described in ssblog-datagram(7).
//
//     ssblog::client::Options options;
//     options.to = "127.0.0.1:8010";              // or "[::1]:8010", or "unix:/run/shop.socket"
//     options.secret_file = "/etc/shop/secret";
//     options.svc = "shop";
//     ssblog::client::Logger log(options);
//     log.warning("the disk is nearly full");
//     log.err("payment failed", ssblog::client::Where{__func__, "at pay()\nat main()"});
//
// A call to log never throws and never waits: what the system does not take at once is lost, counted by `lost()`, and
// becomes a loss in the log of the daemon, which sees the gap in the counter. All methods may be called from any thread,
// and after a fork; not from a signal handler.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <string_view>

namespace ssblog {
namespace client {

/// The levels of syslog(3), and one below them.
enum class Level { emerg, alert, crit, err, warning, notice, info, debug, trace };

inline const char* keyword(Level level) {
  constexpr const char* words[] = {"emerg",  "alert", "crit",  "err",  "warning",
                                   "notice", "info",  "debug", "trace"};
  return words[static_cast<int>(level)];
}

struct Options {
  std::string to;              ///< a numeric address and a port, or `unix:` and a path
  std::string secret_file;     ///< read again when it changes
  std::string secret;          ///< instead of a file
  std::string from;            ///< who sends, up to 64 bytes; empty: the program's name and its process id
  std::string env, svc;        ///< fields of all records: up to 64 bytes
  Level least = Level::debug;  ///< what is below it is not sent
  bool echo = false;           ///< records also go to stdout
};

/// What is known of one record.
struct Where {
  std::string fn;     ///< the function, up to 256 bytes
  std::string stack;  ///< the lines of a stack trace; they stay one record with the text
};

namespace detail {

/// SHA-256. Source: FIPS 180-4.
class Sha256 {
 public:
  using Hash = std::array<std::uint8_t, 32>;
  static constexpr std::size_t block = 64;

  void add(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    length_ += size;
    while (size > 0) {
      const std::size_t part = std::min(size, block - held_);
      std::memcpy(buffer_.data() + held_, bytes, part);
      held_ += part;
      bytes += part;
      size -= part;
      if (held_ == block) compress();
    }
  }

  Hash finish() {
    const std::uint64_t bits = length_ * 8;
    const std::uint8_t one = 0x80, zero = 0;
    add(&one, 1);
    while (held_ != block - 8) add(&zero, 1);
    std::uint8_t size[8];
    for (int i = 0; i < 8; ++i) size[i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
    add(size, sizeof size);
    Hash hash{};
    for (std::size_t i = 0; i < hash.size(); ++i)
      hash[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
    return hash;
  }

 private:
  static std::uint32_t turn(std::uint32_t x, int by) { return x >> by | x << (32 - by); }

  void compress() {
    static constexpr std::uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    std::uint32_t w[64];
    for (int i = 0; i < 16; ++i) {
      w[i] = static_cast<std::uint32_t>(buffer_[4 * i]) << 24 |
             static_cast<std::uint32_t>(buffer_[4 * i + 1]) << 16 |
             static_cast<std::uint32_t>(buffer_[4 * i + 2]) << 8 | buffer_[4 * i + 3];
    }
    for (int i = 16; i < 64; ++i) {
      const std::uint32_t a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
      const std::uint32_t b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
      w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    auto s = state_;
    for (int i = 0; i < 64; ++i) {
      const std::uint32_t e = turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25);
      const std::uint32_t one = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
      const std::uint32_t a = turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22);
      const std::uint32_t two = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
      s = {one + two, s[0], s[1], s[2], s[3] + one, s[4], s[5], s[6]};
    }
    for (std::size_t i = 0; i < 8; ++i) state_[i] += s[i];
    held_ = 0;
  }

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, block> buffer_{};
  std::size_t held_ = 0;
  std::uint64_t length_ = 0;
};

/// HMAC-SHA-256. Source: RFC 2104.
inline Sha256::Hash hmac(std::string_view secret, std::string_view text) {
  std::array<std::uint8_t, Sha256::block> key{};
  if (secret.size() > key.size()) {
    Sha256 shorter;
    shorter.add(secret.data(), secret.size());
    const auto hash = shorter.finish();
    std::copy(hash.begin(), hash.end(), key.begin());
  } else {
    std::copy(secret.begin(), secret.end(), key.begin());
  }
  const auto masked = [&key](std::uint8_t mask) {
    auto block = key;
    for (auto& byte : block) byte = static_cast<std::uint8_t>(byte ^ mask);
    return block;
  };
  Sha256 inner, outer;
  const auto first = masked(0x36), second = masked(0x5c);
  inner.add(first.data(), first.size());
  inner.add(text.data(), text.size());
  const auto hash = inner.finish();
  outer.add(second.data(), second.size());
  outer.add(hash.data(), hash.size());
  return outer.finish();
}

inline std::string hex(const Sha256::Hash& hash) {
  std::string text;
  for (const std::uint8_t byte : hash) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

/// Length of the UTF-8 sequence at the front; 0: there is none. Source: RFC 3629, section 4.
inline std::size_t sequence_length(std::string_view text) {
  const auto at = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&at](std::size_t i, unsigned least = 0x80, unsigned most = 0xbf) {
    return at(i) >= least && at(i) <= most;
  };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef)
    return follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && follows(2) ? 3 : 0;
  if (first >= 0xf0 && first <= 0xf4)
    return follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && follows(2) && follows(3)
               ? 4
               : 0;
  return 0;
}

/// Appends `,"name":"text"`; what is no UTF-8 becomes U+FFFD. Of a text that needs more than `most` bytes the beginning,
/// and how much was cut off. An empty one is left out.
inline void append_field(std::string& json, std::string_view name, std::string_view text, std::size_t most) {
  if (text.empty()) return;
  json.append(",\"").append(name).append("\":\"");
  const std::size_t begin = json.size();
  while (!text.empty() && json.size() - begin < most) {
    const std::size_t length = sequence_length(text);
    const char c = text[0];
    if (length == 0) {
      json += "\xef\xbf\xbd";
    } else if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (c == '\n') {
      json += "\\n";
    } else if (c == '\t') {
      json += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json.append("\\u00").append(1, "01"[c >> 4]).append(1, "0123456789abcdef"[c & 15]);
    } else {
      json.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (!text.empty())
    json.append(" [").append(std::to_string(text.size())).append(" bytes were cut off here]");
  json += '"';
}

/// At most `size` bytes of a name, whole characters; what is no UTF-8 becomes U+FFFD.
inline std::string shortened(std::string_view text, std::size_t size) {
  std::string name;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const std::string_view next = length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, length);
    if (name.size() + next.size() > size) break;
    name.append(next);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return name;
}

inline std::string program_name() {
#if defined(__GLIBC__)
  return ::program_invocation_short_name;
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__)
  return ::getprogname();
#else
  return "program";
#endif
}

}  // namespace detail

class Logger {
 public:
  /// What cannot be used (an address, a secret) does not throw: `error` says it, and the records are lost.
  explicit Logger(Options options) noexcept {
    try {
      options_ = std::move(options);
      given_from_ = options_.from;
      options_.env = detail::shortened(options_.env, longest_name);
      options_.svc = detail::shortened(options_.svc, longest_name);
      name();
      open();
      read_secret();
    } catch (...) {
    }
  }
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  ~Logger() {
    if (socket_ >= 0) ::close(socket_);
  }

  /// True: the system has taken it. It may get lost on its way even so.
  bool log(Level level, std::string_view text, const Where& where = Where()) noexcept {
    try {
      if (level > options_.least) return true;
      const auto lock = this->lock();
      if (options_.echo) echo(level, text, where);
      const bool sent = send(level, text, where);
      if (!sent) ++lost_;
      return sent;
    } catch (...) {
      return false;
    }
  }

  bool emerg(std::string_view text, const Where& where = Where()) noexcept {
    return log(Level::emerg, text, where);
  }
  bool alert(std::string_view text, const Where& where = Where()) noexcept {
    return log(Level::alert, text, where);
  }
  bool crit(std::string_view text, const Where& where = Where()) noexcept {
    return log(Level::crit, text, where);
  }
  bool err(std::string_view text, const Where& where = Where()) noexcept {
    return log(Level::err, text, where);
  }
  bool warning(std::string_view text, const Where& where = Where()) noexcept {
    return log(Level::warning, text, where);
  }
  bool notice(std::string_view text, const Where& where = Where()) noexcept {
    return log(Level::notice, text, where);
  }
  bool info(std::string_view text, const Where& where = Where()) noexcept {
    return log(Level::info, text, where);
  }
  bool debug(std::string_view text, const Where& where = Where()) noexcept {
    return log(Level::debug, text, where);
  }
  bool trace(std::string_view text, const Where& where = Where()) noexcept {
    return log(Level::trace, text, where);
  }

  /// Records that were not sent.
  std::uint64_t lost() const noexcept {
    const auto lock = this->lock();
    return lost_;
  }
  /// Why nothing can be sent; empty: it can.
  std::string error() const {
    const auto lock = this->lock();
    return !open_error_.empty() ? open_error_ : secret_error_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t longest_name = 64;       // bytes, as the daemon takes them
  static constexpr std::size_t longest_function = 256;  // likewise
  static constexpr std::size_t most_text = 30'000,
                               most_stack = 30'000;  // bytes of JSON; both fit into one datagram
  static constexpr std::chrono::seconds look{5};     // between two looks at the secret file

  /// A process that was forked counts by itself, under a name of its own.
  void name() {
    if (pid_ == ::getpid()) return;
    const bool forked = pid_ != 0;
    pid_ = ::getpid();
    seq_ = 0;
    if (!given_from_.empty() && !forked) {
      options_.from = detail::shortened(given_from_, longest_name);
      return;
    }
    const std::string number = "@" + std::to_string(pid_);
    const std::string of = given_from_.empty() ? detail::program_name() : given_from_;
    options_.from = detail::shortened(of, longest_name - number.size()) + number;
  }

  /// A thread that was logging when another one forked is not there in the child to give the lock back.
  std::unique_lock<std::mutex> lock() const {
    const pid_t pid = ::getpid();
    if (lock_pid_.load() != pid && lock_pid_.exchange(pid) != pid) new (&mutex_) std::mutex;
    return std::unique_lock<std::mutex>(mutex_);
  }

  void open() {
    sockaddr_storage address{};
    socklen_t size = 0;
    const std::string& to = options_.to;
    const std::size_t colon = to.rfind(':');
    if (to.compare(0, 5, "unix:") == 0) {
      auto* place = reinterpret_cast<sockaddr_un*>(&address);
      if (to.size() - 5 >= sizeof place->sun_path) {
        open_error_ = to + ": the path is too long";
        return;
      }
      place->sun_family = AF_UNIX;
      to.copy(place->sun_path, to.size() - 5, 5);
      size = sizeof *place;
    } else if (colon != std::string::npos) {
      std::string host = to.substr(0, colon);
      if (host.size() > 1 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
      const long port = std::strtol(to.c_str() + colon + 1, nullptr, 10);
      auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
      auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
      if (port > 0 && port <= 65535) {
        if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
          v4->sin_family = AF_INET;
          v4->sin_port = htons(static_cast<std::uint16_t>(port));
          size = sizeof *v4;
        } else if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
          v6->sin6_family = AF_INET6;
          v6->sin6_port = htons(static_cast<std::uint16_t>(port));
          size = sizeof *v6;
        }
      }
    }
    if (size == 0) {
      open_error_ = to + ": say where the daemon listens as 127.0.0.1:8010 or unix:/PATH";
      return;
    }
    address_ = address;
    address_size_ = size;
    socket_ = ::socket(address.ss_family, SOCK_DGRAM, 0);
    if (socket_ < 0 || ::fcntl(socket_, F_SETFL, O_NONBLOCK) != 0 ||
        ::fcntl(socket_, F_SETFD, FD_CLOEXEC) != 0)
      open_error_ = std::string("cannot make a socket: ") + std::strerror(errno);
  }

  void read_secret() {
    if (options_.secret_file.empty()) return;
    looked_ = Clock::now();
    const std::string doing = "cannot read the secret " + options_.secret_file + ": ";
    const int file = ::open(options_.secret_file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
      secret_error_ = doing + std::strerror(errno);
      return;
    }
    char bytes[4097 + 2];
    std::size_t size = 0;
    for (;;) {
      const ssize_t got = ::read(file, bytes + size, sizeof bytes - size);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) secret_error_ = doing + std::strerror(errno);
      if (got <= 0) break;
      size += static_cast<std::size_t>(got);
    }
    ::close(file);
    while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r')) --size;
    if (size < 16 || size > 4096) {
      secret_error_ = doing + "it has to have 16 to 4096 bytes";
      return;
    }
    options_.secret.assign(bytes, size);
    secret_error_.clear();
  }

  bool send(Level level, std::string_view text, const Where& where) {
    name();
    const std::uint64_t seq = ++seq_;  // what is not sent leaves a gap, which the daemon sees
    if (Clock::now() - looked_ >= look) read_secret();
    if (socket_ < 0 || options_.secret.empty()) return false;
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    std::string json = "{\"time\":" + std::to_string(now.count()) + ",\"seq\":" + std::to_string(seq) +
                       ",\"level\":\"" + keyword(level) + "\"";
    detail::append_field(json, "from", options_.from, longest_name * 6);
    detail::append_field(json, "env", options_.env, longest_name * 6);
    detail::append_field(json, "svc", options_.svc, longest_name * 6);
    detail::append_field(json, "fn", detail::shortened(where.fn, longest_function), longest_function * 6);
    if (text.empty()) json += ",\"text\":\"\"";
    detail::append_field(json, "text", text, most_text);
    detail::append_field(json, "stack", where.stack, most_stack);
    json += '}';
    const std::string datagram = "ssblog1 " + detail::hex(detail::hmac(options_.secret, json)) + " " + json;
    for (int round = 0; round < 3; ++round) {
      const ssize_t sent = ::sendto(socket_, datagram.data(), datagram.size(), MSG_DONTWAIT | no_signal,
                                    reinterpret_cast<const sockaddr*>(&address_), address_size_);
      if (sent >= 0) return true;
      if (errno != EINTR) break;
    }
    return false;
  }

  /// A line of the record to stdout, as far as that takes it without waiting.
  void echo(Level level, std::string_view text, const Where& where) const {
    std::string line = std::string(keyword(level)) + ": ";
    line.append(text);
    if (!where.stack.empty()) line.append("\n").append(where.stack);
    if (line.back() != '\n') line += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
      constexpr std::size_t at_once = 512;  // a pipe that says it can be written to takes so much
      pollfd out{STDOUT_FILENO, POLLOUT, 0};
      // A pipe that nobody reads says so, too: writing to it would end the program.
      if (::poll(&out, 1, 0) != 1 || out.revents != POLLOUT) return;
      const ssize_t written = ::write(STDOUT_FILENO, rest.data(), std::min(rest.size(), at_once));
      if (written <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }

#ifdef MSG_NOSIGNAL
  static constexpr int no_signal = MSG_NOSIGNAL;
#else
  static constexpr int no_signal = 0;
#endif

  mutable std::mutex mutex_;
  mutable std::atomic<pid_t> lock_pid_{::getpid()};
  Options options_;
  std::string given_from_;
  pid_t pid_ = 0;
  int socket_ = -1;
  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
  std::string open_error_, secret_error_;
  Clock::time_point looked_{};
  std::uint64_t seq_ = 0;
  std::uint64_t lost_ = 0;
};

/// What an exception says, and below it what it was caused by, one a line: for `Where::stack`.
inline std::string causes_of(const std::exception& error) {
  std::string text = error.what();
  try {
    std::rethrow_if_nested(error);
  } catch (const std::exception& cause) {
    text += "\ncaused by: " + causes_of(cause);
  } catch (...) {
    text += "\ncaused by something that is no std::exception";
  }
  return text;
}

}  // namespace client
}  // namespace ssblog
