// SPDX-License-Identifier: MIT
// bench/clock.cc - runs a command some times, one after another, and says how long it took.
//
// Prints one line: the median, the 99th percentile and the longest time in ms, the median of its CPU time
// (user + system) in ms, and the most memory that a run took in KiB.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

double ms_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
}

void redirect(const char* path, int flags, int to) {
  const int file = ::open(path, flags, 0666);
  if (file < 0 || ::dup2(file, to) < 0) {
    std::perror(path);
    ::_exit(74);
  }
  ::close(file);
}

}  // namespace

int main(int argc, char** argv) {
  int runs = 1;
  const char* input = nullptr;
  const char* output = "/dev/null";
  int option = 0;
  while ((option = ::getopt(argc, argv, "+n:i:o:")) != -1) {
    if (option == 'n') runs = std::max(1, std::atoi(optarg));
    if (option == 'i') input = optarg;
    if (option == 'o') output = optarg;
    if (option == '?') return 64;
  }
  if (optind == argc) {
    std::fputs("usage: bench_clock [-n RUNS] [-i STDIN_FILE] [-o STDOUT_FILE] COMMAND [ARGUMENT...]\n",
               stderr);
    return 64;
  }
  std::vector<double> times;
  std::vector<double> cpu;
  long memory = 0;
  for (int run = 0; run < runs; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child < 0) return 71;
    if (child == 0) {
      if (input != nullptr) redirect(input, O_RDONLY, STDIN_FILENO);
      redirect(output, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
      ::execvp(argv[optind], argv + optind);
      std::perror(argv[optind]);
      ::_exit(127);
    }
    int status = 0;
    rusage usage{};
    if (::wait4(child, &status, 0, &usage) != child) return 71;
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      std::fprintf(stderr, "bench_clock: %s failed\n", argv[optind]);
      return 1;
    }
    times.push_back(time.count());
    cpu.push_back(ms_of(usage.ru_utime) + ms_of(usage.ru_stime));
    memory = std::max(memory, usage.ru_maxrss);
  }
  std::sort(times.begin(), times.end());
  std::sort(cpu.begin(), cpu.end());
  const auto at = [&times](std::size_t percent) { return times[(times.size() - 1) * percent / 100]; };
  std::printf("%.2f %.2f %.2f %.2f %ld\n", at(50), at(99), times.back(), cpu[(cpu.size() - 1) / 2], memory);
  return 0;
}
