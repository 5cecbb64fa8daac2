// SPDX-License-Identifier: MIT
// view/main.cc - the program ssblog-view, which `ssblog view` and the daemon start: serves the view until SIGTERM.
//
// Its words are said by ssblog alone: HOME STORE ID ADDRESS PORT SOCKET HOSTS..., SOCKET may be empty, and
// among the hosts may stand the words of view_options.h. When it serves it says
// its port on stdout, one line.
#include "view/http_server.h"

#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace {

constexpr rlim_t most_descriptors = 1024;

int fail(const ssblog::Error& error) {
  std::fprintf(stderr, "ssblog: %s\n", error.text.c_str());
  return static_cast<int>(error.code);
}

}  // namespace

int main(int count, char** words) {
  const auto own = count < 7 ? std::nullopt : ssblog::parse_feed_id(words[3]);
  if (!own) return fail({ssblog::Code::usage, "this program is started by `ssblog view`"});
  // More connections than that wait with the kernel.
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > most_descriptors) {
    limit.rlim_cur = most_descriptors;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ::signal(SIGPIPE, SIG_IGN);
  // Blocked in all threads; one waits for them.
  sigset_t ends;
  ::sigemptyset(&ends);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&ends, signal);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  ssblog::ViewOptions options;
  options.home = words[1];
  options.store_path = words[2];
  options.own = *own;
  options.address = words[4];
  options.port = std::atoi(words[5]);
  options.socket_path = words[6];
  for (int i = 7; i < count; ++i) {
    if (auto taken = ssblog::take_word(words[i], options); !taken) return fail(taken.error());
  }
  ssblog::HttpServer server(std::move(options));
  if (auto bound = server.bind(); !bound) return fail(bound.error());
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  std::thread waits([&] {
    int signal = 0;
    ::sigwait(&ends, &signal);
    server.stop();
    // Threads may stand in a read of a peer that does not go on; nothing is written anywhere, so nothing is lost.
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    std::_Exit(0);
  });
  server.run();
  waits.join();
}
