// SPDX-License-Identifier: MIT
// tests/run/clock_shim.c - preloaded: a clock that stands in 1970, as that of a machine without a battery, until the file
// that CLOCK_IS_SET names is there (unset_clock.sh); or one that goes wrong by the seconds in the file that CLOCK_OFF_BY
// names, from now to now as it is changed (clocks.sh).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t off_by(void) {
  char text[32] = "";
  const char* path = getenv("CLOCK_OFF_BY");
  const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return 0;
  const ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  return size > 0 ? (time_t)atoll(text) : 0;
}

int clock_gettime(clockid_t which, struct timespec* time) {
  static int (*system_clock_gettime)(clockid_t, struct timespec*);
  if (!system_clock_gettime)
    *(void**)&system_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  const char* set = getenv("CLOCK_IS_SET");
  const int unset = which == CLOCK_REALTIME && set && access(set, F_OK) != 0;
  const int done = system_clock_gettime(unset ? CLOCK_MONOTONIC : which, time);
  if (done == 0 && which == CLOCK_REALTIME) time->tv_sec += off_by();
  return done;
}

int gettimeofday(struct timeval* restrict time, void* restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}
