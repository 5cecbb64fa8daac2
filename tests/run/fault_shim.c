// SPDX-License-Identifier: MIT
// tests/run/fault_shim.c - preloaded: the N-th call of a kind is where the process is killed, or fails. Used by faults.py,
// since a program below strace starts ten times slower. What libc calls by itself (stdio, the allocator) passes it by.
//
// FAULT=CALL:N:HOW  CALL as in `names`, or `disk`: all that would change a file system. N counts from 1, over all
//                   threads; `7+` is the seventh and all later ones, as long as the file that FAULT_WHILE names is there
//                   (if it names one). HOW: `kill` before the call, `after` it, `short` (one byte is written or read),
//                   `torn` (so is one, then the process is killed), or the number of an errno.
// FAULT_HIT=FILE    is made when it happens.
// FAULT_COUNTS=FILE gets "CALL COUNT" lines when the process ends by itself.
// Programs of another name than ssblog are left alone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { C_write, C_pwrite, C_read, C_fsync, C_fdatasync, C_rename, C_link, C_unlink, C_ftruncate, C_open, C_mkdir,
            C_fchmod, C_flock, C_fcntl, C_send, C_socket, C_accept, C_mmap, C_malloc, calls };
static const char* const names[calls] = {"write", "pwrite", "read", "fsync", "fdatasync", "rename", "link", "unlink",
                                         "ftruncate", "open", "mkdir", "fchmod", "flock", "fcntl", "send", "socket",
                                         "accept", "mmap", "malloc"};
static long counts[calls];
static int wanted = -1;  // the call; -1: none
static int wants_disk;   // all that change a file system
static const int changes_disk[calls] = {[C_write] = 1, [C_pwrite] = 1, [C_fsync] = 1, [C_fdatasync] = 1, [C_rename] = 1,
                                        [C_link] = 1, [C_unlink] = 1, [C_ftruncate] = 1, [C_mkdir] = 1, [C_fchmod] = 1};
static long at;          // its number
static int and_later;
static enum { do_kill, do_after, do_short, do_torn, do_fail } how;
static int failure;
static char hit_path[512], while_path[512], counts_path[512];

static void copy_path(char* to, const char* variable) {
  const char* value = getenv(variable);
  if (value && strlen(value) < 512) strcpy(to, value);
}

__attribute__((constructor)) static void begin(void) {
  copy_path(hit_path, "FAULT_HIT");
  copy_path(while_path, "FAULT_WHILE");
  copy_path(counts_path, "FAULT_COUNTS");
  char words[64] = "";
  const char* fault = getenv("FAULT");
  if (strcmp(program_invocation_short_name, "ssblog") != 0) *counts_path = '\0';
  else if (fault && strlen(fault) < sizeof words) strcpy(words, fault);
  char* number = strchr(words, ':');
  char* what = number ? strchr(number + 1, ':') : NULL;
  if (!what) return;
  *number++ = *what++ = '\0';
  at = strtol(number, NULL, 10);
  and_later = strchr(number, '+') != NULL;
  how = !strcmp(what, "kill")    ? do_kill
        : !strcmp(what, "after") ? do_after
        : !strcmp(what, "short") ? do_short
        : !strcmp(what, "torn")  ? do_torn
                                 : do_fail;
  failure = atoi(what);
  wants_disk = !strcmp(words, "disk");
  for (int call = 0; call < calls; ++call) {
    if (!strcmp(words, names[call])) wanted = call;
  }
}

__attribute__((destructor)) static void end(void) {
  if (!*counts_path) return;
  const int file = (int)syscall(SYS_openat, AT_FDCWD, counts_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  char line[64];
  for (int call = 0; file >= 0 && call < calls; ++call) {
    const int size = snprintf(line, sizeof line, "%s %ld\n", names[call], counts[call]);
    if (syscall(SYS_write, file, line, (size_t)size) < 0) break;
  }
}

static void die(void) {
  for (;;) kill(getpid(), SIGKILL);
}

/// Is it this one's turn?
static int is_due(enum call call) {
  const long number = __atomic_add_fetch(&counts[call], 1, __ATOMIC_RELAXED);
  if ((int)call != wanted && !(wants_disk && changes_disk[call])) return 0;
  if (number < at || (number > at && !and_later)) return 0;
  if (*while_path && access(while_path, F_OK) != 0) return 0;
  if (*hit_path) {
    const int made = (int)syscall(SYS_openat, AT_FDCWD, hit_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (made >= 0) syscall(SYS_close, made);
  }
  if (how == do_kill) die();
  return 1;
}

#define REAL(name)                  \
  static __typeof__(name)* real;    \
  if (!real) *(void**)&real = dlsym(RTLD_NEXT, #name)

// What returns a number that is negative on failure; `less` is the call with one byte alone.
#define PASS(call, whole, less)                                     \
  do {                                                              \
    if (!is_due(call)) return whole;                                \
    if (how == do_fail) return errno = failure, -1;                 \
    if (how == do_short || how == do_torn) {                        \
      const __typeof__(whole) done = less;                          \
      if (how == do_torn) die();                                    \
      return done;                                                  \
    }                                                               \
    (void)!whole;                                                   \
    die();                                                          \
    return -1;                                                      \
  } while (0)

static size_t one(size_t size) { return size < 1 ? size : 1; }

/// An eventfd or a pipe of our own, which cannot fail; or the place to tell of the fault.
static int is_spared(int file) {
  struct stat status;
  if (file <= STDERR_FILENO) return file == STDERR_FILENO;
  return fstat(file, &status) == 0 && (!(status.st_mode & S_IFMT) || S_ISFIFO(status.st_mode));
}
/// Where `disk` fails, a socket and a pipe do not.
static int is_no_file(int file) {
  struct stat status;
  return wants_disk && fstat(file, &status) == 0 && !S_ISREG(status.st_mode);
}

ssize_t write(int file, const void* bytes, size_t size) {
  REAL(write);
  if (is_spared(file) || is_no_file(file)) return real(file, bytes, size);
  PASS(C_write, real(file, bytes, size), real(file, bytes, one(size)));
}
ssize_t writev(int file, const struct iovec* parts, int count) {
  REAL(writev);
  if (is_no_file(file)) return real(file, parts, count);
  PASS(C_write, real(file, parts, count), write(file, parts->iov_base, one(parts->iov_len)));
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t place) {
  REAL(pwrite);
  PASS(C_pwrite, real(file, bytes, size, place), real(file, bytes, one(size), place));
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t place) {
  REAL(pwrite64);
  PASS(C_pwrite, real(file, bytes, size, place), real(file, bytes, one(size), place));
}
ssize_t read(int file, void* bytes, size_t size) {
  REAL(read);
  if (is_spared(file)) return real(file, bytes, size);
  PASS(C_read, real(file, bytes, size), real(file, bytes, one(size)));
}
ssize_t __read_chk(int file, void* bytes, size_t size, size_t room) {
  (void)room;
  return read(file, bytes, size);
}
ssize_t pread(int file, void* bytes, size_t size, off_t place) {
  REAL(pread);
  PASS(C_read, real(file, bytes, size, place), real(file, bytes, one(size), place));
}
ssize_t pread64(int file, void* bytes, size_t size, off64_t place) {
  REAL(pread64);
  PASS(C_read, real(file, bytes, size, place), real(file, bytes, one(size), place));
}
ssize_t __pread_chk(int file, void* bytes, size_t size, off_t place, size_t room) {
  (void)room;
  return pread(file, bytes, size, place);
}
ssize_t __pread64_chk(int file, void* bytes, size_t size, off64_t place, size_t room) {
  (void)room;
  return pread64(file, bytes, size, place);
}
ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  REAL(send);
  PASS(C_send, real(socket, bytes, size, flags), real(socket, bytes, one(size), flags));
}
ssize_t sendto(int socket, const void* bytes, size_t size, int flags, const struct sockaddr* to, socklen_t length) {
  REAL(sendto);
  PASS(C_send, real(socket, bytes, size, flags, to, length), real(socket, bytes, one(size), flags, to, length));
}
ssize_t sendmsg(int socket, const struct msghdr* message, int flags) {
  REAL(sendmsg);
  PASS(C_send, real(socket, message, flags), real(socket, message, flags));
}

// What has no bytes to be short of: `short` and `torn` do nothing there.
#define PLAIN(call, name, arguments, ...)         \
  int name arguments {                            \
    REAL(name);                \
    PASS(call, real(__VA_ARGS__), real(__VA_ARGS__)); \
  }
PLAIN(C_fsync, fsync, (int file), file)
PLAIN(C_fdatasync, fdatasync, (int file), file)
PLAIN(C_rename, rename, (const char* from, const char* to), from, to)
PLAIN(C_link, link, (const char* from, const char* to), from, to)
PLAIN(C_unlink, unlink, (const char* path), path)
PLAIN(C_ftruncate, ftruncate, (int file, off_t size), file, size)
PLAIN(C_ftruncate, ftruncate64, (int file, off64_t size), file, size)
PLAIN(C_mkdir, mkdir, (const char* path, mode_t mode), path, mode)
PLAIN(C_fchmod, fchmod, (int file, mode_t mode), file, mode)
PLAIN(C_flock, flock, (int file, int operation), file, operation)
PLAIN(C_socket, socket, (int domain, int type, int protocol), domain, type, protocol)
PLAIN(C_accept, accept4, (int socket, struct sockaddr* from, socklen_t* length, int flags), socket, from, length, flags)

static mode_t mode_in(int flags, va_list rest) {
  return (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
}
/// Nothing is made on a disk that fails; and on one that is read-only, nothing is opened to be written to.
static int refuses(const char* path, int flags) {
  if (!wants_disk || (flags & O_ACCMODE) == O_RDONLY) return 0;
  if (access(path, F_OK) != 0) return flags & O_CREAT;
  return failure == EROFS && !(flags & O_EXCL);
}
#define OPENS(name)                               \
  int name(const char* path, int flags, ...) {    \
    va_list rest;                                 \
    va_start(rest, flags);                        \
    const mode_t mode = mode_in(flags, rest);     \
    va_end(rest);                                 \
    REAL(name);  \
    if (refuses(path, flags) && is_due(C_unlink)) return errno = failure, -1; \
    PASS(C_open, real(path, flags, mode), real(path, flags, mode)); \
  }
OPENS(open)
OPENS(open64)
#define OPENS_AT(name)                                     \
  int name(int place, const char* path, int flags, ...) {  \
    va_list rest;                                          \
    va_start(rest, flags);                                 \
    const mode_t mode = mode_in(flags, rest);              \
    va_end(rest);                                          \
    REAL(name);      \
    PASS(C_open, real(place, path, flags, mode), real(place, path, flags, mode)); \
  }
OPENS_AT(openat)
OPENS_AT(openat64)
int __open_2(const char* path, int flags) { return open(path, flags); }
int __open64_2(const char* path, int flags) { return open64(path, flags); }
int __openat_2(int place, const char* path, int flags) { return openat(place, path, flags); }

// Locks alone.
static int locks(int file, int command, void* argument, int (*real)(int, int, ...)) {
  if (command != F_SETLK && command != F_SETLKW) return real(file, command, argument);
  PASS(C_fcntl, real(file, command, argument), real(file, command, argument));
}
int fcntl(int file, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  REAL(fcntl);
  return locks(file, command, argument, real);
}
int fcntl64(int file, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  REAL(fcntl64);
  return locks(file, command, argument, real);
}

void* mmap(void* where, size_t size, int protection, int flags, int file, off_t place) {
  REAL(mmap);
  if (is_due(C_mmap)) return errno = failure, (void*)-1;
  return real(where, size, protection, flags, file, place);
}
void* mmap64(void* where, size_t size, int protection, int flags, int file, off64_t place) {
  REAL(mmap64);
  if (is_due(C_mmap)) return errno = failure, (void*)-1;
  return real(where, size, protection, flags, file, place);
}

// dlsym allocates, so these go another way.
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* malloc(size_t size) { return is_due(C_malloc) ? (errno = ENOMEM, NULL) : __libc_malloc(size); }
void* calloc(size_t count, size_t size) {
  return is_due(C_malloc) ? (errno = ENOMEM, NULL) : __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  return is_due(C_malloc) ? (errno = ENOMEM, NULL) : __libc_realloc(old, size);
}
