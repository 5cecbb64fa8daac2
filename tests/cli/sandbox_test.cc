// SPDX-License-Identifier: MIT
// Each check runs in a child: a sandbox is never left again.
#include "sandbox/sandbox.h"
#include "cli/sandbox_plan.h"
#include "view/view_files.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

using namespace ssblog;

namespace {

constexpr int not_in_force = 77;

/// A folder that goes, with one file inside and one beside it.
struct Place {
  Place() {
    std::string name = (std::filesystem::temp_directory_path() / "ssblog-sandbox-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
    std::filesystem::create_directories(root + "/home");
    std::filesystem::create_directories(root + "/logs");
    for (const char* file : {"/home/file", "/logs/file", "/outside"}) std::ofstream(root + file) << "text\n";
  }
  ~Place() { std::filesystem::remove_all(root); }
  std::string root;
};

FilePlan plan_of(const Place& place) {
  FilePlan plan;
  plan.read = {place.root + "/logs", "/usr", "/lib", "/etc"};
  plan.write = {place.root + "/home"};
  return plan;
}

/// What becomes of `act` in the sandbox: its exit status, or minus the signal that ended it.
int inside(const FilePlan& plan, const std::function<int()>& act, bool only_serves = false) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);  // what is refused is told there
    const std::string force = enter_sandbox(plan, only_serves);
    const bool whole = force.find(';') == std::string::npos;
    ::_exit(whole ? act() : not_in_force);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/// The errno that opening gives; 0: it opens.
int opened(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  ::close(file);
  return 0;
}

/// The same of any call.
template <class... Args>
int called(long number, Args... args) {
  return ::syscall(number, args...) < 0 ? errno : 0;
}

/// Is there a sandbox on this machine at all?
bool has_sandbox(const Place& place) {
  if (inside(plan_of(place), [] { return 0; }) == 0) return true;
  MESSAGE("skipped: this kernel, or this build, has no whole sandbox");
  return false;
}

}  // namespace

TEST_CASE("in the sandbox the home is written, sources are read, and nothing else is opened") {
  const Place place;
  if (!has_sandbox(place)) return;
  const FilePlan plan = plan_of(place);
  const auto open_there = [&](const std::string& path, int flags) {
    return inside(plan, [&] { return opened(place.root + path, flags); });
  };
  CHECK(open_there("/home/file", O_RDWR) == 0);
  CHECK(open_there("/home/new", O_RDWR | O_CREAT) == 0);
  CHECK(open_there("/logs/file", O_RDONLY) == 0);
  CHECK(open_there("/logs/file", O_WRONLY) == EACCES);
  CHECK(open_there("/logs/new", O_WRONLY | O_CREAT) == EACCES);
  CHECK(open_there("/outside", O_RDONLY) == EACCES);
  CHECK(open_there("/home/../outside", O_RDONLY) == EACCES);
  std::filesystem::create_symlink(place.root + "/outside", place.root + "/home/link");
  CHECK(open_there("/home/link", O_RDONLY) == EACCES);
  CHECK(inside(plan, [&] { return ::unlink((place.root + "/outside").c_str()) == 0 ? 0 : errno; }) == EACCES);
  CHECK(std::filesystem::exists(place.root + "/outside"));

  FilePlan reads_all = plan;
  reads_all.read_all = true;
  CHECK(inside(reads_all, [&] { return opened(place.root + "/outside", O_RDONLY); }) == 0);
  CHECK(inside(reads_all, [&] { return opened(place.root + "/outside", O_WRONLY); }) == EACCES);
}

TEST_CASE("in the sandbox no program is run, unless one has to be") {
  const Place place;
  if (!has_sandbox(place)) return;
  const auto run_true = [] {
    ::execl("/bin/true", "true", nullptr);
    return errno;
  };
  CHECK(inside(plan_of(place), run_true) == EPERM);
  CHECK(inside(plan_of(place), [] { return ::fork() < 0 ? errno : 0; }) == EPERM);
  FilePlan runs = plan_of(place);
  runs.read_all = runs.run_all = true;
  CHECK(inside(runs, run_true) == 0);
  // A program that was started has the sandbox still.
  CHECK(inside(runs, [&] {
          ::execl("/bin/rm", "rm", (place.root + "/outside").c_str(), nullptr);
          return 0;
        }) != 0);
  CHECK(std::filesystem::exists(place.root + "/outside"));
}

TEST_CASE("in the sandbox the program is run that was named, and that program has a sandbox of its own") {
  const Place place;
  if (!has_sandbox(place)) return;
  FilePlan named = plan_of(place);
  named.read.emplace_back("/proc");  // where it sees that it is alone
  named.run = {"/bin/true", "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"};
  const auto run = [](const char* program) {
    return [program] {
      ::execl(program, program, nullptr);
      return errno;
    };
  };
  CHECK(inside(named, run("/bin/true")) == 0);
  CHECK(inside(named, run("/bin/false")) == EACCES);
  CHECK(inside(named, [&] {
          const std::string force = enter_sandbox(plan_of(place), true);
          return force.find(';') == std::string::npos ? opened(place.root + "/logs/file", O_RDONLY) : 1;
        }) == 0);
}

TEST_CASE(
    "what serves the view reads the store and the tokens, marks what it reads, and reaches nothing else") {
  const Place place;
  if (!has_sandbox(place)) return;
  const std::string home = place.root + "/home";
  std::filesystem::create_directories(home + "/view");
  for (const char* file :
       {"/ssblog.db", "/ssblog.db-wal", "/ssblog.db-shm", "/secret", "/config.toml", "/view/tokens"})
    std::ofstream(home + file) << "text\n";
  ViewOptions options;
  options.home = home;
  options.store_path = home + "/ssblog.db";
  const FilePlan plan = view_files(options);
  const auto within = [&](const std::function<int()>& act) { return inside(plan, act, true); };
  const auto open_there = [&](const std::string& path, int flags) {
    return within([&] { return opened(path, flags); });
  };
  CHECK(open_there(home + "/ssblog.db", O_RDONLY) == 0);
  CHECK(open_there(home + "/ssblog.db-wal", O_RDONLY) == 0);
  CHECK(open_there(home + "/ssblog.db-shm", O_RDWR) == 0);
  CHECK(open_there(home + "/view/tokens", O_RDONLY) == 0);
  for (const char* file : {"/ssblog.db", "/ssblog.db-wal", "/view/tokens"})
    CHECK(open_there(home + file, O_RDWR) == EACCES);
  for (const char* file : {"/secret", "/config.toml"}) CHECK(open_there(home + file, O_RDONLY) == EACCES);
  for (const char* file : {"/etc/shadow", "/etc/passwd", "/proc/self/environ", "/usr/bin/env"})
    CHECK(open_there(file, O_RDONLY) == EACCES);
  CHECK(open_there(home + "/new", O_RDWR | O_CREAT) == EACCES);
  CHECK(open_there(home + "/view/new", O_RDWR | O_CREAT) == EACCES);
  // A name that leads out is no way out.
  std::filesystem::create_symlink(home + "/secret", home + "/view/link");
  CHECK(open_there(home + "/view/link", O_RDONLY) == EACCES);

  CHECK(within([] {
          ::execl("/bin/true", "true", nullptr);
          return errno;
        }) == EPERM);
  CHECK(within([] { return ::fork() < 0 ? errno : 0; }) == EPERM);
  CHECK(within([] { return called(SYS_socket, AF_INET, SOCK_STREAM, 0); }) == EPERM);
  CHECK(within([] { return called(SYS_connect, 0, nullptr, 0); }) == EPERM);
  CHECK(within([] { return called(SYS_bind, 0, nullptr, 0); }) == EPERM);
  CHECK(within([] { return called(SYS_kill, ::getppid(), 0); }) == EPERM);
  CHECK(within([&] { return ::chmod((home + "/view/tokens").c_str(), 0644) == 0 ? 0 : errno; }) == EPERM);
  CHECK(within([] { return called(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }) == -SIGSYS);
}

TEST_CASE("in the sandbox a call that only an intruder makes is the end") {
  const Place place;
  if (!has_sandbox(place)) return;
  const FilePlan plan = plan_of(place);
  CHECK(inside(plan, [] { return called(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }) == -SIGSYS);
  CHECK(inside(plan, [] { return called(SYS_mount, "", "", "", 0, nullptr); }) == -SIGSYS);
  CHECK(inside(plan, [] { return called(SYS_bpf, BPF_MAP_CREATE, nullptr, 0); }) == -SIGSYS);
  CHECK(inside(plan, [] { return called(SYS_unshare, 0); }) == -SIGSYS);
  CHECK(inside(plan, [] { return called(SYS_init_module, nullptr, 0, ""); }) == -SIGSYS);
  CHECK(inside(plan, [] { return called(SYS_keyctl, 0, 0); }) == -SIGSYS);
}

TEST_CASE("in the sandbox other calls are refused with EPERM, in every thread") {
  const Place place;
  if (!has_sandbox(place)) return;
  const FilePlan plan = plan_of(place);
  CHECK(inside(plan, [] { return called(SYS_setuid, 0); }) == EPERM);
  CHECK(inside(plan, [] { return called(SYS_personality, 0); }) == EPERM);
  CHECK(inside(plan, [] { return called(SYS_io_uring_setup, 1, nullptr); }) == ENOSYS);
  CHECK(inside(plan, [] { return ::socket(AF_PACKET, SOCK_RAW, 0) < 0 ? errno : 0; }) == EAFNOSUPPORT);
  CHECK(inside(plan, [] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0; }) == 0);
  CHECK(inside(plan, [] {
          void* both =
              ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          return both == MAP_FAILED ? errno : 0;
        }) == EPERM);
  CHECK(inside(plan, [&] {
          int uid = 0, file = 0;
          std::thread([&] {
            uid = called(SYS_setuid, 0);
            file = opened(place.root + "/outside", O_RDONLY);
          }).join();
          return uid == EPERM && file == EACCES ? 0 : 1;
        }) == 0);
}

TEST_CASE("a process with threads is told to have no limits on files") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::thread idle([] { ::pause(); });
    idle.detach();
    ::_exit(enter_sandbox({}).find("there are threads already") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(WEXITSTATUS(status) == 0);
#endif
}

TEST_CASE("the plan names what the settings name, and asks for everything only where it must") {
  const Place place;
  Settings settings;
  settings.home = home_at(place.root + "/home");
  const auto has = [](const std::vector<std::string>& list, const std::string& path) {
    return std::find(list.begin(), list.end(), path) != list.end();
  };
  Source logs;
  std::filesystem::create_directories(place.root + "/elsewhere");
  std::ofstream(place.root + "/elsewhere/real.log") << "line\n";
  std::filesystem::create_symlink(place.root + "/elsewhere/real.log", place.root + "/logs/link.log");
  logs.paths = {place.root + "/logs/*.log", place.root + "/later/*.log"};
  settings.sources = {logs};
  FilePlan plan = sandbox_plan(settings, "/guard");
  CHECK(has(plan.write, settings.home.directory));
  CHECK(has(plan.write, "/guard"));
  CHECK(has(plan.read, place.root + "/logs"));
  CHECK(has(plan.read, place.root + "/elsewhere"));  // where a symlink leads
  CHECK(has(plan.read, place.root));                 // a folder that is not there yet
  CHECK_FALSE(plan.read_all);
  CHECK_FALSE(plan.run_all);

  CHECK(plan.run.empty());
  settings.has_view = true;
  settings.view.socket = place.root + "/logs/view";
  CHECK(has(sandbox_plan(settings, "/guard").sockets, place.root + "/logs"));
  CHECK_FALSE(sandbox_plan(settings, "/guard").run_all);
  settings.has_view = false;

  settings.sources[0].paths = {"/no-such-folder-anywhere/*.log"};
  CHECK(sandbox_plan(settings, "/guard").read_all);

  settings.sources.clear();
  EventSource journal;
  journal.kind = EventKind::journal;
  EventSource syslog;
  syslog.kind = EventKind::syslog;
  syslog.listen = {"udp:5514", "unix:/run/x/log"};
  settings.event_sources = {syslog};
  plan = sandbox_plan(settings, "/guard");
  CHECK(has(plan.sockets, "/run/x"));
  CHECK_FALSE(plan.run_all);
  settings.event_sources.push_back(journal);
  CHECK(sandbox_plan(settings, "/guard").run_all);
}
