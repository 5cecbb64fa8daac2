// SPDX-License-Identifier: MIT
// tests/run/clock_shim.c - preloaded: a clock that stands in 1970, as that of a machine without a battery, until the file
// that CLOCK_IS_SET names is there. Used by unset_clock.sh.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t which, struct timespec* time) {
  static int (*system_clock_gettime)(clockid_t, struct timespec*);
  if (!system_clock_gettime)
    *(void**)&system_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  const char* set = getenv("CLOCK_IS_SET");
  const int unset = which == CLOCK_REALTIME && set && access(set, F_OK) != 0;
  return system_clock_gettime(unset ? CLOCK_MONOTONIC : which, time);
}
