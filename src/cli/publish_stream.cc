// SPDX-License-Identifier: MIT
#include "cli/publish_stream.h"

#include "cli/settings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>
#include <vector>

namespace ssblog {
namespace {

constexpr std::size_t block_size = 256 * 1024;
constexpr auto drain_time = std::chrono::seconds(2);  // after a signal, for what the pipe still holds

volatile std::sig_atomic_t signals = 0;

void note_signal(int) { signals = signals + 1; }

/// From now on signals that end programs are counted instead, and a closed stdout is an error of write.
class SignalCounter {
 public:
  SignalCounter() {
    struct sigaction note {};
    note.sa_handler = note_signal;  // no SA_RESTART: poll and read have to wake up
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      // `nohup` and the like ignore a signal on purpose.
      struct sigaction before {};
      ::sigaction(signal, nullptr, &before);
      if (before.sa_handler != SIG_IGN) ::sigaction(signal, &note, nullptr);
    }
    std::signal(SIGPIPE, SIG_IGN);
  }
};

class StdinPublisher {
 public:
  StdinPublisher(const PublishSome& publish_some, ChunkWriter writer, const StreamOptions& options)
      : publish_some_(publish_some),
        writer_(std::move(writer)),
        options_(options),
        filter_(options.filter),
        stdout_(::dup(STDOUT_FILENO)) {}

  Result<StreamEnd> run() {
    std::vector<char> block(block_size);
    for (;;) {
      auto ready = wait();
      if (!ready) return lost(ready.error());
      if (!*ready) {
        if (is_over()) break;
        const Millis now = clock_now();
        writer_.flush(now, keep_);
        if (auto done = publish(now); !done) return lost(done.error());
        continue;
      }
      const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got < 0) return lost(file_error("read", "standard input", errno));
      if (got == 0) break;
      const std::size_t size = fill(block, static_cast<std::size_t>(got));
      if (auto taken = take({block.data(), size}); !taken) return lost(taken.error());
    }
    const Millis now = clock_now();
    if (filter_) filter_->end_line(write_);
    writer_.finish(now, keep_);
    if (auto done = publish(now); !done) return lost(done.error());
    return end_;
  }

 private:
  /// True: stdin can be read. False: the time of what waits is up, or the stream is over by a signal.
  Result<bool> wait() {
    for (;;) {
      int timeout = -1;
      if (const auto since = writer_.waiting_since()) {
        timeout = static_cast<int>(
            std::clamp<Millis>(*since + options_.batch.count() - clock_now(), 0, options_.batch.count()));
      }
      if (signals > 0) {
        if (!drain_until_) drain_until_ = std::chrono::steady_clock::now() + drain_time;
        if (is_over()) return false;
        timeout = 100;  // to see a second signal, and the end of the time
      }
      pollfd input{STDIN_FILENO, POLLIN, 0};
      const int ready = ::poll(&input, 1, timeout);
      if (ready < 0 && errno != EINTR) return file_error("wait for", "standard input", errno);
      if (ready > 0) return true;
      if (ready == 0 && (signals == 0 || writer_.waiting_since())) return false;
    }
  }

  /// A pipe gives 64 KiB at a time: what it holds already goes into the same transaction.
  /// @return the size with what was added; the end of the stream and errors are left to the next read.
  static std::size_t fill(std::span<char> block, std::size_t size) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (size < block.size() && ::poll(&input, 1, 0) == 1) {
      const ssize_t got = ::read(STDIN_FILENO, block.data() + size, block.size() - size);
      if (got <= 0) break;
      size += static_cast<std::size_t>(got);
    }
    return size;
  }

  bool is_over() const {
    return signals > 1 || (drain_until_ && std::chrono::steady_clock::now() >= *drain_until_);
  }

  Result<void> take(std::string_view bytes) {
    if (options_.tee) copy(bytes);
    read_ += bytes.size();
    const Millis now = clock_now();
    if (filter_)
      filter_->add(bytes, now, write_);
    else
      write_(bytes, now);
    if (options_.batch.count() == 0) writer_.flush(now, keep_);
    return publish(now);
  }

  /// A copy that nobody reads any more must not cost the lines.
  void copy(std::string_view bytes) {
    if (end_.tee_error) return;
    if (auto written = write_all(stdout_, "standard output", bytes); !written)
      end_.tee_error = written.error();
  }

  Result<void> publish(Millis now) {
    if (contents_.empty()) return {};
    auto published = publish_some_(contents_, now);
    if (!published) return published.error();
    if (options_.published) options_.published();
    // A stream may last for months: what is the matter with it is told when it begins.
    if (published->held != Hold::none && end_.published.held == Hold::none) {
      say(fmt::format("lines are kept, to be signed later: {}; see `ssblog restore`",
                      explain(published->held)));
    }
    if (published->guard_trouble && !end_.published.guard_trouble) {
      say(fmt::format("the guard against restored backups cannot be written: {}",
                      published->guard_trouble->text));
    }
    const auto trouble = end_.published.guard_trouble;
    end_.published = std::move(*published);
    if (trouble) end_.published.guard_trouble = trouble;
    contents_.clear();
    published_ = read_ - writer_.waiting_bytes();
    return {};
  }

  Error lost(const Error& error) const {
    if (read_ == 0) return error;
    return {error.code, fmt::format("{}; of {} bytes that were read, the last {} may not be published",
                                    error.text, read_, read_ - published_)};
  }

  const PublishSome& publish_some_;
  ChunkWriter writer_;
  StreamOptions options_;
  std::optional<LevelFilter> filter_;
  SignalCounter counter_;
  File stdout_;
  std::vector<std::string> contents_;
  ChunkWriter::Emit keep_ = [this](std::string_view content) { contents_.emplace_back(content); };
  LevelFilter::Keep write_ = [this](std::string_view bytes, Millis now) {
    if (options_.look) options_.look(bytes);
    writer_.add(bytes, now, keep_);
  };
  StreamEnd end_;
  std::uint64_t read_ = 0;
  std::uint64_t published_ = 0;
  std::optional<std::chrono::steady_clock::time_point> drain_until_;
};

}  // namespace

bool is_stream_to_end() { return signals > 1; }

Result<StreamEnd> publish_stdin(const PublishSome& publish_some, ChunkWriter writer,
                                const StreamOptions& options) {
  return StdinPublisher(publish_some, std::move(writer), options).run();
}

}  // namespace ssblog
