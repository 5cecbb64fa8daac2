// SPDX-License-Identifier: MIT
// tests/run/disk_shim.c - preloaded: writes down what a process does to the files below a directory, so that power_loss.py
// can say what a disk may hold after a power cut. SQLite and our own code write by these calls alone.
//
// DISK_UNDER=DIR, DISK_LOG=FILE, appended to. A record is
//   char operation; uint64 inode, place, length of the first text, length of the second one; both texts
// with C made a file, M made a directory, R renamed, L linked, U unlinked (paths); W written at a place, T cut to a size,
// S synced, D a directory synced (its path). Programs of another name than
// ssblog are left alone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char under[PATH_MAX];
static int log_file = -1;

__attribute__((constructor)) static void begin(void) {
  const char* directory = getenv("DISK_UNDER");
  const char* path = getenv("DISK_LOG");
  if (strcmp(program_invocation_short_name, "ssblog") != 0 || !directory || !path || strlen(directory) >= sizeof under) return;
  strcpy(under, directory);
  log_file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(char what, uint64_t inode, uint64_t place, const void* first, size_t first_size, const void* second,
                 size_t second_size) {
  const uint64_t numbers[4] = {inode, place, first_size, second_size};
  struct iovec parts[4] = {{&what, 1}, {(void*)numbers, sizeof numbers}, {(void*)first, first_size},
                           {(void*)second, second_size}};
  if (log_file >= 0 && syscall(SYS_writev, log_file, parts, 4) < 0) abort();
}

static int is_ours(const char* path) { return *under && !strncmp(path, under, strlen(under)); }
static void note_paths(char what, uint64_t inode, const char* from, const char* to) {
  if (is_ours(from)) note(what, inode, 0, from, strlen(from), to, strlen(to));
}

/// The inode of an open file of ours and the path it was opened by; 0: it is none.
static uint64_t inode_of(int file, char* path, mode_t* mode) {
  char link[64];
  struct stat status;
  if (file < 3 || file == log_file) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, PATH_MAX - 1);
  if (size <= 0 || fstat(file, &status) != 0) return 0;
  path[size] = '\0';
  *mode = status.st_mode;
  return is_ours(path) ? status.st_ino : 0;
}

static void note_write(int file, const void* bytes, ssize_t size, int64_t place) {
  char path[PATH_MAX];
  mode_t mode = 0;
  const uint64_t inode = size > 0 ? inode_of(file, path, &mode) : 0;
  if (inode && S_ISREG(mode)) note('W', inode, (uint64_t)place, bytes, (size_t)size, "", 0);
}

static void note_sync(int file) {
  char path[PATH_MAX];
  mode_t mode = 0;
  const uint64_t inode = inode_of(file, path, &mode);
  if (inode) note(S_ISDIR(mode) ? 'D' : 'S', inode, 0, path, strlen(path), "", 0);
}

static void note_cut(int file, uint64_t size) {
  char path[PATH_MAX];
  mode_t mode = 0;
  const uint64_t inode = inode_of(file, path, &mode);
  if (inode) note('T', inode, size, "", 0, "", 0);
}

#define REAL(name)               \
  static __typeof__(name)* real; \
  if (!real) *(void**)&real = dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void* bytes, size_t size) {
  REAL(write);
  const ssize_t put = real(file, bytes, size);
  if (put > 0) note_write(file, bytes, put, lseek(file, 0, SEEK_CUR) - put);  // behind what was appended, too
  return put;
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t place) {
  REAL(pwrite);
  const ssize_t put = real(file, bytes, size, place);
  note_write(file, bytes, put, place);
  return put;
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t place) {
  REAL(pwrite64);
  const ssize_t put = real(file, bytes, size, place);
  note_write(file, bytes, put, place);
  return put;
}
int fsync(int file) {
  REAL(fsync);
  const int done = real(file);
  if (done == 0) note_sync(file);
  return done;
}
int fdatasync(int file) {
  REAL(fdatasync);
  const int done = real(file);
  if (done == 0) note_sync(file);
  return done;
}
int ftruncate(int file, off_t size) {
  REAL(ftruncate);
  const int done = real(file, size);
  if (done == 0) note_cut(file, (uint64_t)size);
  return done;
}
int ftruncate64(int file, off64_t size) {
  REAL(ftruncate64);
  const int done = real(file, size);
  if (done == 0) note_cut(file, (uint64_t)size);
  return done;
}
int rename(const char* from, const char* to) {
  REAL(rename);
  const int done = real(from, to);
  if (done == 0) note_paths('R', 0, from, to);
  return done;
}
int link(const char* from, const char* to) {
  REAL(link);
  const int done = real(from, to);
  if (done == 0) note_paths('L', 0, from, to);
  return done;
}
int unlink(const char* path) {
  REAL(unlink);
  const int done = real(path);
  if (done == 0) note_paths('U', 0, path, "");
  return done;
}
int mkdir(const char* path, mode_t mode) {
  REAL(mkdir);
  const int done = real(path, mode);
  if (done == 0) note_paths('M', 0, path, "");
  return done;
}

static int opened(int file, const char* path, int flags, int was_there) {
  struct stat status;
  if (file < 0 || !is_ours(path) || fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return file;
  if (!was_there) note_paths('C', status.st_ino, path, "");
  else if (flags & O_TRUNC) note('T', status.st_ino, 0, "", 0, "", 0);
  return file;
}
static mode_t mode_in(int flags, va_list rest) { return flags & O_CREAT ? va_arg(rest, mode_t) : 0; }
#define OPENS(name)                                                  \
  int name(const char* path, int flags, ...) {                       \
    va_list rest;                                                    \
    va_start(rest, flags);                                           \
    const mode_t mode = mode_in(flags, rest);                        \
    va_end(rest);                                                    \
    REAL(name);                                                      \
    const int was_there = access(path, F_OK) == 0;                   \
    return opened(real(path, flags, mode), path, flags, was_there);  \
  }
OPENS(open)
OPENS(open64)
int __open_2(const char* path, int flags) { return open(path, flags); }
int __open64_2(const char* path, int flags) { return open64(path, flags); }
