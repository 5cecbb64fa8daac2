// SPDX-License-Identifier: MIT
#include "sandbox/call_filter.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include "sandbox/call_tables.h"
#include "sandbox/filter_program.h"

#include <fmt/format.h>
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
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace ssblog {
namespace {

constexpr std::uint32_t refuse_quietly = SECCOMP_RET_ERRNO | EPERM;

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
  // In silence: glibc 2.41 has all signals blocked in a fork, and a trap that cannot be taken ends the process.
  filter.allow_bits(SYS_clone, 0, namespaces | wanted, wanted, refuse_quietly);
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
