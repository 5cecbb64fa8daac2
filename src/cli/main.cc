// SPDX-License-Identifier: MIT
// cli/main.cc - finds the command, runs it, prints its error once.
#include "cli/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iterator>
#include <new>

namespace ssblog {
namespace {

constexpr std::array commands = {
    Command{"init", "make this host's identity and its home", run_init},
    Command{"whoami", "print this host's id", run_whoami},
    Command{"id", "show this host's identity, or make a new one", run_id},
    Command{"publish", "put lines from a pipe, or one text, into this host's feed", run_publish},
    Command{"ship", "read all log files of config.toml once, to their end", run_ship},
    Command{"source", "files whose lines come in: list, try one, ready ones", run_source},
    Command{"sink", "programs that are given the lines as they come", run_sink},
    Command{"run", "run a command and publish its output, and how it ended", run_run},
    Command{"tap", "pass a pipe through, with a copy for the daemon", run_tap},
    Command{"follow", "fetch and pass on the feeds of other hosts", run_follow},
    Command{"unfollow", "follow hosts no more", run_unfollow},
    Command{"block", "refuse hosts and their feeds", run_block},
    Command{"unblock", "block hosts no more", run_unblock},
    Command{"invite", "let new hosts join: create, list, revoke", run_invite},
    Command{"join", "join other hosts by an invite of one of them", run_join},
    Command{"forget", "drop the feed of a host that is not followed", run_forget},
    Command{"name", "give this host a name", run_name},
    Command{"daemon", "replicate with other hosts, and read log files", run_daemon},
    Command{"connect", "have the daemon connect to a host", run_connect},
    Command{"peers", "show the hosts that the daemon talks to", run_peers},
    Command{"sync", "replicate once, now, with whoever can be reached", run_sync},
    Command{"status", "show how all jobs and hosts stand", run_status},
    Command{"expect", "rules of how jobs have to run: add, list, remove", run_expect},
    Command{"alerts", "show alerts about jobs, tell of them by a command or on the desktop", run_alerts},
    Command{"log", "show what is in the store", run_log},
    Command{"search", "find the last lines that say something", run_search},
    Command{"streams", "list the streams of all hosts", run_streams},
    Command{"assemble", "merge feeds into a text file", run_assemble},
    Command{"export", "write feeds into a bundle, to be carried to another host", run_export},
    Command{"import", "take the feeds of a bundle", run_import},
    Command{"verify", "check every message of the store", run_verify},
    Command{"view", "serve the board and the log to browsers and scripts", run_view},
    Command{"sign", "sign a file with this host's key, or check such a signature", run_sign},
    Command{"call", "call a method of the daemon by hand", run_call},
    Command{"sbot", "sbot's own command line, for scripts that have it", run_sbot},
    Command{"config", "look for mistakes in config.toml", run_config},
    Command{"doctor", "say what is wrong with this host, and what to do", run_doctor},
    Command{"backup", "write this host's home into one file", run_backup},
    Command{"restore", "see or end a hold on publishing, or lay out a backup", run_restore},
    Command{"debug", "doors for test harnesses", run_debug},
};

Result<int> show_help() {
  std::string text =
      "ssblog: signed logs of all your machines, on all your machines\n"
      "\n"
      "Usage: ssblog COMMAND [OPTIONS]\n"
      "\n"
      "Commands:\n";
  for (const Command& command : commands)
    fmt::format_to(std::back_inserter(text), "  {:<10}{}\n", command.name, command.summary);
  text +=
      "\n"
      "Every command takes --help, and all but debug take --path DIR (the home of this\n"
      "host). `ssblog --version` says which version this is.\n"
      "\n"
      "Examples:\n"
      "  backup.sh 2>&1 | ssblog publish --job nightly --destination nas\n"
      "  ssblog assemble -o /var/log/all-hosts.log\n";
  print(text);
  return done();
}

Result<int> run(const Words& words) {
  if (words.empty()) {
    return Error{Code::usage, "which command? `ssblog --help` lists them; to begin: ssblog init"};
  }
  const std::string& name = words.front();
  if (name == "help" && words.size() > 1) return run({words[1], "--help"});
  if (name == "--help" || name == "-h" || name == "help") return show_help();
  if (name == "--version" || name == "version") {
    print("ssblog " SSBLOG_VERSION "\n");
    return done();
  }
  if (name == "server") return run_daemon(Words(words.begin() + 1, words.end()));  // sbot's word for it
  for (const Command& command : commands) {
    if (name == command.name) return command.run(Words(words.begin() + 1, words.end()));
  }
  return Error{Code::usage, fmt::format("there is no command `{}`; `ssblog --help` lists them", name)};
}

void blank(char* word) { std::fill_n(word, std::strlen(word), 'x'); }

/// A key among the words can be seen in the list of processes for as long as it stands there.
void hide_keys(int argc, char** argv) {
  // Every form of an invite has a `~` in it.
  const bool joins = argc > 1 && std::string_view(argv[1]) == "join";
  for (int i = 2; joins && i < argc; ++i) {
    if (*argv[i] != '@' && *argv[i] != '-' && std::strchr(argv[i], '~') != nullptr) blank(argv[i]);
  }
  if (argc > 2 && std::string_view(argv[1]) == "debug" && std::string_view(argv[2]) == "shs-server")
    std::for_each(argv + 3, argv + argc, blank);
  for (int i = 1; i < argc; ++i) {
    for (const std::string_view name : {"--caps.shs", "--caps.sign"}) {
      char* value = nullptr;
      const std::string_view word = argv[i];
      if (word == name && i + 1 < argc) value = argv[i + 1];
      if (word.starts_with(name) && word.substr(name.size()).starts_with('='))
        value = argv[i] + name.size() + 1;
      if (value != nullptr && *value != '@') blank(value);
    }
  }
}

/// Neither a core file nor another program of this user gets what is in our memory: most commands hold keys. What `run`
/// executes is as it would be without us.
void hide_memory() {
#ifdef __linux__
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    ssblog::say("warning: the memory of this process cannot be kept from core files");
#endif
}

/// What was acknowledged is on the disk, and the rest is as after a kill: nothing has to be undone. Unwinding would want
/// memory itself, and callbacks of C stand in its way.
[[noreturn]] void end_without_memory() {
  constexpr std::string_view text =
      "ssblog: there is not enough memory; what was not acknowledged can be tried again\n";
  while (::write(STDERR_FILENO, text.data(), text.size()) < 0 && errno == EINTR) {
  }
  ::_exit(static_cast<int>(Code::busy));
}

std::terminate_handler terminate_before = nullptr;

/// The same where a library with an allocator of its own has none left, and nobody could catch that.
[[noreturn]] void end_by_exception() {
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    end_without_memory();
  } catch (...) {
    if (terminate_before != nullptr) terminate_before();
  }
  std::abort();
}

/// Before all other objects of this program: they allocate.
struct MemoryWatch {
  MemoryWatch() {
    std::set_new_handler(end_without_memory);
    terminate_before = std::set_terminate(end_by_exception);
  }
};
[[gnu::init_priority(101)]] const MemoryWatch memory_watch;

/// True when a link of the name `sbot` led here.
bool is_sbot(int argc, char** argv) {
  const std::string_view name = argc > 0 ? argv[0] : "";
  return name.substr(name.rfind('/') + 1) == "sbot";
}

/// A standard stream that is closed would be the next file that is opened. What stands in its place can be
/// neither read nor written in its sense, so that using it is an error as before.
void fill_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    if (::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) != stream) std::abort();
  }
}

}  // namespace
}  // namespace ssblog

int main(int argc, char** argv) {
  ssblog::fill_closed_streams();
  ssblog::hide_memory();
  // A limit on the size of files is met as a full disk is: by an error, not by the end. A command that `run` starts
  // must not inherit that, so it is a handler.
  if (std::signal(SIGXFSZ, [](int) {}) == SIG_IGN) std::signal(SIGXFSZ, SIG_IGN);
  try {
    const ssblog::Words words(argv + (argc > 0 ? 1 : 0), argv + argc);
    ssblog::hide_keys(argc, argv);
    const auto result = ssblog::is_sbot(argc, argv) ? ssblog::run_sbot(words) : ssblog::run(words);
    if (result) return *result;
    ssblog::say(result.error().text);
    return static_cast<int>(result.error().code);
  } catch (const std::bad_alloc&) {
    ssblog::end_without_memory();  // of a library that has an allocator of its own
  } catch (const std::exception& error) {
    ssblog::say(fmt::format("a bug of ssblog {} stopped it: {}", SSBLOG_VERSION, error.what()));
    return static_cast<int>(ssblog::Code::internal);
  }
}
