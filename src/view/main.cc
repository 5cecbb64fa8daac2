// SPDX-License-Identifier: MIT
// view/main.cc - the program ssblog-view, which `ssblog view` and the daemon start: serves the view until SIGTERM.
//
// Its words are said by ssblog alone (cli/view_program.cc): HOME STORE ID ADDRESS PORT SOCKET HOSTS..., SOCKET may be empty, and
// among the hosts may stand the words of view_options.h. When it serves it says its port on stdout, one line.
#include "sandbox/sandbox.h"
#include "store/search_index.h"
#include "store/store.h"
#include "view/http_server.h"
#include "view/token_book.h"
#include "view/view_files.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr rlim_t most_descriptors = 1024;
constexpr auto store_pause = 5s;      // between two looks whether it is still the same file
constexpr auto end_patience = 500ms;  // for threads that stand in a read of a peer that does not go on

int fail(const Error& error) {
  std::fprintf(stderr, "ssblog: %s\n", error.text.c_str());
  return static_cast<int>(error.code);
}

Result<ViewOptions> read_words(int count, char** words) {
  const auto own = count < 7 ? std::nullopt : parse_feed_id(words[3]);
  if (!own) return Error{Code::usage, "this program is started by `ssblog view`"};
  ViewOptions options;
  options.home = words[1];
  options.store_path = words[2];
  options.own = *own;
  options.address = words[4];
  options.port = std::atoi(words[5]);
  options.socket_path = words[6];
  for (int i = 7; i < count; ++i) {
    if (auto taken = take_word(words[i], options); !taken) return taken.error();
  }
  return options;
}

void limit_ourselves() {
#ifdef __GLIBC__
  // Each thread's own heap would keep what its largest answer needed.
  static_cast<void>(::mallopt(M_ARENA_MAX, 4));
#endif
#ifdef __linux__
  // The tokens are in our memory. Where that is refused, the daemon has switched off core files already.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
  // More connections than that wait with the kernel.
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > most_descriptors) {
    limit.rlim_cur = most_descriptors;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// Opened before the sandbox is entered, and never closed: SQLite makes the files beside a store with the first connection,
/// and removes them with the last one.
Result<Store> hold_store(const std::string& path) {
  auto store = Store::open(path, OpenMode::read_only);
  if (!store) return store;
  if (auto feeds = store->feeds(); !feeds) return feeds.error();
  return store;
}

/// The file that has the name now.
std::pair<dev_t, ino_t> file_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

/// What ends the server: a signal, the end of who holds us, a store that is not there any more.
class Ending {
 public:
  void tell() {
    const std::lock_guard lock(mutex_);
    told_ = true;
    news_.notify_all();
  }
  /// False: that time is over, and nobody told.
  bool wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return news_.wait_for(lock, time, [this] { return told_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  bool told_ = false;
};

/// Threads that wait for what may never come.
void listen_for_ends(const sigset_t& signals, bool held, Ending& ending) {
  std::thread([signals, &ending] {
    int signal = 0;
    ::sigwait(&signals, &signal);
    ending.tell();
  }).detach();
  if (!held) return;
  std::thread([&ending] {
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    ending.tell();
  }).detach();
}

/// A thread that ends with its block: `end` has it return.
class Joined {
 public:
  Joined(std::thread thread, std::function<void()> end) : thread_(std::move(thread)), end_(std::move(end)) {}
  ~Joined() {
    end_();
    thread_.join();
  }
  Joined(const Joined&) = delete;
  Joined& operator=(const Joined&) = delete;

 private:
  std::thread thread_;
  const std::function<void()> end_;
};

/// std::system_error where a thread cannot be started.
Result<int> serve(HttpServer& server, const ViewOptions& options, const sigset_t& signals) {
  static Ending told, over;  // threads that nobody joins have them
  int status = 0;
  Result<void> ran;
  {
    const Joined ends(
        std::thread([&] {
          // The sandbox lets us read what was there when it was entered, and nothing that takes its place.
          const std::string folder = TokenBook::folder_of(options.home);
          const auto file = file_at(options.store_path), tokens = file_at(folder);
          while (!told.wait(store_pause)) {
            if (file_at(options.store_path) == file && file_at(folder) == tokens) continue;
            status = fail({Code::unavailable,
                           fmt::format("the store {} or the folder of tokens {} is not any more what "
                                       "it was: to be started again",
                                       options.store_path, folder)});
            break;
          }
          server.stop();
          // Nothing is written anywhere, so nothing is lost.
          if (!over.wait(end_patience)) std::_Exit(status);
        }),
        [] {
          over.tell();
          told.tell();
        });
    listen_for_ends(signals, options.held, told);
    ran = server.run();
  }
  if (!ran) return ran.error();
  return status;
}

Result<int> run(int count, char** words) {
  auto options = read_words(count, words);
  if (!options) return options.error();
  limit_ourselves();
  ::signal(SIGPIPE, SIG_IGN);
  // Blocked in all threads; one waits for them.
  sigset_t ends;
  ::sigemptyset(&ends);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&ends, signal);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  auto held = hold_store(options->store_path);
  if (!held) return held.error();
  // The index of `search` likewise, where there is one; what is wrong with it is told by search.
  const auto held_index = SearchIndex::open(options->home + "/search.db", *held, OpenMode::read_only);
  HttpServer server(*options);
  if (auto bound = server.bind(); !bound) return bound.error();
  if (options->sandboxed) {
    const std::string force = enter_sandbox(view_files(*options), true);
    if (force.find(';') != std::string::npos) std::fprintf(stderr, "ssblog: sandbox: %s\n", force.c_str());
  }
  if (!options->held)
    std::fprintf(stderr, "ssblog: serving at %s\n",
                 view_text(options->address, server.port(), options->socket_path).c_str());
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  try {
    return serve(server, *options, ends);
  } catch (const std::system_error& error) {
    return Error{Code::unavailable,
                 fmt::format("cannot start a thread ({}): `TasksMax` of the unit, or `ulimit`, is too low",
                             error.what())};
  }
}

}  // namespace
}  // namespace ssblog

int main(int count, char** words) {
  auto ran = ssblog::run(count, words);
  return ran ? *ran : ssblog::fail(ran.error());
}
