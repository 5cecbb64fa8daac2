// SPDX-License-Identifier: MIT
#include "sandbox/call_filter.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace ssblog {
namespace {

#ifdef __x86_64__
constexpr std::uint32_t own_architecture = AUDIT_ARCH_X86_64;
#else
constexpr std::uint32_t own_architecture = AUDIT_ARCH_AARCH64;
#endif

/// What a daemon does: files, sockets, threads, time. Calls that older kernels' headers lack stand by themselves.
constexpr std::array ordinary_calls = {
    // Files.
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_preadv,
    SYS_pwritev,
    SYS_preadv2,
    SYS_pwritev2,
    SYS_close,
    SYS_lseek,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_statfs,
    SYS_fstatfs,
    SYS_openat,
    SYS_openat2,
    SYS_fcntl,
    SYS_flock,
    SYS_fsync,
    SYS_fdatasync,
    SYS_sync_file_range,
    SYS_ftruncate,
    SYS_truncate,
    SYS_fallocate,
    SYS_fadvise64,
    SYS_getdents64,
    SYS_getcwd,
    SYS_readlinkat,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_mkdirat,
    SYS_unlinkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_linkat,
    SYS_symlinkat,
    SYS_utimensat,
    SYS_umask,
    SYS_copy_file_range,
    SYS_sendfile,
    SYS_splice,
    SYS_tee,
    SYS_dup,
    SYS_dup3,
    SYS_close_range,
    SYS_pipe2,
    SYS_inotify_init1,
    SYS_inotify_add_watch,
    SYS_inotify_rm_watch,
    // Waiting and sockets; which sockets is looked at below.
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_epoll_pwait2,
    SYS_ppoll,
    SYS_pselect6,
    SYS_eventfd2,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    SYS_socketpair,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_connect,
    SYS_getsockname,
    SYS_getpeername,
    SYS_getsockopt,
    SYS_setsockopt,
    SYS_sendto,
    SYS_recvfrom,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_sendmmsg,
    SYS_recvmmsg,
    SYS_shutdown,
    // Memory; mmap and mprotect are looked at below.
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_mlock,
    SYS_mlock2,
    SYS_munlock,
    SYS_msync,
    SYS_mincore,
    // Signals, threads, processes of our own.
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigpending,
    SYS_rt_sigtimedwait,
    SYS_rt_sigsuspend,
    SYS_sigaltstack,
    SYS_signalfd4,
    SYS_exit,
    SYS_exit_group,
    SYS_wait4,
    SYS_waitid,
    SYS_kill,
    SYS_tkill,
    SYS_tgkill,
    SYS_futex,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_set_tid_address,
    SYS_rseq,
    SYS_membarrier,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_getcpu,
    SYS_restart_syscall,
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getgroups,
    SYS_getresuid,
    SYS_getresgid,
    SYS_getpgid,
    SYS_getsid,
    SYS_capget,
    // Time and the machine.
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_getitimer,
    SYS_setitimer,
    SYS_times,
    SYS_getrusage,
    SYS_getrlimit,
    SYS_sysinfo,
    SYS_uname,
    SYS_getrandom,
#ifdef __x86_64__
    // The older names of what stands above; glibc and libuv use them here.
    SYS_open,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_getdents,
    SYS_creat,
    SYS_unlink,
    SYS_rename,
    SYS_link,
    SYS_symlink,
    SYS_mkdir,
    SYS_rmdir,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_pipe,
    SYS_dup2,
    SYS_poll,
    SYS_select,
    SYS_epoll_create,
    SYS_epoll_wait,
    SYS_eventfd,
    SYS_inotify_init,
    SYS_signalfd,
    SYS_alarm,
    SYS_pause,
    SYS_getpgrp,
    SYS_time,
    SYS_utimes,
    SYS_futimesat,
    SYS_utime,
    SYS_arch_prctl,
#endif
};

/// What it takes besides to run another program, and what such programs do.
constexpr std::array program_calls = {
    SYS_execve,
    SYS_execveat,
    SYS_setpgid,
    SYS_setsid,
    SYS_chdir,
    SYS_fchdir,
    SYS_getxattr,
    SYS_lgetxattr,
    SYS_fgetxattr,
    SYS_pidfd_open,
    SYS_pidfd_send_signal,
    SYS_getpriority,
    SYS_memfd_create,
    // By which they make a sandbox of their own, within this one. The numbers are landlock(7)'s.
    SYS_seccomp,
    444,
    445,
    446,
#ifdef __x86_64__
    SYS_fork,
    SYS_vfork,
#endif
};

/// What a process that only serves does not make of these any more: who has it at his mercy reaches nobody else.
constexpr std::array beyond_serving = {
    SYS_bind,      SYS_listen,   SYS_connect,   SYS_kill,     SYS_tkill,     SYS_fchmod,
    SYS_fchmodat,  SYS_fchownat, SYS_mkdirat,   SYS_linkat,   SYS_symlinkat, SYS_renameat,
    SYS_renameat2, SYS_unlinkat, SYS_utimensat, SYS_truncate,
#ifdef __x86_64__
    SYS_chmod,     SYS_chown,    SYS_lchown,    SYS_mkdir,    SYS_rmdir,     SYS_link,
    SYS_symlink,   SYS_rename,   SYS_unlink,    SYS_utimes,   SYS_utime,     SYS_futimesat,
#endif
};

/// What nothing that is configured could need, and an intruder would try first.
constexpr std::array deadly_calls = {
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_mount,
    SYS_umount2,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsmount,
    SYS_fsconfig,
    SYS_fspick,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_kexec_load,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_open_by_handle_at,
    SYS_swapon,
    SYS_swapoff,
    SYS_reboot,
    SYS_acct,
    SYS_quotactl,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef __x86_64__
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
#endif
};

/// Libraries try these and have another way: they are told that the kernel is too old. What is behind the pointer of
/// clone3 cannot be looked at; what an io_uring does goes past the filter.
constexpr std::array absent_calls = {SYS_clone3, SYS_io_uring_setup, SYS_io_uring_enter,
                                     SYS_io_uring_register};

constexpr std::uint32_t refuse_quietly = SECCOMP_RET_ERRNO | EPERM;

/// Builds the program of the filter: for each call a test of its number, and what follows from it.
class FilterProgram {
 public:
  explicit FilterProgram(std::uint32_t otherwise) : otherwise_(otherwise) {
    load(offsetof(seccomp_data, arch));
    // Another architecture numbers its calls otherwise.
    add(BPF_JMP | BPF_JEQ | BPF_K, own_architecture, 1, 0);
    give(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#ifdef __x86_64__
    constexpr std::uint32_t first_of_x32 = 0x4000'0000;
    add(BPF_JMP | BPF_JGE | BPF_K, first_of_x32, 0, 1);
    give(SECCOMP_RET_KILL_PROCESS);
#endif
  }

  void on(long call, std::uint32_t result) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
    give(result);
  }

  /// Allowed if the argument (from 0, its lower 32 bits) is among `values`.
  void allow_values(long call, unsigned argument, std::span<const std::uint32_t> values,
                    std::uint32_t refusal) {
    on_values(call, argument, values, SECCOMP_RET_ALLOW, refusal);
  }

  /// Allowed unless the argument is among `values`.
  void refuse_values(long call, unsigned argument, std::span<const std::uint32_t> values) {
    on_values(call, argument, values, otherwise_, SECCOMP_RET_ALLOW);
  }

  /// Allowed if the bits of `mask` in the argument are exactly `bits`; `refusal` if not.
  void allow_bits(long call, unsigned argument, std::uint32_t mask, std::uint32_t bits,
                  std::uint32_t refusal) {
    on_bits(call, argument, mask, bits, SECCOMP_RET_ALLOW, refusal);
  }

  /// Refused if the argument has all of `bits`.
  void refuse_bits(long call, unsigned argument, std::uint32_t bits) {
    on_bits(call, argument, bits, bits, otherwise_, SECCOMP_RET_ALLOW);
  }

  std::vector<sock_filter> finish() {
    give(otherwise_);
    return std::move(code_);
  }

 private:
  void add(unsigned operation, std::uint32_t value, std::uint8_t if_true = 0, std::uint8_t if_false = 0) {
    code_.push_back({static_cast<std::uint16_t>(operation), if_true, if_false, value});
  }
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  void load_argument(unsigned argument) {
    load(offsetof(seccomp_data, args) +
         argument * sizeof(std::uint64_t));  // both processors are little-endian
  }
  void on_values(long call, unsigned argument, std::span<const std::uint32_t> values, std::uint32_t if_among,
                 std::uint32_t if_not) {
    open(call, 2 + 2 * values.size());
    load_argument(argument);
    for (const std::uint32_t value : values) {
      add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
      give(if_among);
    }
    give(if_not);
  }
  void on_bits(long call, unsigned argument, std::uint32_t mask, std::uint32_t bits, std::uint32_t if_equal,
               std::uint32_t if_not) {
    open(call, 5);
    load_argument(argument);
    add(BPF_ALU | BPF_AND | BPF_K, mask);
    add(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1);
    give(if_equal);
    give(if_not);
  }
  void give(std::uint32_t result) { add(BPF_RET | BPF_K, result); }
  /// The next `length` instructions are for this call alone, and end with a result.
  void open(long call, std::size_t length) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, static_cast<std::uint8_t>(length));
  }

  std::uint32_t otherwise_;
  std::vector<sock_filter> code_;
};

std::vector<sock_filter> make_program(const CallPlan& plan) {
  const bool programs = plan.programs;
  FilterProgram filter(programs ? refuse_quietly : SECCOMP_RET_TRAP);
  for (const long call : ordinary_calls) {
    const bool is_beyond =
        std::find(beyond_serving.begin(), beyond_serving.end(), call) != beyond_serving.end();
    // SQLite gives what it opens to the owner of the store, where root is who reads: to be refused is no news.
    if (plan.only_serves && call == SYS_fchown)
      filter.on(call, refuse_quietly);
    else if (!plan.only_serves || !is_beyond)
      filter.on(call, SECCOMP_RET_ALLOW);
  }
  for (const long call : deadly_calls) filter.on(call, SECCOMP_RET_KILL_PROCESS);
  for (const long call : absent_calls) filter.on(call, SECCOMP_RET_ERRNO | ENOSYS);
  if (programs) {
    for (const long call : program_calls) filter.on(call, SECCOMP_RET_ALLOW);
  }
  // Memory is never both written and run. A library with a place to jump to is mapped, not made.
  filter.refuse_bits(SYS_mmap, 2, PROT_WRITE | PROT_EXEC);
  filter.refuse_bits(SYS_mprotect, 2, PROT_EXEC);
  constexpr std::array<std::uint32_t, 4> families = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
  if (!plan.only_serves) filter.allow_values(SYS_socket, 0, families, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
  // Threads, and processes where there are programs; never a namespace.
  constexpr std::uint32_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                       CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  const std::uint32_t wanted = programs ? 0 : CLONE_THREAD;
  filter.allow_bits(SYS_clone, 0, namespaces | wanted, wanted, programs ? refuse_quietly : SECCOMP_RET_TRAP);
  // What would put words into the terminal of whoever started this.
  constexpr std::array<std::uint32_t, 2> terminal_tricks = {TIOCSTI, 0x541c /* TIOCLINUX */};
  filter.refuse_values(SYS_ioctl, 1, terminal_tricks);
  // Names of threads and of memory; and for programs what begins a sandbox. Nothing that would undo what stands.
  constexpr std::array<std::uint32_t, 6> harmless = {PR_SET_NAME,         PR_GET_NAME,
                                                     PR_CAPBSET_READ,     0x53564d41 /* PR_SET_VMA */,
                                                     PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE};
  filter.allow_values(SYS_prctl, 0, std::span(harmless).first(programs ? 6 : 4), refuse_quietly);
  constexpr std::array<std::uint32_t, 1> own_process = {0};
  filter.allow_values(SYS_prlimit64, 0, own_process, refuse_quietly);
  return filter.finish();
}

std::array<std::atomic<bool>, 1024> told;  // of the calls that were refused

/// The refused call gives EPERM, and its number is told. Runs in the midst of anything: no memory, no locks.
void on_refused_call(int, siginfo_t* info, void* context) {
  const int saved = errno;
  const auto number = static_cast<unsigned>(info->si_syscall);
  if (number < told.size() && !told[number].exchange(true)) {
    constexpr std::string_view begin = "ssblog: the sandbox refused system call ";
    constexpr std::string_view end =
        ", which it should never make: please report it; the daemon's `--no-sandbox` would allow it\n";
    std::array<char, 256> line{};
    char* to = std::copy(begin.begin(), begin.end(), line.data());
    for (unsigned unit = number >= 100 ? 100 : number >= 10 ? 10 : 1; unit > 0; unit /= 10)
      *to++ = static_cast<char>('0' + number / unit % 10);
    to = std::copy(end.begin(), end.end(), to);
    // Nobody may read it; a line that cannot be told now is lost.
    pollfd room{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&room, 1, 0) == 1 &&
        ::write(STDERR_FILENO, line.data(), static_cast<std::size_t>(to - line.data())) < 0) {
    }
  }
  auto* machine = &static_cast<ucontext_t*>(context)->uc_mcontext;
#ifdef __x86_64__
  machine->gregs[REG_RAX] = -EPERM;
#else
  machine->regs[0] = static_cast<unsigned long long>(-EPERM);
#endif
  errno = saved;
}

}  // namespace

Result<void> filter_calls(const CallPlan& plan) {
  if (!plan.programs) {
    struct sigaction action {};
    action.sa_sigaction = on_refused_call;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
    if (::sigaction(SIGSYS, &action, nullptr) != 0)
      return Error{Code::unavailable, fmt::format("no handler for refused calls: {}", std::strerror(errno))};
  }
  auto program = make_program(plan);
  const sock_fprog text{static_cast<unsigned short>(program.size()), program.data()};
  const long set = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &text);
  if (set > 0) return Error{Code::unavailable, "a thread has another filter of system calls"};
  if (set != 0)
    return Error{Code::unavailable,
                 fmt::format("this kernel takes no filter of system calls: {}", std::strerror(errno))};
  return {};
}

}  // namespace ssblog

#else

namespace ssblog {

Result<void> filter_calls(const CallPlan&) {
  return Error{Code::unavailable, "ssblog has no list of the system calls of this kind of machine"};
}

}  // namespace ssblog

#endif
